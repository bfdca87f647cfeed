// A tag for each word: spans marked where they stand, other tags below their words.

import { h } from "../dom.js";
import { OneText } from "../one_text.js";
import { marked, placeIn } from "../stretches.js";
import { languageOf } from "../tokens.js";
import { say } from "../words.js";

export const tags = {
  name: "tags",
  fits: (model) => model.task === "tagging",
  open: (place, models) => new OneText(place, models, { name: "tags", draw }),
};

function draw(answer, text) {
  if (!answer.spans) return h("p", { class: "tagged", lang: languageOf(text) || null }, ...answer.words.flatMap(below(answer.tags)));
  const stretches = answer.spans.map(({ type, characters: [start, end] }) => ({
    start: placeIn(text, start),
    end: placeIn(text, end),
    name: type,
    kind: type,
  }));
  return [marked(text, stretches), stretches.length ? null : h("p", { class: "note" }, say("no_spans"))].filter(Boolean);
}

function below(all) {
  return (word, place) => [h("ruby", {}, word, h("rt", {}, all[place] ?? "")), " "];
}
