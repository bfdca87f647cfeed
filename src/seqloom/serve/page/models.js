// The models of this server, as `/v1/models` tells of them.

import { ask } from "./api.js";
import { labelled, select } from "./dom.js";
import { forNow } from "./keep.js";
import { languageName, say } from "./words.js";

export async function allModels(options) {
  const { data, runs } = await ask("v1/models", options);
  return { models: data, runs: Boolean(runs) };
}

/** A choice among models, where there is one to make; the chosen one is remembered for this view. */
export class Choice {
  constructor(view, models, onchange, label = say("model")) {
    this.key = `model.${view}`;
    this.models = models;
    const kept = forNow.get(this.key);
    this.model = models.find((each) => each.id === kept) ?? models[0];
    const named = models.map((each) => [each.id, each.id]);
    this.field = select(named, this.model.id, (id) => {
      this.choose(id);
      onchange(this.model);
    });
    this.node = labelled(label, this.field, { class: "labelled beside", hidden: models.length < 2 });
  }

  choose(id) {
    this.model = this.models.find((each) => each.id === id);
    this.field.value = id;
    forNow.set(this.key, id);
  }
}

/** The languages that a model is asked for: those chosen last, or else its first ones. */
export function directionOf(model) {
  const pairs = model.languages ?? [];
  const kept = forNow.get(`languages.${model.id}`);
  return pairs.find((pair) => pair.join() === kept) ?? pairs[0] ?? ["", ""];
}

export function keepDirection(model, pair) {
  forNow.set(`languages.${model.id}`, pair.join());
}

/** A text as the model must be asked it: one of many languages is told which. */
export function questionOf(model, text, [source, target]) {
  const told = model.task === "translation" && target;
  return { model: model.id, source: told ? { source: text, from: source, to: target } : text };
}

/** What a model says of itself, for people. */
export function aboutOf(model) {
  const pairs = (model.languages ?? []).filter(([source, target]) => source && target);
  const named = pairs.slice(0, 3).map(([source, target]) => `${languageName(source)} → ${languageName(target)}`);
  return [model.about, ...named].filter(Boolean).join(" · ");
}
