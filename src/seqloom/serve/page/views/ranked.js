// What comes next: a history in, a list out, the best first.

import { bars } from "../bars.js";
import { OneText } from "../one_text.js";
import { say } from "../words.js";

const BEST = 10;

export const ranked = {
  name: "ranked",
  fits: (model) => model.task === "recommendation",
  open: (place, models) => new OneText(place, models, { name: "ranked", label: say("history"), rows: 3, draw, more: () => ({ nbest: BEST }) }),
};

function draw(answer) {
  const best = [answer, ...(answer.alternatives ?? [])];
  return bars(best.map((each, place) => [`${place + 1}. ${each.text}`, each.confidence, place === 0]), say("ranked"));
}
