// What else might have been said at a word: a small window at it, from which the sentence goes on otherwise.

import { button, h, styled } from "./dom.js";
import { Asker } from "./status.js";
import { languageOf } from "./tokens.js";
import { percent, say } from "./words.js";

export class Alternatives {
  constructor() {
    this.asker = new Asker();
    this.list = h("div", { class: "choices" });
    this.own = h("input", { type: "text", "aria-label": say("own_word"), placeholder: say("own_word"), autocomplete: "off" });
    const form = h("form", { class: "row", onsubmit: (event) => this.#write(event) }, this.own, h("button", {}, say("go_on")));
    this.node = h("div", { class: "alternatives", popover: "auto", role: "dialog" }, this.asker.status.node, this.list, form);
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("toggle", (event) => {
      if (event.newState === "closed") this.asker.stop();
    });
  }

  /** `find` gives the choices; `choose` is told how the answer begins from now on. */
  open(word, text, { find, choose }) {
    this.word = word;
    this.before = text.slice(0, word.start);
    this.choose = choose;
    this.list.replaceChildren();
    this.own.value = "";
    this.node.setAttribute("aria-label", say("instead_of", word.text));
    this.node.showPopover();
    this.#place();
    this.asker.status.tell(say("asking"));
    this.asker.now(async (options) => this.#show(await find(options)));
  }

  /** Rows are {word, rest, probability}: what is said instead, and how it would go on. */
  #show(rows) {
    const buttons = rows.map(({ word, rest, probability }) =>
      h(
        "button",
        { type: "button", lang: languageOf(word + rest) || null, onclick: () => this.#chosen(this.before + word) },
        h("span", { class: "choice" }, h("b", {}, word), h("span", { class: "rest" }, rest)),
        h("span", { class: "number" }, percent(probability)),
      ),
    );
    this.list.replaceChildren(...buttons);
    this.#place();
    (buttons[0] ?? this.own).focus();
  }

  #write(event) {
    event.preventDefault();
    if (this.own.value.trim()) this.#chosen(this.before + this.own.value.trim());
  }

  #chosen(begin) {
    this.node.hidePopover();
    this.choose(begin);
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [...this.list.children, this.own];
    stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
  }

  #place() {
    const at = this.word.span.getBoundingClientRect();
    const room = document.documentElement.clientWidth - this.node.offsetWidth - 8;
    const left = Math.max(8, Math.min(at.left, room));
    styled(this.node, { left: `${left + scrollX}px`, top: `${at.bottom + scrollY + 6}px` });
  }
}
