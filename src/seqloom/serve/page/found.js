// How an answer was found, and what the model has seen that is like its text.

import { Problem } from "./api.js";
import { h } from "./dom.js";
import { Panel } from "./panel.js";
import { languageOf } from "./tokens.js";
import { ended, toldOf, tree } from "./tree.js";
import { number, say } from "./words.js";

/** The search's tree. */
export function searched(lines, asked) {
  return new Panel(say("search"), say("search_how"), lines, async (line) => {
    const search = part(await line.inside(asked(line), "search"), "search");
    return [h("p", { class: "note" }, toldOf(search)), tree(search), h("details", {}, h("summary", {}, say("ended")), ended(search))];
  });
}

/** The pairs that it was trained on, of which the text is nearest to these. */
export function nearest(lines, asked) {
  return new Panel(say("neighbours"), say("neighbours_how"), lines, async (line) => {
    const rows = part(await line.inside(asked(line), "neighbours"), "neighbours").map(({ source, target, distance }) =>
      h("tr", {}, [source, target].map((text) => h("td", { lang: languageOf(text) || null }, text)), h("td", { class: "number" }, number(distance))),
    );
    const heads = [h("th", { scope: "col" }, say("source")), h("th", { scope: "col" }, say("answer_known")), h("th", { scope: "col", class: "number" }, say("distance"))];
    return h("table", {}, h("caption", { class: "unseen" }, say("neighbours")), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  });
}

function part(data, name) {
  if (!data[name]) throw new Problem(data.missing?.[name] ?? say("nothing_inside"));
  return data[name];
}
