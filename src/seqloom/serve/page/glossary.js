// Terms and how they are to be said, kept in the browser, sent with every question.

import { button, h } from "./dom.js";
import { forGood } from "./keep.js";
import { say } from "./words.js";

export class Glossary {
  constructor(onchange) {
    this.onchange = onchange;
    this.opener = button("", () => this.#open(), { class: "plain" });
    this.rows = h("div", { class: "terms" });
    this.node = h(
      "dialog",
      { "aria-label": say("glossary") },
      h("h2", {}, say("glossary")),
      h("p", {}, say("glossary_why")),
      this.rows,
      h(
        "p",
        { class: "row between" },
        button(say("add_term"), () => this.#add(["", ""]).querySelector("input").focus()),
        button(say("done"), () => this.node.close(), { class: "main" }),
      ),
    );
    this.node.addEventListener("close", () => this.#kept());
  }

  /** Each direction of each model has its own. */
  of(model, source, target) {
    this.key = `glossary.${model.id}.${source}-${target}`;
    this.terms = model.takes.includes("constraints") ? forGood.get(this.key, []) : [];
    this.#count();
  }

  get constraints() {
    return this.terms.length ? [{ kind: "glossary", terms: this.terms }] : [];
  }

  #count() {
    const number = this.terms.length;
    this.opener.textContent = number ? `${say("glossary")} (${number})` : say("glossary");
  }

  #open() {
    this.rows.replaceChildren();
    for (const term of this.terms.length ? this.terms : [["", ""]]) this.#add(term);
    this.node.showModal();
  }

  #add([term, way]) {
    const row = h(
      "div",
      { class: "row term" },
      h("input", { type: "text", "aria-label": say("term"), placeholder: say("term"), value: term }),
      h("span", { "aria-hidden": "true" }, "→"),
      h("input", { type: "text", "aria-label": say("term_said"), placeholder: say("term_said"), value: way ?? "" }),
      button("×", () => row.remove(), { class: "plain", "aria-label": say("remove") }),
    );
    this.rows.append(row);
    return row;
  }

  #kept() {
    const rows = [...this.rows.children].map((row) => [...row.querySelectorAll("input")].map((field) => field.value.trim()));
    this.terms = rows.filter(([term]) => term).map((row) => row.filter(Boolean));
    forGood.set(this.key, this.terms.length ? this.terms : null);
    this.#count();
    this.onchange();
  }
}
