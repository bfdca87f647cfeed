// Text in, text out, while it is typed: translations, summaries, and whatever else a pair of texts may be.

import { Alternatives } from "../alternatives.js";
import { Problem } from "../api.js";
import { Documents, ENDINGS } from "../documents.js";
import { button, copy, h, labelled, select } from "../dom.js";
import { nearest, searched } from "../found.js";
import { Glossary } from "../glossary.js";
import { Inside } from "../inside.js";
import { forGood } from "../keep.js";
import { Line, shares } from "../line.js";
import { Choice, directionOf, keepDirection, questionOf } from "../models.js";
import { gapIn, sentencesOf, whole } from "../sentences.js";
import { Asker } from "../status.js";
import { languageOf, wordsOf } from "../tokens.js";
import { Typed } from "../typed.js";
import { languageName, percent, say } from "../words.js";

/** Lines that are asked at the same time. */
const AT_ONCE = 4;
/** Answers to a line, of which one may choose how many are shown. */
const NUMBERS = [2, 4, 8];

export const translate = {
  name: "translate",
  title: (models) => (models.some(translates) ? "translate" : "rewrite"),
  fits: (model) => !model.channels.target && !["dialogue", "classification", "tagging", "extraction", "question_answering", "recommendation"].includes(model.task),
  open: (place, models) => new Translate(place, models),
};

/** Between languages that it knows by name. */
function translates(model) {
  return Boolean(model.languages?.some(([source, target]) => source && target));
}

