// What several views are: a text, asked while it is typed, and what its answer looks like.

import { ask, Problem } from "./api.js";
import { h } from "./dom.js";
import { aboutOf, Choice } from "./models.js";
import { Asker } from "./status.js";
import { Typed } from "./typed.js";
import { say } from "./words.js";

export class OneText {
  /** `draw(answer, model)` gives what is shown; `more(text, model)` what else is asked, null while it cannot be yet;
   * `above` are further fields, which tell of a change by `again`. */
  constructor(place, models, { name, label = say("source"), draw, more = () => ({}), above = null, rows = 5, placeholder = say("type_here") }) {
    this.draw = draw;
    this.more = more;
    this.asker = new Asker();
    this.about = h("p", { class: "note" });
    this.choice = new Choice(name, models, () => this.again());
    this.typed = new Typed(name, label, () => this.soon(), { rows, placeholder });
    this.result = h("div", { class: "result", "aria-live": "polite" });
    place.append(
      h("div", { class: "row head" }, h("h1", {}, say(name)), this.choice.node),
      h("section", { class: "pane", "data-view": name, "aria-label": say("source") }, above, this.typed.node),
      this.asker.status.node,
      h("section", { class: "pane", "aria-label": say("answer") }, this.result),
      this.about,
    );
    this.again();
  }

  close() {
    this.asker.stop();
  }

  soon() {
    this.asker.soon((options) => this.#answer(options));
  }

  again() {
    this.about.textContent = aboutOf(this.choice.model);
    this.asker.now((options) => this.#answer(options));
  }

  async #answer(options) {
    const text = this.typed.value;
    const more = text.trim() && this.more(text, this.choice.model);
    if (!more) {
      this.result.replaceChildren(h("p", { class: "note" }, say("nothing_yet")));
      return;
    }
    const body = { model: this.choice.model.id, source: text, ...more };
    const { answers } = await ask("v1/predict", { body, ...options });
    if (answers[0].error) throw new Problem(answers[0].error);
    this.result.replaceChildren(...[this.draw(answers[0], text)].flat());
  }
}
