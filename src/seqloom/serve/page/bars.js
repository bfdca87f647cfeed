// Chances as bars, the likeliest first.

import { h, styled } from "./dom.js";
import { languageOf } from "./tokens.js";
import { percent } from "./words.js";

/** Rows are [name, share from 0 to 1, whether it was chosen]. */
export function bars(rows, caption) {
  const lines = rows.map(([name, share, chosen]) =>
    h(
      "tr",
      { class: chosen ? "chosen" : null },
      h("th", { scope: "row", lang: languageOf(name) || null }, name),
      h("td", { class: "track" }, styled(h("span", { class: "bar" }), { "--share": String(share) })),
      h("td", { class: "number" }, percent(share)),
    ),
  );
  return h("table", { class: "bars" }, h("caption", { class: "unseen" }, caption), h("tbody", {}, lines));
}
