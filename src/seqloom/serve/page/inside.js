// Where a model looked and what weighed: the heat map of a line, under both texts.

import { h, labelled, select } from "./dom.js";
import { heat } from "./heat.js";
import { Asker } from "./status.js";
import { forGood } from "./keep.js";
import { languageOf } from "./tokens.js";
import { number, say } from "./words.js";

const METHODS = ["attention", "gradient_x_input", "integrated_gradients", "erasure"];

export class Inside {
  /** `lines()` are those that there are; `asked(line)` is how the server knows one. */
  constructor(lines, asked) {
    this.lines = lines;
    this.asked = asked;
    this.method = forGood.get("method", METHODS[0]);
    this.place = 0;
    this.asker = new Asker();
    const chosen = (method) => {
      this.method = method;
      forGood.set("method", method);
      this.draw();
    };
    this.which = h("select", { onchange: (event) => ((this.place = Number(event.target.value)), this.draw()) });
    this.whose = labelled(say("line"), this.which, { class: "labelled beside" });
    this.cost = h("p", { class: "note" });
    const methods = METHODS.map((each) => [each, say(each)]);
    this.map = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("inside") });
    this.node = h(
      "details",
      { class: "inside", ontoggle: () => this.draw() },
      h("summary", {}, say("inside")),
      h("div", { class: "row" }, labelled(say("shown_by"), select(methods, this.method, chosen), { class: "labelled beside" }), this.whose),
      this.asker.status.node,
      this.map,
      this.cost,
      h("p", { class: "note" }, say("inside_how")),
    );
  }

  /** The lines are others now. */
  renew() {
    const there = this.lines().filter((line) => line.answer?.text);
    this.place = Math.min(this.place, Math.max(0, there.length - 1));
    this.which.replaceChildren(
      ...there.map((line, place) => h("option", { value: place, selected: place === this.place }, line.source.trim().slice(0, 40))),
    );
    this.whose.hidden = there.length < 2;
    this.there = there;
    this.draw();
  }

  draw() {
    if (!this.node.open) return;
    const line = this.there?.[this.place];
    if (!line) {
      this.map.replaceChildren();
      return;
    }
    this.asker.now(async () => {
      const { table, rows, columns, faithful } = await line.table(this.asked(line), this.method);
      this.map.replaceChildren(heat(table, rows, columns, told(table, rows, columns)));
      this.cost.textContent = faithful ? say("faithful", number(faithful.top), number(faithful.random)) : "";
    });
  }
}

/** The map for who cannot see it: what each row points at most. */
function told(table, rows, columns) {
  const most = rows.map((row, t) => {
    const strong = (table[t] ?? []).map(Math.abs);
    return `${row} ← ${columns[strong.indexOf(Math.max(...strong))] ?? ""}`;
  });
  return `${say("inside")}: ${most.join(", ")}`.replaceAll("▁", "");
}
