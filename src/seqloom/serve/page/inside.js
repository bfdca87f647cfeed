// Where a model looked and what weighed: the heat map of a line, under both texts.

import { h, labelled, select } from "./dom.js";
import { heat } from "./heat.js";
import { forGood } from "./keep.js";
import { Panel } from "./panel.js";
import { number, say } from "./words.js";

/** Between the text and the answer. */
const ACROSS = ["attention", "gradient_x_input", "integrated_gradients", "erasure"];
/** Of one of them to itself. */
const WITHIN = ["encoder_attention", "decoder_attention"];

export class Inside extends Panel {
  /** `asked(line)` is how the server knows a line. */
  constructor(lines, asked) {
    const methods = h("div", {});
    const heads = h("select", { onchange: (event) => ((this.head = event.target.value), this.draw()) });
    const whichHead = labelled(say("head"), heads, { class: "labelled beside", hidden: true });
    super(say("inside"), say("inside_how"), lines, (line) => this.#map(line, asked), [methods, whichHead]);
    this.methods = methods;
    this.heads = heads;
    this.whichHead = whichHead;
    this.head = "";
  }

  /** What this model can be asked. */
  of(model) {
    const kept = forGood.get("method");
    const there = [...ACROSS, ...WITHIN].filter((each) => model.explains.includes(each));
    this.offer(there.length > 0);
    this.#choose(there.includes(kept) ? kept : there[0]);
    /** By which a word of one text is shown in the other. */
    this.pointing = ACROSS.includes(this.method) ? this.method : there.find((each) => ACROSS.includes(each));
    const chosen = (method) => {
      forGood.set("method", method);
      this.#choose(method);
      if (ACROSS.includes(method)) this.pointing = method;
      this.draw();
    };
    const named = there.map((each) => [each, say(each)]);
    this.methods.replaceChildren(labelled(say("shown_by"), select(named, this.method, chosen), { class: "labelled beside" }));
  }

  #choose(method) {
    this.method = method;
    this.head = "";
    this.whichHead.hidden = true;
  }

  async #map(line, asked) {
    const { table, rows, columns, heads, faithful } = await line.table(asked(line), this.method, this.head);
    this.whichHead.hidden = heads.length < 2;
    this.how.textContent = say(WITHIN.includes(this.method) ? "within_how" : "inside_how");
    if (this.heads.length !== heads.length + 1 || !this.head) {
      const named = heads.map((name) => [name, say("head_of", ...name.split("."))]);
      this.heads.replaceChildren(...[["", say("together")], ...named].map(([value, text]) => h("option", { value, selected: value === this.head }, text)));
    }
    const cost = faithful ? h("p", { class: "note" }, say("faithful", number(faithful.top), number(faithful.random))) : null;
    return [heat(table, rows, columns, told(table, rows, columns)), cost];
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
