// Stretches of a text, marked in their place.

import { h } from "./dom.js";
import { languageOf } from "./tokens.js";

const COLOURS = 6;

/** `stretches` are {start, end, name, kind}, in UTF-16 places; of two that overlap the first is marked. */
export function marked(text, stretches) {
  const kinds = [...new Set(stretches.map((each) => each.kind))].sort();
  const nodes = [];
  let at = 0;
  for (const { start, end, name, kind } of [...stretches].sort((one, other) => one.start - other.start)) {
    if (start < at) continue;
    const colour = (kinds.indexOf(kind) % COLOURS) + 1;
    const label = name ? h("span", { class: "kind" }, name) : null;
    nodes.push(text.slice(at, start), h("mark", { class: `c${colour}`, "data-kind": kind }, text.slice(start, end), label));
    at = end;
  }
  return h("p", { class: "marked", lang: languageOf(text) || null }, ...nodes, text.slice(at));
}

/** Python counts signs, JavaScript halves of some. */
export function placeIn(text, signs) {
  let at = 0;
  for (const sign of text) {
    if (signs === 0) break;
    signs -= 1;
    at += sign.length;
  }
  return at;
}
