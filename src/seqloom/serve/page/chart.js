// A series and how it goes on: what was seen, what is expected, and the bands in which it is to be expected.

import { h, s, styled } from "./dom.js";
import { forGood } from "./keep.js";
import { roomFor, scale, ticks } from "./plot.js";
import { number, say } from "./words.js";

const HEIGHT = 300;
const SIDE = { left: 58, right: 14, top: 22, bottom: 38 };
const COLOURS = 6;
/** Of what was seen so many steps are drawn, or five times as many as are expected. */
const SEEN = 60;

/** `past` are the frames that were asked, none where the answer does not go on from them. */
export function forecastOf(past, answer) {
  const ahead = framesOf(answer.series);
  if (!ahead.length) return h("p", { class: "note" }, say("nothing_yet"));
  const seen = past[0]?.length === ahead[0].length ? past : [];
  const drawn = seen.slice(-Math.max(SEEN, 5 * ahead.length));
  const shares = Object.keys(answer.quantiles ?? {}).sort((one, other) => one - other).filter((share) => Number(share) !== 50); // It is the forecast.
  const quantiles = shares.map((share) => framesOf(answer.quantiles[share]));
  const several = ahead[0].length > 1;
  const lines = ahead[0].map((_, c) => ({
    name: several ? say("value_of", c + 1) : say("foretold"),
    colour: (c % COLOURS) + 1,
    past: column(drawn, c),
    ahead: column(ahead, c),
    quantiles: quantiles.map((frames, q) => ({ share: shares[q], y: column(frames, c) })),
  }));
  const charts = h("div");
  const draw = (apart) => charts.replaceChildren(...(apart ? lines.map((line) => [line]) : [lines]).map(chart));
  const choose = (event) => {
    forGood.set("apart", event.target.checked);
    draw(event.target.checked);
  };
  const check = several && h("label", { class: "check" }, h("input", { type: "checkbox", checked: forGood.get("apart", false), onchange: choose }), say("apart"));
  draw(several && forGood.get("apart", false));
  const cut = drawn.length < seen.length ? h("p", { class: "note" }, say("only_last", number(drawn.length), number(seen.length))) : null;
  return [charts, cut, check || null, figures(lines)].filter(Boolean);
}

function framesOf(series) {
  return series.map((frame) => [frame].flat());
}

function column(frames, c) {
  return frames.map((frame) => frame[c]);
}

function chart(lines) {
  const width = roomFor(1000);
  const [back, steps] = [lines[0].past.length, lines[0].ahead.length];
  const all = lines.flatMap((line) => [...line.past, ...line.ahead, ...line.quantiles.flatMap(({ y }) => y)]);
  const up = ticks(Math.min(...all), Math.max(...all));
  // What was seen, by round numbers; of what is expected the first step where nothing was seen, and the last.
  const across = [...(back ? ticks(1 - back, 0).filter((at) => at > -back && at <= 0) : [1]), ...(back || steps > 1 ? [steps] : [])];
  const toX = scale([1 - Math.max(back, 1), steps], SIDE.left, width - SIDE.right);
  const toY = scale(up, HEIGHT - SIDE.bottom, SIDE.top);
  const grid = up.map((at) => [
    s("line", { class: "grid", x1: SIDE.left, x2: width - SIDE.right, y1: toY(at), y2: toY(at) }),
    s("text", { x: SIDE.left - 8, y: toY(at), "text-anchor": "end", "dominant-baseline": "central" }, number(at)),
  ]);
  const below = across.map((at) => s("text", { x: toX(at), y: HEIGHT - SIDE.bottom + 18, "text-anchor": "middle" }, at > 0 ? `+${number(at)}` : number(at)));
  const now = back
    ? [s("line", { class: "now", x1: toX(0), x2: toX(0), y1: SIDE.top, y2: HEIGHT - SIDE.bottom }), s("text", { x: toX(0), y: SIDE.top - 8, "text-anchor": "middle" }, say("now"))]
    : [];
  const unit = s("text", { x: width - SIDE.right, y: HEIGHT - 4, "text-anchor": "end" }, say("steps"));
  const curves = lines.map((line) => drawn(line, toX, toY));
  const told = lines.map(toldOf).join("; ");
  const svg = s("svg", { class: "plot chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": told }, grid, below, now, unit, curves, stops(lines, toX));
  return h("figure", {}, h("figcaption", {}, lines.length > 1 || lines[0].name === say("foretold") ? say("goes_on") : lines[0].name), svg, legend(lines));
}

