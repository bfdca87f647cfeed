// One line beside the place where something is asked: that it waits, or what went wrong and how to ask again.

import { button, h } from "./dom.js";
import { say } from "./words.js";

/** Milliseconds after which it is told that an answer is waited for. */
const PATIENCE = 600;

export class Status {
  constructor() {
    this.node = h("p", { class: "status", role: "status", hidden: true });
  }

  tell(text, given = {}) {
    this.node.hidden = !text;
    this.node.className = `status ${given.wrong ? "wrong" : ""}`;
    this.node.replaceChildren(text, given.again ? button(say("again"), given.again, { class: "plain" }) : "");
  }

  clear() {
    this.tell("");
  }

  /** A server that cannot take the question yet: what was typed stays, and is asked again by itself. */
  busy = (seconds) => this.tell(seconds ? say("busy", seconds) : "");

  asking() {
    if (this.node.hidden || this.node.classList.contains("wrong")) this.tell(say("asking"));
  }

  wrong(error, again) {
    if (error.name !== "AbortError") this.tell(error.message, { wrong: true, again });
  }
}

/** One question at a time: a newer one ends the one before it. */
export class Asker {
  constructor(status = new Status()) {
    this.status = status;
    this.controller = null;
    this.timer = null;
  }

  /** After a pause in typing. */
  soon(work, pause = 250) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(work), pause);
  }

  async now(work) {
    this.stop();
    const controller = new AbortController();
    this.controller = controller;
    const slow = setTimeout(() => this.controller === controller && this.status.asking(), PATIENCE);
    try {
      await work({ signal: controller.signal, busy: this.status.busy });
      if (this.controller === controller) this.status.clear();
    } catch (error) {
      if (this.controller === controller) this.status.wrong(error, () => this.now(work));
    } finally {
      clearTimeout(slow);
      if (this.controller === controller) this.controller = null;
    }
  }

  get busy() {
    return this.controller !== null;
  }

  stop() {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = null;
  }
}
