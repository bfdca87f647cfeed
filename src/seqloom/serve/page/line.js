// One piece of a text, a line or a sentence, and its answer: asked, said bit by bit, cut into words, looked into.

import { ask, Problem, stream } from "./api.js";
import { h, styled } from "./dom.js";
import { languageOf, placesOf, pooled, tokensIn, wordsOf } from "./tokens.js";
import { percent, say } from "./words.js";

/** Below this a word is marked as unsure. */
const UNSURE = 0.5;
/** By which name the server knows what a map is drawn of; the rest is attribution. */
const PARTS = { attention: "attention", encoder_attention: "self_attention", decoder_attention: "self_attention" };

export class Line {
  /** `opens`: whether a word has a window of what else might stand there. */
  constructor(source, lang = "", { opens = true } = {}) {
    this.source = source;
    this.lang = lang;
    this.opens = opens;
    this.node = h("span", { class: "piece" }, source.trim() ? "" : h("br"));
    this.begin = ""; // What a person chose: the answer goes on from there.
    this.answer = source.trim() ? null : { text: "", tokens: [], token_confidences: [] };
    this.words = [];
    this.seen = new Map(); // What was asked about the inside, by its name.
  }

  get text() {
    return this.node.textContent;
  }

  /** What stood here before is shown until there is something newer. */
  after(line) {
    if (this.answer || !line?.text) return;
    this.node.textContent = line.text;
    this.node.classList.add("old");
  }

  /** Ask for the answer. `asked` is the question without its constraints. */
  async ask(asked, constraints, options) {
    const all = this.begin ? [...constraints, { kind: "prefix", text: this.begin }] : constraints;
    const body = { ...asked, ...(all.length && { constraints: all }), stream: true };
    let said = "";
    this.node.classList.add("waiting");
    try {
      for await (const event of stream("v1/predict", { body, ...options })) {
        if (event.answer) this.finish(event.answer);
        else this.#show((said += event.piece));
      }
    } finally {
      this.node.classList.remove("waiting");
    }
    if (!this.answer) throw new Problem(say("broken_off"));
  }

  finish(answer) {
    if (answer.error) throw new Problem(answer.error);
    this.answer = answer;
    this.seen.clear();
    this.node.classList.remove("old");
    const text = answer.text ?? JSON.stringify(answer.series);
    const places = placesOf(answer.tokens ?? [], text);
    const found = wordsOf(text);
    const inside = tokensIn(found, places);
    this.words = found.map((word, number) => {
      const sure = Math.min(1, ...inside[number].map((token) => answer.token_confidences[token]));
      return { ...word, number, sure, span: this.#span(word, sure) };
    });
    let at = 0;
    const nodes = this.words.flatMap((word) => {
      const between = text.slice(at, word.start);
      at = word.end;
      return [between, word.span];
    });
    this.#speak(text);
    this.node.replaceChildren(...nodes, text.slice(at));
  }

  #show(text) {
    this.node.classList.remove("old");
    this.#speak(text);
    this.node.textContent = text;
  }

  #speak(text) {
    const lang = languageOf(text, this.lang);
    if (lang) this.node.lang = lang;
  }

  #span(word, sure) {
    const kept = word.end <= this.begin.length;
    const given = { class: `word ${kept ? "kept" : ""}`, ...(this.opens && { role: "button", tabindex: "-1", "aria-haspopup": "dialog" }) };
    if (sure >= UNSURE || kept) return h("span", given, word.text);
    const said = say("sure_of_word", percent(sure));
    const span = h("span", { ...given, title: said, "aria-description": said }, word.text);
    span.classList.add("unsure");
    return styled(span, { "--unsure": (1 - sure).toFixed(2) });
  }

  shade(weights) {
    for (const word of this.words) {
      const weight = weights?.[word.number] ?? 0;
      word.span.classList.toggle("shaded", weight > 0.03);
      styled(word.span, { "--weight": weight.toFixed(3) });
    }
  }

  /** What the server says of this answer's inside; asked once. */
  inside(asked, what, more = {}) {
    const name = JSON.stringify([what, more]);
    if (!this.seen.has(name)) {
      const body = { ...asked, target: this.answer.text, what: [what], ...more };
      const found = ask("v1/explain", { body });
      found.catch(() => this.seen.delete(name)); // The next one who asks may be luckier.
      this.seen.set(name, found);
    }
    return this.seen.get(name);
  }

  /** Where it looked, or what weighed: {table, rows, columns} by tokens; `heads` are the names of those that there are,
   * "layer.head", of which `head` is one, or "" for all together; `faithful` is what it costs to do without what weighs
   * most. */
  async table(asked, method, head = "") {
    const data = await this.inside(asked, PARTS[method] ?? "attribution");
    const map = mapOf(data, method);
    if (!map) throw new Problem(Object.values(data.missing ?? {})[0] ?? say("nothing_inside"));
    const heads = map.layers.flatMap((layer, l) => layer.heads.map((_, number) => `${l + 1}.${number + 1}`));
    const [l, number] = heads.includes(head) ? head.split(".") : [];
    const table = l ? map.layers[l - 1].heads[number - 1] : map.mean;
    return { table, rows: map.rows, columns: map.places, heads, faithful: data.attribution?.faithfulness?.[method] };
  }

  /** The same by words of both texts: a row a word of the answer, a column a word of the source. */
  async byWords(asked, method) {
    const { table, rows, columns } = await this.table(asked, method);
    const targets = tokensIn(this.words, placesOf(rows, this.answer.text));
    const sources = tokensIn(wordsOf(this.source), placesOf(columns, this.source));
    return pooled(table, targets, sources);
  }

  /** The n best of its answers, asked once. */
  others(asked, constraints, nbest, options) {
    const name = JSON.stringify([constraints, nbest]);
    if (!this.seen.has(name)) {
      const all = this.begin ? [...constraints, { kind: "prefix", text: this.begin }] : constraints;
      const body = { ...asked, nbest, ...(all.length && { constraints: all }) };
      const found = ask("v1/predict", { body, ...options }).then(({ answers: [best] }) => {
        if (best.error) throw new Problem(best.error);
        return [best, ...(best.alternatives ?? [])];
      });
      found.catch(() => this.seen.delete(name));
      this.seen.set(name, found);
    }
    return this.seen.get(name);
  }

  /** The first token of a word, by which the server knows it; `method` is one that this model can be asked for. */
  async tokenOf(asked, word, method) {
    const { target_tokens: tokens } = await this.inside(asked, PARTS[method] ?? "attribution");
    return tokensIn([word], placesOf(tokens, this.answer.text))[0][0];
  }
}

/** One way of looking inside: {layers, mean, rows, places}; none where the server has none. */
function mapOf(data, method) {
  const side = { encoder_attention: "encoder", decoder_attention: "decoder" }[method];
  if (side) return data.self_attention?.[side];
  const [rows, places] = [data.target_tokens, data.source_tokens];
  if (method === "attention") return data.attention && { rows, ...data.attention };
  const mean = data.attribution?.[method];
  return mean && { layers: [], mean, rows, places };
}

/** Weights as shares of the largest. */
export function shares(weights) {
  const largest = Math.max(...weights.map(Math.abs), 1e-9);
  return weights.map((each) => Math.abs(each) / largest);
}
