// A field to write in, whose words can be shaded: the same text stands behind it, word by word.

import { h, labelled, styled } from "./dom.js";
import { forNow } from "./keep.js";
import { languageOf, wordsOf } from "./tokens.js";

export class Typed {
  /** What is written is remembered under `name` until the tab is closed. */
  constructor(name, label, onchange, { rows = 5, placeholder = "", lang = "" } = {}) {
    this.name = name;
    this.lang = lang;
    this.field = h("textarea", { rows, placeholder, spellcheck: "false", value: forNow.get(`typed.${name}`, "") });
    this.behind = h("div", { class: "behind", "aria-hidden": "true" });
    this.node = labelled(label, this.field, { class: "labelled typed" });
    this.node.append(h("div", { class: "both" }, this.behind, this.field));
    this.words = [];
    this.onpoint = () => {};
    this.field.addEventListener("input", (event) => {
      forNow.set(`typed.${this.name}`, this.field.value);
      this.copied();
      if (!event.isComposing) onchange(this.field.value); // Half a Chinese word is nothing to ask.
    });
    this.field.addEventListener("compositionend", () => onchange(this.field.value));
    this.field.addEventListener("scroll", () => (this.behind.scrollTop = this.field.scrollTop));
    this.field.addEventListener("pointermove", (event) => this.onpoint(this.at(event.clientX, event.clientY)));
    this.field.addEventListener("pointerleave", () => this.onpoint(null));
    this.field.addEventListener("keyup", (event) => {
      if (event.key.startsWith("Arrow")) this.onpoint(this.around(this.field.selectionStart));
    });
    this.copied();
  }

  get value() {
    return this.field.value;
  }

  /** Written by us, as on a swap; whoever sets it asks. */
  set value(text) {
    this.field.value = text;
    forNow.set(`typed.${this.name}`, text);
    this.copied();
  }

  get lines() {
    return this.value.split("\n");
  }

  copied() {
    const lang = languageOf(this.value, this.lang) || null;
    for (const node of [this.field, this.behind]) lang ? node.setAttribute("lang", lang) : node.removeAttribute("lang");
    const inside = [];
    this.words = [];
    for (const [line, text] of this.lines.entries()) {
      let at = 0;
      for (const [number, word] of wordsOf(text).entries()) {
        const span = h("span", {}, word.text);
        inside.push(text.slice(at, word.start), span);
        at = word.end;
        this.words.push({ line, number, span, ...word });
      }
      inside.push(`${text.slice(at)}\n`);
    }
    this.behind.replaceChildren(...inside);
    this.behind.scrollTop = this.field.scrollTop;
  }

  /** Shade the words of a line by these weights, from 0 to 1; none: shade nothing. */
  shade(line, weights) {
    for (const word of this.words) {
      const weight = word.line === line ? (weights?.[word.number] ?? 0) : 0;
      word.span.classList.toggle("shaded", weight > 0.03);
      styled(word.span, { "--weight": weight.toFixed(3) });
    }
  }

  at(x, y) {
    const hit = (box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    return this.words.find((word) => [...word.span.getClientRects()].some(hit)) ?? null;
  }

  around(place) {
    const before = this.value.slice(0, place).split("\n");
    const [line, at] = [before.length - 1, before.at(-1).length];
    return this.words.find((word) => word.line === line && word.start <= at && at <= word.end) ?? null;
  }
}
