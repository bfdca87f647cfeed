// How a series goes on: numbers in, a chart of what is to be expected and how sure that is.

import { Problem } from "../api.js";
import { forecastOf } from "../chart.js";
import { h, labelled } from "../dom.js";
import { forNow } from "../keep.js";
import { OneText } from "../one_text.js";
import { say } from "../words.js";

export const forecast = {
  name: "forecast",
  fits: (model) => Boolean(model.channels.target),
  open: (place, models) => new Forecast(place, models),
};

class Forecast {
  constructor(place, models) {
    this.steps = h("input", {
      type: "number",
      min: 1,
      max: 1024,
      placeholder: say("as_trained"),
      value: forNow.get("forecast.steps", ""),
      oninput: () => {
        forNow.set("forecast.steps", this.steps.value || null);
        this.text.soon();
      },
    });
    this.text = new OneText(place, models, {
      name: "forecast",
      label: say("seen_numbers"),
      placeholder: "112 118 132 129 121 …",
      rows: 3,
      above: labelled(say("steps_ahead"), this.steps, { class: "labelled beside" }),
      more: (text, model) => this.#more(text, model),
      draw: (answer) => forecastOf(this.past, answer),
    });
  }

  close() {
    this.text.close();
  }

  #more(text, model) {
    const source = model.channels.source ? framesIn(text, model.channels.source) : text;
    // What is no forecast does not go on from what was read, and is drawn alone.
    this.past = model.task === "forecast" && model.channels.source ? source : [];
    const steps = this.steps.valueAsNumber;
    return { source, ...(this.steps.value && this.steps.validity.valid && { min_length: steps, max_length: steps }) };
  }
}

/** Numbers as people paste them: with spaces, commas or lines between, or as JSON. A frame of several is a line. */
function framesIn(text, channels) {
  if (text.trim().startsWith("[")) {
    try {
      return JSON.parse(text).map((frame) => [frame].flat());
    } catch {
      throw new Problem(say("no_numbers", text.trim().slice(0, 20)));
    }
  }
  const lines = text.split("\n").map(numbersIn).filter((line) => line.length);
  return channels > 1 ? lines : lines.flat().map((number) => [number]);
}

function numbersIn(line) {
  return line
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((word) => {
      const number = Number(word);
      if (!Number.isFinite(number)) throw new Problem(say("no_numbers", word.slice(0, 20)));
      return number;
    });
}