/** One value's bands, the outer ones first, and its two curves. All begin where the last value was seen. */
function drawn(line, toX, toY) {
  const last = line.past.slice(-1);
  const first = 1 - last.length;
  const points = (y, from) => y.map((value, place) => `${toX(from + place).toFixed(1)},${toY(value).toFixed(1)}`);
  const bands = pairs(line).map(([low, high]) =>
    s("polygon", { class: "band", points: [...points([...last, ...low.y], first), ...points([...last, ...high.y], first).reverse()].join(" ") }),
  );
  return s(
    "g",
    { class: `c${line.colour}` },
    bands,
    s("polyline", { class: "curve seen", points: points(line.past, 1 - line.past.length).join(" ") }),
    s("polyline", { class: "curve", points: points([...last, ...line.ahead], first).join(" ") }),
    s("circle", { class: "dot", cx: toX(line.ahead.length), cy: toY(line.ahead.at(-1)), r: 3.5 }),
  );
}

/** The lowest quantile with the highest, and so on inwards. */
function pairs({ quantiles }) {
  return quantiles.slice(0, Math.floor(quantiles.length / 2)).map((low, place) => [low, quantiles.at(-1 - place)]);
}

/** What each step's figures are, where the pointer rests. */
function stops(lines, toX) {
  const wide = toX(1) - toX(0);
  return lines[0].ahead.map((_, step) => {
    const said = lines.map((line) => {
      const band = pairs(line).map(([low, high]) => ` (${number(low.y[step])} – ${number(high.y[step])})`)[0] ?? "";
      return `${line.name} ${number(line.ahead[step])}${band}`;
    });
    const place = { x: toX(step + 0.5), y: SIDE.top, width: wide, height: HEIGHT - SIDE.top - SIDE.bottom };
    return s("rect", { class: "stop", ...place }, s("title", {}, `+${step + 1}: ${said.join(", ")}`));
  });
}

function legend(lines) {
  const bands = pairs(lines[0]).map(([low, high], place, all) =>
    h("span", {}, styled(h("span", { class: `key band c${lines[0].colour}` }), { "--deep": String(1 + place / all.length) }), `${share(low)} – ${share(high)}`),
  );
  const names = lines.map((line) => h("span", {}, h("span", { class: `key c${line.colour}` }), line.name));
  return h("p", { class: "legend note row" }, names, bands);
}

function share(quantile) {
  return `${number(Number(quantile.share))}%`;
}

/** The chart for who cannot see it. */
function toldOf(line) {
  const said = say("foretold_as", line.name, number(line.ahead[0]), number(line.ahead.at(-1)), line.ahead.length);
  const [band] = pairs(line);
  if (!band) return said;
  const [low, high] = band;
  return `${said}, ${say("lies_between", number(low.y.at(-1)), share(low), number(high.y.at(-1)), share(high))}`;
}

function figures(lines) {
  const heads = lines.flatMap((line) => [line.name, ...line.quantiles.map(share)]);
  const rows = lines[0].ahead.map((_, step) => {
    const cells = lines.flatMap((line) => [line.ahead[step], ...line.quantiles.map(({ y }) => y[step])]);
    return h("tr", {}, h("th", { scope: "row", class: "number" }, `+${step + 1}`), cells.map((value) => h("td", { class: "number" }, number(value))));
  });
  const head = h("tr", {}, [say("step"), ...heads].map((name) => h("th", { scope: "col", class: "number" }, name)));
  const table = h("table", {}, h("caption", { class: "unseen" }, say("goes_on")), h("thead", {}, head), h("tbody", {}, rows));
  return h("details", {}, h("summary", {}, say("figures")), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("goes_on") }, table));
}
