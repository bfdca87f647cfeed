// A text and how probable each label is.

import { bars } from "../bars.js";
import { h } from "../dom.js";
import { OneText } from "../one_text.js";
import { say } from "../words.js";

export const label = {
  name: "label",
  fits: (model) => model.task === "classification",
  open: (place, models) => new OneText(place, models, { name: "label", draw }),
};

function draw(answer) {
  const chosen = answer.chosen ?? [answer.text];
  const rows = Object.entries(answer.labels ?? { [answer.text]: answer.confidence });
  return [
    h("p", { class: "big" }, chosen.join(", ") || say("no_label")),
    bars(rows.map(([name, share]) => [name, share, chosen.includes(name)]), say("label_chances")),
  ];
}
