// A field to write in, whose words can be shaded: the same text stands behind it, word by word.

import { h, labelled, styled } from "./dom.js";
import { forNow } from "./keep.js";
import { piecesOf, whole } from "./sentences.js";
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
    this.cut = whole; // How a line becomes what is asked by itself.
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

  get pieces() {
    return piecesOf(this.value, this.cut);
  }

  copied() {
    const lang = languageOf(this.value, this.lang) || null;
    for (const node of [this.field, this.behind]) lang ? node.setAttribute("lang", lang) : node.removeAttribute("lang");
    const inside = [];
    this.words = [];
    let at = 0;
    for (const [piece, { text, start }] of this.pieces.entries()) {
      for (const [number, word] of wordsOf(text).entries()) {
        const [from, to] = [start + word.start, start + word.end];
        const span = h("span", {}, word.text);
        inside.push(this.value.slice(at, from), span);
        at = to;
        this.words.push({ piece, number, span, start: from, end: to });
      }
    }
    this.behind.replaceChildren(...inside, `${this.value.slice(at)}\n`);
    this.behind.scrollTop = this.field.scrollTop;
  }

  /** Shade the words of a piece by these weights, from 0 to 1; none: shade nothing. */
  shade(piece, weights) {
    for (const word of this.words) {
      const weight = word.piece === piece ? (weights?.[word.number] ?? 0) : 0;
      word.span.classList.toggle("shaded", weight > 0.03);
      styled(word.span, { "--weight": weight.toFixed(3) });
    }
  }

  at(x, y) {
    const hit = (box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    return this.words.find((word) => [...word.span.getClientRects()].some(hit)) ?? null;
  }

  around(place) {
    return this.words.find((word) => word.start <= place && place <= word.end) ?? null;
  }
}
