// A heat map: a row a token of the answer, a column a token of the source.

import { s } from "./dom.js";
import { languageOf, shown, widthOf } from "./tokens.js";

const CELL = 26;
const SIGN = 7.4; // Half the width of a Chinese sign, about that of a Latin one.

/** `table[t][s]` is drawn by its share of the largest; what is negative has another colour. */
export function heat(table, rows, columns, told) {
  const [down, across] = [rows, columns].map((each) => each.map(shown));
  const left = 14 + SIGN * Math.max(...down.map(widthOf));
  const upright = Math.max(...across.map(widthOf)) <= 3;
  const top = upright ? 26 : 16 + SIGN * Math.max(...across.map(widthOf)) * 0.82;
  const right = upright ? 4 : SIGN * widthOf(across.at(-1)) * 0.6 + 4;
  const [width, height] = [left + CELL * across.length + right, top + CELL * down.length + 4];
  const largest = Math.max(...table.flat().map(Math.abs), 1e-9);
  const cells = down.flatMap((row, t) =>
    across.map((column, i) => {
      const value = table[t]?.[i] ?? 0;
      const strong = Math.abs(value) / largest;
      return s(
        "rect",
        {
          class: value < 0 ? "against" : "for",
          x: left + CELL * i + 1,
          y: top + CELL * t + 1,
          width: CELL - 2,
          height: CELL - 2,
          rx: 3,
          "fill-opacity": (0.04 + 0.96 * strong).toFixed(3),
        },
        s("title", {}, `${row} ← ${column}: ${value.toFixed(3)}`),
      );
    }),
  );
  const names = [
    ...down.map((text, t) => name(text, { x: left - 6, y: top + CELL * (t + 0.5), "text-anchor": "end" })),
    ...across.map((text, i) => {
      const x = left + CELL * (i + 0.5);
      if (upright) return name(text, { x, y: top - 12, "text-anchor": "middle" });
      return name(text, { x: x + 2, y: top - 8, transform: `rotate(-55 ${x + 2} ${top - 8})` });
    }),
  ];
  const size = { width: Math.ceil(width), height: Math.ceil(height), viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}` };
  return s("svg", { class: "heat", role: "img", "aria-label": told, ...size }, cells, names);
}

function name(text, given) {
  return s("text", { "dominant-baseline": "central", lang: languageOf(text) || null, ...given }, text);
}
