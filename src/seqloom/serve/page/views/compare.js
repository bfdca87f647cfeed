// Two models on one text, and where their answers differ.

import { ask } from "../api.js";
import { h, labelled, select } from "../dom.js";
import { aboutOf, Choice, directionOf, keepDirection, questionOf } from "../models.js";
import { Asker } from "../status.js";
import { differing, languageOf } from "../tokens.js";
import { Typed } from "../typed.js";
import { languageName, percent, say } from "../words.js";

export const compare = {
  name: "compare",
  fits: (model) => !model.channels.target && !model.columns.length, // Of numbers no word differs; a passage is more than a text.
  fewest: 2,
  open: (place, models) => new Compare(place, models),
};

class Compare {
  constructor(place, models) {
    this.asker = new Asker();
    this.sides = [0, 1].map((number) => this.#side(number, models));
    this.typed = new Typed("compare", say("source"), () => this.asker.soon((options) => this.#answer(options)), { rows: 4, placeholder: say("type_here") });
    place.append(
      h("h1", {}, say("compare")),
      h("section", { class: "pane", "aria-label": say("source") }, this.typed.node),
      this.asker.status.node,
      h("div", { class: "panes even" }, this.sides.map((side) => side.node)),
    );
    this.#again();
  }

  close() {
    this.asker.stop();
  }

  #side(number, models) {
    const order = number ? [...models.slice(1), models[0]] : models;
    const choice = new Choice(`compare.${number}`, order, () => this.#again(), say(number ? "model_b" : "model_a"));
    const [said, note, about] = [h("p", { class: "line", "aria-live": "polite" }), h("p", { class: "note" }), h("p", { class: "note" })];
    const direction = h("div", {});
    const node = h("section", { class: "pane", "aria-label": say(number ? "model_b" : "model_a") }, h("div", { class: "row" }, choice.node, direction), said, note, about);
    return { choice, direction, said, note, about, node };
  }

  #again() {
    for (const { about, choice, direction } of this.sides) {
      about.textContent = aboutOf(choice.model);
      direction.replaceChildren(...this.#directions(choice.model));
    }
    this.asker.now((options) => this.#answer(options));
  }

  /** Of a model of several languages, from which into which. */
  #directions(model) {
    const pairs = model.languages ?? [];
    if (model.task !== "translation" || pairs.length < 2) return [];
    const named = pairs.map((pair) => [pair.join(), pair.map(languageName).join(" → ")]);
    const into = (chosen) => {
      keepDirection(model, chosen.split(","));
      this.#again();
    };
    return [labelled(say("languages"), select(named, directionOf(model).join(), into), { class: "labelled beside" })];
  }

  async #answer(options) {
    const text = this.typed.value;
    if (!text.trim()) {
      for (const { said, note } of this.sides) for (const node of [said, note]) node.replaceChildren();
      return;
    }
    const asked = this.sides.map(({ choice }) => ask("v1/predict", { body: questionOf(choice.model, text, directionOf(choice.model)), ...options }));
    const answers = (await Promise.all(asked)).map(({ answers: [answer] }) => answer);
    const parts = differing(...answers.map((answer) => answer.text ?? ""));
    this.sides.forEach(({ said, note }, number) => {
      const { error, confidence } = answers[number];
      said.lang = languageOf(answers[number].text ?? "");
      said.classList.toggle("wrong", Boolean(error));
      said.replaceChildren(...(error ? [error] : together(parts[number]).map((part) => (part.same ? part.text : h("mark", {}, part.text)))));
      note.textContent = confidence === undefined ? "" : say("sure", percent(confidence));
    });
    const same = !answers.some((answer) => answer.error) && answers[0].text === answers[1].text;
    if (same) this.sides[1].note.append(` · ${say("the_same")}`);
  }
}

/** Words that differ in a row are one stretch, with the spaces between them. */
function together(parts) {
  const found = [];
  for (const [place, part] of parts.entries()) {
    const between = !part.text.trim() && found.at(-1)?.same === false && parts[place + 1]?.same === false;
    const same = part.same && !between;
    if (found.at(-1)?.same === same) found.at(-1).text += part.text;
    else found.push({ text: part.text, same });
  }
  return found;
}
