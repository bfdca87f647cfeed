// A search as a tree that grows to the right: the answer on the strong line, what was left behind dashed.

import { h, s } from "./dom.js";
import { languageOf, shown } from "./tokens.js";
import { number, say } from "./words.js";

const [ROW, GAP, TOP, LEFT] = [23, 34, 18, 8];
/** Of a step's hypotheses that were left behind so many are drawn: those that lacked least. */
const CUT = 2;
/** Whole answers that are listed. */
const LISTED = 10;
/** Steps that are drawn behind the answer's end. */
const BEHIND = 1;

/** `search` is as `/v1/explain` has it. */
export function tree(search) {
  const nodes = placed(rootOf(search.tree));
  const starts = columnsOf(nodes);
  const [width, height] = [starts.at(-1), TOP + ROW * (1 + Math.max(...nodes.map((node) => node.row))) - 4];
  const up = (node) => TOP + ROW * node.row;
  const lines = nodes
    .filter((node) => node.above)
    .sort((one, other) => one.best - other.best)
    .map((node) => {
      const [x1, y1] = [starts[node.above.depth] + roomOf(node.above) + 7, up(node.above)];
      const [x2, y2] = [starts[node.depth] - 6, up(node)];
      const middle = (x1 + x2) / 2;
      return s("path", { class: `twig ${kindOf(node)}`, d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` });
    });
  const names = nodes.map((node) => {
    const [x, y] = [starts[node.depth], up(node)];
    const token = shown(node.token);
    return [
      s("text", { class: kindOf(node), x, y, "dominant-baseline": "central", lang: languageOf(token) || null }, token),
      s("text", { class: "aside", x: x + widthOf(token, kindOf(node)) + 6, y, "dominant-baseline": "central" }, noteOf(node)),
    ];
  });
  const size = { width: Math.ceil(width), height: Math.ceil(height), viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}` };
  return s("svg", { class: "tree", role: "img", "aria-label": toldOf(search), ...size }, lines, names);
}

/** The search in a sentence. */
export function toldOf(search) {
  const greedy = search.greedy_parts_at === null ? say("greedy_same") : say("greedy_other", search.greedy);
  return `${say("searched", number(search.beams), search.answer)} ${greedy}`;
}

/** Whole answers that the search came to, the best first: the tree for who cannot see it. */
export function ended(search) {
  const ends = search.tree.filter((node) => node.score !== null && node.fate === "kept").sort((one, other) => other.score - one.score).slice(0, LISTED);
  const rows = ends.map(({ text, score }) => h("tr", {}, h("th", { scope: "row", lang: languageOf(text) || null }, text), h("td", { class: "number" }, number(score))));
  const head = h("tr", {}, h("th", { scope: "col" }, say("ended")), h("th", { scope: "col", class: "number" }, say("score")));
  return h("table", {}, h("caption", { class: "unseen" }, say("ended")), h("thead", {}, head), h("tbody", {}, rows));
}

function rootOf(all) {
  const last = Math.max(...all.filter((node) => node.best).map((node) => node.step)) + BEHIND;
  const lost = Map.groupBy(all.filter((node) => node.fate !== "kept"), (node) => node.step);
  const nearest = [...lost.values()].flatMap((step) => step.sort((one, other) => one.by - other.by).slice(0, CUT));
  const drawn = [...all.filter((node) => node.fate === "kept"), ...nearest].filter((node) => node.step <= last);
  const nodes = new Map(drawn.map((node) => [node.id, { ...node, below: [] }]));
  for (const node of nodes.values()) nodes.get(node.parent)?.below.push(node);
  const rank = (node) => (node.best ? 0 : node.fate === "kept" ? 1 : 2);
  for (const node of nodes.values()) node.below.sort((one, other) => rank(one) - rank(other) || other.total - one.total);
  return [...nodes.values()].find((node) => node.parent === null);
}

/** The first below a node goes straight on; each other one begins a row. */
function placed(root) {
  const found = [];
  const waiting = [[root, 0, null, true]];
  let row = -1;
  while (waiting.length) {
    const [node, depth, above, first] = waiting.pop();
    Object.assign(node, { depth, above, row: first && above ? above.row : (row += 1) });
    found.push(node);
    for (const [place, each] of [...node.below.entries()].reverse()) waiting.push([each, depth + 1, node, place === 0]);
  }
  return found;
}

/** Where each depth begins; the last is where all ends. */
function columnsOf(nodes) {
  const widths = [];
  for (const node of nodes) widths[node.depth] = Math.max(widths[node.depth] ?? 0, roomOf(node));
  return widths.reduce((starts, width) => [...starts, starts.at(-1) + width + GAP], [LEFT]);
}

function roomOf(node) {
  const note = noteOf(node);
  return widthOf(shown(node.token), kindOf(node)) + (note ? 6 + widthOf(note, "aside") : 0);
}

const FONTS = { best: "650 13px", kept: "13px", cut: "13px", aside: "11px" };
let ruler = null;

/** As the page draws it, by the letters themselves: a Chinese sign is wider than a Latin one, an m than an i. */
function widthOf(text, kind) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `${FONTS[kind]} ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width;
}

function kindOf(node) {
  return node.best ? "best" : node.fate === "kept" ? "kept" : "cut";
}

/** How likely all of it is; of what was left behind, how much it lacked; of what ended, what it is worth. */
function noteOf(node) {
  if (node.parent === null) return "";
  if (node.by !== null) return `−${node.by.toFixed(2)}`;
  return node.score !== null ? `= ${node.score.toFixed(2)}` : node.total.toFixed(2);
}