class Translate {
  constructor(place, models) {
    this.models = models;
    this.lines = [];
    this.title = h("h1");
    this.asker = new Asker();
    this.choice = new Choice("translate", models, () => this.#chosen());
    this.typed = new Typed("translate", say("source"), () => this.asker.soon((options) => this.#answer(options)), { placeholder: say("type_here") });
    this.typed.onpoint = (word) => this.#pointSource(word);
    this.said = h("div", { class: "said", role: "group", "aria-label": say("answer_words") });
    this.aloud = h("p", { class: "unseen", role: "status" });
    this.sure = h("p", { class: "note" });
    this.alternatives = new Alternatives();
    this.glossary = new Glossary(() => this.#again());
    this.documents = new Documents(() => this.languages);
    const [lines, asked] = [() => this.lines, (line) => this.#asked(line.source)];
    this.inside = new Inside(lines, asked);
    this.searched = searched(lines, asked);
    this.nearest = nearest(lines, asked);
    this.panels = [this.inside, this.searched, this.nearest];
    this.number = forGood.get("others", 4);
    this.otherAsker = new Asker();
    this.otherList = h("div", {});
    const number = select(NUMBERS.map((each) => [each, each]), this.number, (each) => {
      forGood.set("others", (this.number = Number(each)));
      this.#others();
    });
    this.others = h(
      "details",
      { class: "others", ontoggle: () => this.#others() },
      h("summary", {}, say("others")),
      labelled(say("how_many"), number, { class: "labelled beside" }),
      this.otherAsker.status.node,
      this.otherList,
    );
    this.direction = h("div", { class: "direction row" });
    this.about = h("p", { class: "note" });
    this.#shadeUnsure(forGood.get("unsure", true));
    this.#listen();
    place.append(h("div", { class: "row head" }, this.title, this.choice.node), this.direction, this.#panes(), this.about, ...this.panels.map((panel) => panel.node), this.glossary.node, this.alternatives.node);
    this.#chosen();
  }

  close() {
    this.asker.stop();
    this.otherAsker.stop();
    for (const panel of this.panels) panel.close();
  }

  // ---- what there is to see ----------------------------------------------------------------------------------------

  #panes() {
    this.file = button(say("document"), () => this.documents.field.click(), { class: "plain", title: ENDINGS.join(" ") });
    const from = h(
      "section",
      { class: "pane", "aria-label": say("source") },
      this.typed.node,
      h("div", { class: "row under" }, this.file, this.documents.field, button(say("clear"), () => this.#write(""), { class: "plain" })),
      this.documents.list,
    );
    this.documents.onto(from);
    const unsure = h("input", { type: "checkbox", checked: forGood.get("unsure", true), onchange: (event) => this.#shadeUnsure(event.target.checked) });
    this.own = button(say("as_model"), () => this.#again(), { class: "plain", hidden: true });
    const to = h(
      "section",
      { class: "pane", "aria-label": say("answer") },
      h("p", { class: "label", "aria-hidden": "true" }, say("answer")),
      this.said,
      this.aloud,
      this.asker.status.node,
      h(
        "div",
        { class: "row under" },
        button(say("copy"), () => this.#copy(), { class: "plain" }),
        this.glossary.opener,
        this.own,
        h("label", { class: "check" }, unsure, say("mark_unsure")),
        this.sure,
      ),
      this.others,
    );
    return h("div", { class: "panes" }, from, to);
  }

  #shadeUnsure(on) {
    forGood.set("unsure", on);
    this.said.classList.toggle("doubts", on);
  }

  // ---- models and languages ----------------------------------------------------------------------------------------

  get model() {
    return this.choice.model;
  }

  #chosen() {
    this.#into(directionOf(this.model));
  }

  #into([source, target]) {
    this.languages = { source, target };
    keepDirection(this.model, [source, target]);
    this.typed.lang = source;
    this.typed.cut = translates(this.model) ? sentencesOf : whole;
    this.typed.copied();
    this.glossary.of(this.model, source, target);
    this.glossary.opener.hidden = !this.model.takes.includes("constraints");
    this.#drawDirection();
    this.title.textContent = say(translates(this.model) ? "translate" : "rewrite");
    this.about.textContent = this.model.about;
    this.file.hidden = !(source && target);
    this.said.setAttribute("aria-label", say(this.#opens ? "answer_words" : "answer"));
    this.inside.of(this.model);
    this.searched.offer(this.model.explains.includes("search"));
    this.nearest.offer(this.model.explains.includes("neighbours"));
    this.#again();
  }

  /** Whether another word can be chosen in the place of one. */
  get #opens() {
    return this.model.explains.includes("alternatives");
  }

  #drawDirection() {
    const pairs = this.model.languages ?? [];
    const { source, target } = this.languages;
    this.direction.hidden = !(source && target);
    if (this.direction.hidden) return;
    const sources = [...new Set(pairs.map(([one]) => one))];
    const targets = pairs.filter(([one]) => one === source).map(([, other]) => other);
    const from = (one) => this.#into(pairs.find((pair) => pair[0] === one && pair[1] === target) ?? pairs.find((pair) => pair[0] === one));
    const way = this.#back();
    this.direction.replaceChildren(
      this.#language(say("from"), sources, source, from),
      button("⇄", () => this.#swap(), { class: "plain swap", "aria-label": say("swap"), title: say("swap"), disabled: !way }),
      this.#language(say("to"), targets, target, (other) => this.#into([source, other])),
    );
  }

  #language(text, codes, chosen, onchange) {
    if (codes.length < 2) return h("p", { class: "language" }, h("span", { class: "label" }, text), languageName(chosen));
    const named = codes.map((code) => [code, languageName(code)]);
    return labelled(text, select(named, chosen, onchange), { class: "labelled beside" });
  }

  /** Who translates back, if anybody does. */
  #back() {
    const { source, target } = this.languages;
    const back = (model) => model.languages?.some(([one, other]) => one === target && other === source);
    return back(this.model) ? this.model : this.models.find(back);
  }

  #swap() {
    const { source, target } = this.languages;
    const said = this.#text;
    this.choice.choose(this.#back().id);
    if (said.trim()) this.typed.value = said;
    this.#into([target, source]);
  }

  // ---- asking ------------------------------------------------------------------------------------------------------

  #asked(text) {
    return questionOf(this.model, text, [this.languages.source, this.languages.target]);
  }

  #write(text) {
    this.typed.value = text;
    this.asker.now((options) => this.#answer(options));
    this.typed.field.focus();
  }

  /** Everything anew: another model, another glossary, or the model's own wording. */
  #again() {
    this.lines = [];
    this.asker.now((options) => this.#answer(options));
  }

  /** A line that stands as it stood keeps its answer. */
  #renew() {
    const before = [...this.lines];
    const pieces = this.typed.pieces;
    this.lines = pieces.map(({ text }, place) => {
      const same = before[place]?.source === text ? place : before.findIndex((line) => line?.source === text);
      if (same >= 0) {
        const [kept] = [before[same]];
        before[same] = null;
        return kept;
      }
      const line = new Line(text, this.languages.target, { opens: this.#opens });
      line.after(before[place]);
      return line;
    });
    const paragraphs = [[]];
    for (const [place, { last }] of pieces.entries()) {
      paragraphs.at(-1).push(this.lines[place].node, last ? "" : gapIn(this.languages.target));
      if (last) paragraphs.push([]);
    }
    this.said.replaceChildren(...paragraphs.slice(0, -1).map((nodes) => h("p", { class: "line" }, nodes)));
  }

  /** All that is said. */
  get #text() {
    return [...this.said.children].map((line) => line.textContent).join("\n");
  }

  async #answer(options) {
    this.#renew();
    this.#drawn();
    const waiting = this.lines.filter((line) => !line.answer);
    const next = async () => {
      for (let line = waiting.shift(); line; line = waiting.shift()) {
        await line.ask(this.#asked(line.source), this.glossary.constraints, options);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    this.aloud.textContent = this.#text;
    this.#drawn();
  }

  #drawn() {
    const there = this.lines.filter((line) => line.answer?.text);
    const mean = there.reduce((sum, line) => sum + (line.answer.confidence ?? 0), 0) / there.length;
    this.sure.textContent = there.length && there[0].answer.confidence !== undefined ? say("sure", percent(mean)) : "";
    this.own.hidden = !this.lines.some((line) => line.begin);
    this.#stops();
    for (const panel of this.panels) panel.renew();
    this.#others();
  }

  // ---- words -------------------------------------------------------------------------------------------------------

  #listen() {
    const word = (event) => this.#wordOf(event.target);
    this.said.addEventListener("pointerover", (event) => this.#pointTarget(word(event)));
    this.said.addEventListener("pointerleave", () => this.#pointTarget(null));
    this.said.addEventListener("focusin", (event) => this.#pointTarget(word(event)));
    this.said.addEventListener("focusout", () => this.#pointTarget(null));
    this.said.addEventListener("click", (event) => this.#open(word(event)));
    this.said.addEventListener("keydown", (event) => this.#key(event));
  }

  get #words() {
    return this.lines.flatMap((line) => (line.answer ? line.words.map((word) => ({ line, word })) : []));
  }

  #wordOf(node) {
    return this.#words.find(({ word }) => word.span === node) ?? null;
  }

  /** The words are one stop of the Tab key; arrows move among them. */
  #stops(at = this.#words[0]) {
    if (!this.#opens) return;
    for (const { word } of this.#words) word.span.tabIndex = -1;
    if (at) at.word.span.tabIndex = 0;
  }

  #key(event) {
    const at = this.#wordOf(event.target);
    if (!at) return;
    const all = this.#words;
    const place = all.findIndex(({ word }) => word === at.word);
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      const next = all[Math.max(0, Math.min(to, all.length - 1))];
      this.#stops(next);
      next.word.span.focus();
    } else if (event.key === "Enter" || event.key === " ") this.#open(at);
    else return;
    event.preventDefault();
  }

  async #pointTarget(at) {
    this.pointed = at;
    this.typed.shade(-1);
    if (!at) return;
    await this.#looked(at.line, (words) => {
      if (this.pointed === at) this.typed.shade(this.lines.indexOf(at.line), shares(words[at.word.number] ?? []));
    });
  }

  async #pointSource(at) {
    if (this.pointed === at) return;
    this.pointed = at;
    for (const line of this.lines) line.shade(null);
    const line = at && this.lines[at.piece];
    if (!line?.answer?.text) return;
    await this.#looked(line, (words) => {
      if (this.pointed === at) line.shade(shares(words.map((row) => row[at.number] ?? 0)));
    });
  }

  /** Shading is a kindness: a model that shows nothing of its inside is told of where its map is asked for. */
  async #looked(line, draw) {
    if (!this.inside.pointing) return;
    try {
      draw(await line.byWords(this.#asked(line.source), this.inside.pointing));
    } catch {
      this.pointed = null;
    }
  }

  #open(at) {
    if (!at || !this.#opens) return;
    const { line, word } = at;
    this.#stops(at);
    const asked = this.#asked(line.source);
    this.alternatives.open(word, line.answer.text, {
      find: async () => {
        const position = await line.tokenOf(asked, word, this.inside.pointing);
        const data = await line.inside(asked, "alternatives", { position });
        if (!data.alternatives) throw new Problem(data.missing?.alternatives ?? say("nothing_inside"));
        return rowsOf(data.alternatives, line.answer.text, word);
      },
      choose: (begin) => this.#goOn(line, begin),
    });
  }

  /** The sentence anew from what was chosen. */
  async #goOn(line, begin) {
    line.begin = begin;
    line.answer = null;
    await this.asker.now((options) => this.#answer(options));
    const next = line.words.find((word) => word.end >= begin.length);
    if (next) {
      this.#stops({ line, word: next });
      next.span.focus();
    }
  }

  async #copy() {
    await copy(this.#text);
    this.asker.status.tell(say("copied"));
  }

  // ---- the n best --------------------------------------------------------------------------------------------------

  #others() {
    const there = this.lines.filter((line) => line.answer?.text);
    this.others.hidden = !there.length;
    if (!there.length || !this.others.open) return;
    this.otherAsker.now(async (options) => {
      const found = [];
      for (const line of there) found.push(await line.others(this.#asked(line.source), this.glossary.constraints, this.number, options));
      this.otherList.replaceChildren(...there.map((line, place) => this.#choices(line, found[place], there.length > 1)));
    });
  }

  /** All that were found of one line, that which stands there among them. */
  #choices(line, answers, several) {
    const buttons = answers.map((each) =>
      h(
        "button",
        { type: "button", lang: languageOf(each.text) || null, "aria-current": each.text === line.answer.text ? "true" : null, onclick: () => this.#take(line, each) },
        h("span", { class: "choice" }, each.text),
        h("span", { class: "number" }, percent(each.confidence)),
      ),
    );
    const name = several ? h("p", { class: "label", lang: languageOf(line.source) || null }, line.source.trim()) : null;
    return h("div", { class: "choices", role: "group", "aria-label": line.source.trim() }, [name, buttons]);
  }

  #take(line, answer) {
    line.begin = "";
    line.finish(answer);
    this.aloud.textContent = this.#text;
    this.#drawn();
  }
}

/** What an alternative says in place of the word, and how it goes on. Of several that say the same word, the first. */
function rowsOf(alternatives, text, word) {
  const seen = new Set([word.text]);
  return alternatives.flatMap(({ continuation, probability }) => {
    const first = wordsOf(continuation).find((each) => each.end > word.start);
    if (!first || seen.has(first.text)) return [];
    seen.add(first.text);
    const start = Math.min(word.start, first.start);
    return [{ word: continuation.slice(start, first.end), rest: continuation.slice(first.end), probability }];
  });
}
