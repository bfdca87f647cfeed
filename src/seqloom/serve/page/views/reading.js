// A question, answered from a passage, where the answer is marked; or from what the model knows.

import { bars } from "../bars.js";
import { h } from "../dom.js";
import { OneText } from "../one_text.js";
import { marked, placeIn } from "../stretches.js";
import { languageOf } from "../tokens.js";
import { Typed } from "../typed.js";
import { percent, say } from "../words.js";

const BEST = 5;

export const reading = {
  name: "reading",
  fits: (model) => model.task === "question_answering",
  open: (place, models) => new Reading(place, models),
};

class Reading {
  constructor(place, models) {
    this.passage = new Typed("passage", say("passage"), () => this.view.soon(), { rows: 6, placeholder: say("passage_here") });
    this.view = new OneText(place, models, {
      name: "reading",
      label: say("question"),
      rows: 2,
      above: this.passage.node,
      draw: (answer) => this.#draw(answer),
      more: (text, model) => this.#more(text, model),
    });
  }

  close() {
    this.view.close();
  }

  #more(text, model) {
    const reads = model.columns?.includes("context") ?? true;
    this.passage.node.hidden = !reads;
    if (!reads) return { nbest: BEST };
    return this.passage.value.trim() ? { source: { source: text, context: this.passage.value } } : null;
  }

  #draw(answer) {
    const said = h("p", { class: "big", lang: languageOf(answer.text) || null }, answer.answerable === false ? say("no_answer") : answer.text);
    if (this.passage.node.hidden) {
      const best = [answer, ...(answer.alternatives ?? [])];
      return [said, bars(best.map((each, place) => [each.text, each.confidence, place === 0]), say("others"))];
    }
    const text = this.passage.value;
    const start = answer.start === undefined ? -1 : placeIn(text, answer.start);
    const stretches = start < 0 ? [] : [{ start, end: start + answer.text.length, name: "", kind: "answer" }];
    return [said, marked(text, stretches), h("p", { class: "note" }, say("sure", percent(answer.confidence)))];
  }
}
