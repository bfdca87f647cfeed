// What can be opened below an answer: one line of it, looked into when somebody wants to see.

import { h, labelled } from "./dom.js";
import { Asker } from "./status.js";
import { say } from "./words.js";

export class Panel {
  /** `lines()` are those that there are; `show(line)` gives what is drawn of one; `beside` are further choices. */
  constructor(title, how, lines, show, beside = []) {
    this.lines = lines;
    this.show = show;
    this.place = 0;
    this.there = [];
    this.asker = new Asker();
    this.which = h("select", { onchange: (event) => ((this.place = Number(event.target.value)), this.draw()) });
    this.whose = labelled(say("line"), this.which, { class: "labelled beside" });
    this.drawn = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": title });
    this.how = h("p", { class: "note" }, how);
    this.node = h(
      "details",
      { class: "inside", ontoggle: () => this.draw() },
      h("summary", {}, title),
      h("div", { class: "row" }, beside, this.whose),
      this.asker.status.node,
      this.drawn,
      this.how,
    );
  }

  /** Whether the model that is chosen now has it. */
  offer(there) {
    this.node.hidden = !there;
  }

  /** The lines are others now. */
  renew() {
    this.there = this.lines().filter((line) => line.answer?.text);
    this.place = Math.min(this.place, Math.max(0, this.there.length - 1));
    this.which.replaceChildren(
      ...this.there.map((line, place) => h("option", { value: place, selected: place === this.place }, line.source.trim().slice(0, 40))),
    );
    this.whose.hidden = this.there.length < 2;
    this.draw();
  }

  draw() {
    if (!this.node.open || this.node.hidden) return;
    const line = this.there[this.place];
    if (!line) {
      this.drawn.replaceChildren();
      return;
    }
    this.asker.now(async () => {
      try {
        this.drawn.replaceChildren(...[await this.show(line)].flat().filter(Boolean));
      } catch (error) {
        this.drawn.replaceChildren(); // What stood here was of something else.
        throw error;
      }
    });
  }

  close() {
    this.asker.stop();
  }
}
