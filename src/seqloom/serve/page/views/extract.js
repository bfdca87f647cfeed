// The fields of a text, in a list and where the text says them.

import { h } from "../dom.js";
import { OneText } from "../one_text.js";
import { marked } from "../stretches.js";
import { languageOf } from "../tokens.js";
import { percent, say } from "../words.js";

export const extract = {
  name: "extract",
  fits: (model) => model.task === "extraction",
  open: (place, models) => new OneText(place, models, { name: "extract", draw }),
};

function draw(answer, text) {
  const rows = flat(answer.fields ?? {});
  const stretches = rows.flatMap(([name, value]) => found(text, value).map((stretch) => ({ ...stretch, name, kind: name })));
  const list = rows.map(([name, value]) =>
    h("div", { "data-kind": name }, h("dt", {}, name), h("dd", { lang: languageOf(String(value)) || null }, String(value))),
  );
  const block = h("div", {}, marked(text, stretches), h("dl", { class: "fields" }, list), h("p", { class: "note" }, say("sure", percent(answer.confidence))));
  const point = (kind) => block.querySelectorAll("[data-kind]").forEach((each) => each.classList.toggle("pointed", each.dataset.kind === kind));
  block.addEventListener("pointerover", (event) => point(event.target.closest("[data-kind]")?.dataset.kind));
  return block;
}

/** {a: {b: [1]}} as [["a.b.0", 1]]. */
function flat(value, path = []) {
  if (value === null || typeof value !== "object") return [[path.join("."), value]];
  return Object.entries(value).flatMap(([name, each]) => flat(each, [...path, name]));
}

/** Where a value stands in the text as it is said there: 310.5 as 310.50, too, but not within another number. What is
 * said otherwise is not marked. */
function found(text, value) {
  const number = typeof value === "number";
  const ways = number ? [value.toFixed(2), value.toFixed(2).replace(".", ","), String(value)] : [String(value)];
  for (const way of ways.filter(Boolean)) {
    const literal = way.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const match = new RegExp(number ? `(?<![\\d.,])${literal}(?![.,]?\\d)` : literal, "i").exec(text);
    if (match) return [{ start: match.index, end: match.index + way.length }];
  }
  return [];
}
