// Curves over steps, drawn by the page's own colours.

import { h, s } from "./dom.js";
import { number, say } from "./words.js";

const HEIGHT = 260;
const SIDE = { left: 52, right: 14, top: 12, bottom: 40 };
const COLOURS = 6;

/** `curves` are {name, colour, x, y}. The figures can be opened as a table. */
export function plot(curves, { caption, x, y }) {
  const width = roomFor(560);
  const [xs, ys] = [curves.flatMap((each) => each.x), curves.flatMap((each) => each.y)];
  const [across, up] = [ticks(0, Math.max(...xs)), ticks(Math.min(...ys), Math.max(...ys))];
  const toX = scale(across, SIDE.left, width - SIDE.right);
  const toY = scale(up, HEIGHT - SIDE.bottom, SIDE.top);
  const grid = up.map((at) => [
    s("line", { class: "grid", x1: SIDE.left, x2: width - SIDE.right, y1: toY(at), y2: toY(at) }),
    s("text", { x: SIDE.left - 8, y: toY(at), "text-anchor": "end", "dominant-baseline": "central" }, number(at)),
  ]);
  const below = across.map((at) => s("text", { x: toX(at), y: HEIGHT - SIDE.bottom + 18, "text-anchor": "middle" }, number(at)));
  const lines = curves.map((curve) => {
    const points = curve.x.map((at, place) => `${toX(at).toFixed(1)},${toY(curve.y[place]).toFixed(1)}`);
    const last = points.at(-1).split(",");
    return s("g", { class: `c${(curve.colour % COLOURS) + 1}` }, s("title", {}, curve.name), s("polyline", { class: "curve", points: points.join(" ") }), s("circle", { class: "dot", cx: last[0], cy: last[1], r: 3.5 }));
  });
  const title = s("text", { x: width - SIDE.right, y: HEIGHT - 4, "text-anchor": "end" }, x);
  const told = `${caption}: ${curves.map((each) => `${each.name} ${number(each.y.at(-1))}`).join(", ")}`;
  const svg = s("svg", { class: "plot", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": told }, grid, below, title, lines);
  return h("figure", {}, h("figcaption", {}, caption, " ", h("span", { class: "note" }, y)), svg, figures(curves, caption));
}

function figures(curves, caption) {
  const rows = curves.map((each) => h("tr", {}, h("th", { scope: "row" }, each.name), [each.y[0], Math.min(...each.y), Math.max(...each.y), each.y.at(-1)].map((value) => h("td", { class: "number" }, number(value)))));
  const heads = ["run", "first", "least", "most", "last"].map((name) => h("th", { scope: "col", class: name === "run" ? null : "number" }, say(name)));
  return h("details", {}, h("summary", {}, say("figures")), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))));
}

/** How wide a drawing may be for its letters to stay as large as others. */
export function roomFor(most) {
  return Math.max(280, Math.min(most, document.getElementById("main").clientWidth - 40));
}

/** Four or five round numbers around a range. */
export function ticks(low, high) {
  const rough = (high - low || Math.abs(high) || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  const first = Math.floor(low / step);
  const last = Math.ceil((high || step) / step);
  return Array.from({ length: Math.max(2, last - first + 1) }, (_, place) => (first + place) * step);
}

export function scale(round, start, end) {
  const [low, high] = [round[0], round.at(-1)];
  return (value) => start + ((value - low) / (high - low)) * (end - start);
}
