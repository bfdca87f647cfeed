// The training runs below a folder: what each is, how it goes, curves while they grow.

import { ask } from "../api.js";
import { h } from "../dom.js";
import { forNow } from "../keep.js";
import { plot } from "../plot.js";
import { Asker } from "../status.js";
import { duration, number, say } from "../words.js";

const EVERY = 3000;
/** Curves that can be told apart. */
const DRAWN = 6;

export const runs = {
  name: "runs",
  fits: () => false,
  open: (place) => new Runs(place),
};

class Runs {
  constructor(place) {
    this.asker = new Asker();
    this.ticked = forNow.get("runs.ticked", []); // The last one first.
    this.hidden = new Set(forNow.get("runs.hidden", []));
    this.list = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("runs") });
    this.curves = h("div", { class: "panes even" });
    place.append(h("h1", {}, say("runs")), this.asker.status.node, this.list, this.curves);
    this.#look();
    this.timer = setInterval(() => document.hidden || this.asker.busy || this.#look(), EVERY);
  }

  close() {
    clearInterval(this.timer);
    this.asker.stop();
  }

  #look() {
    this.asker.now(async (options) => {
      const data = await ask("v1/runs", options);
      const fresh = JSON.stringify(data);
      if (fresh === this.known) return; // Who reads a table shall not have it redrawn under the pointer.
      this.known = fresh;
      this.runs = data.runs;
      this.#draw();
    });
  }

  #draw() {
    const open = [...this.curves.querySelectorAll("details")].map((each) => each.open);
    const focused = document.activeElement?.dataset?.run;
    const shown = this.#shown();
    this.shown = shown;
    this.list.replaceChildren(this.#table(shown));
    const groups = [...new Set(shown.map((run) => run.metric))].filter(Boolean);
    const figures = [
      ...groups.map((metric) => this.#plot(shown.filter((run) => run.metric === metric), "validation", say("validation_curve", metric), "")),
      this.#plot(shown, "loss", say("loss_curve"), say("loss")),
    ];
    this.curves.replaceChildren(...figures.filter(Boolean));
    this.curves.querySelectorAll("details").forEach((each, place) => (each.open = open[place] ?? false));
    if (focused) this.list.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
  }

  /** Those that were ticked, and as many of the newest as can be told apart beside them. */
  #shown() {
    const rank = (run) => (this.ticked.includes(run.name) ? this.ticked.indexOf(run.name) : this.ticked.length);
    const wanted = this.runs.filter((run) => !this.hidden.has(run.name)).sort((one, other) => rank(one) - rank(other));
    return this.runs.filter((run) => wanted.slice(0, DRAWN).includes(run));
  }

  #plot(runs, which, caption, y) {
    const curves = runs
      .map((run) => ({ name: run.name, colour: this.shown.indexOf(run), ...points(run[which]) }))
      .filter((curve) => curve.x.length);
    return curves.length ? h("section", { class: "pane", "aria-label": caption }, plot(curves, { caption, x: say("steps"), y })) : null;
  }

  #table(shown) {
    const heads = ["run", "state", "made_of", "steps", "best", "took", "parameters"];
    const figure = new Set(["steps", "best", "took", "parameters"]);
    const head = heads.map((name) => h("th", { scope: "col", class: figure.has(name) ? "number" : null }, say(name)));
    const rows = this.runs.map((run) => this.#row(run, shown.indexOf(run)));
    return h("table", { class: "runs" }, h("caption", { class: "unseen" }, say("runs")), h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
  }

  /** `place` is that among the curves that are drawn; -1: it has none. */
  #row(run, place) {
    const tick = (event) => {
      this.ticked = this.ticked.filter((name) => name !== run.name);
      if (event.target.checked) this.ticked.unshift(run.name);
      event.target.checked ? this.hidden.delete(run.name) : this.hidden.add(run.name);
      forNow.set("runs.ticked", this.ticked);
      forNow.set("runs.hidden", [...this.hidden]);
      this.#draw();
    };
    const check = h("input", { type: "checkbox", checked: place >= 0, "data-run": run.name, onchange: tick });
    const steps = run.planned_steps && run.state !== "finished" ? `${number(run.steps ?? 0)} / ${number(run.planned_steps)}` : number(run.steps);
    const best = run.best === null || run.best === undefined ? "" : `${number(run.best)} ${run.metric ?? ""}`;
    const cells = [steps, best, duration(run.seconds), number(run.parameters)].map((text) => h("td", { class: "number" }, text));
    const key = h("span", { class: place < 0 ? "key" : `key c${place + 1}` });
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("label", { class: "check" }, check, key, run.name), h("span", { class: "note" }, run.about)),
      h("td", { class: `state ${run.state}` }, say(`state_${run.state}`), run.why ? h("span", { class: "note" }, ` ${run.why}`) : null),
      h("td", {}, run.model),
      cells,
    );
  }
}

/** Those of a curve that are numbers: a loss may have been lost on the way. */
function points({ steps, values }) {
  const there = values.flatMap((value, place) => (value === null ? [] : [place]));
  return { x: there.map((place) => steps[place]), y: there.map((place) => values[place]) };
}
