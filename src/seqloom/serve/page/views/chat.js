// A conversation with a model.

import { stream } from "../api.js";
import { button, h, labelled, select } from "../dom.js";
import { forNow } from "../keep.js";
import { aboutOf, Choice } from "../models.js";
import { Asker } from "../status.js";
import { languageOf } from "../tokens.js";
import { say } from "../words.js";

const WARMTHS = ["0", "0.7", "1"];

export const chat = {
  name: "chat",
  fits: (model) => model.task === "dialogue",
  open: (place, models) => new Chat(place, models),
};

class Chat {
  constructor(place, models) {
    this.asker = new Asker();
    this.choice = new Choice("chat", models, () => {
      this.#offer();
      this.#new();
    });
    this.warmth = forNow.get("warmth", "0");
    this.log = h("div", { class: "log", role: "log", "aria-label": say("conversation"), tabindex: "0" });
    this.field = h("textarea", { rows: 2, placeholder: say("say_something"), "aria-label": say("your_turn"), value: forNow.get("typed.chat", ""), oninput: () => forNow.set("typed.chat", this.field.value) });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // A Chinese word is chosen by Enter, too.
      event.preventDefault();
      this.#send();
    });
    this.sender = h("button", { class: "main" }, say("send"));
    this.stopper = button(say("stop"), () => this.#stop(), { hidden: true });
    const warmths = WARMTHS.map((each) => [each, say(`warmth_${each}`)]);
    const drawn = select(warmths, this.warmth, (chosen) => forNow.set("warmth", (this.warmth = chosen)));
    this.draws = labelled(say("warmth"), drawn, { class: "labelled beside" });
    this.about = h("p", { class: "note" });
    this.#offer();
    place.append(
      h("div", { class: "row head" }, h("h1", {}, say("chat")), this.choice.node, this.draws),
      h(
        "section",
        { class: "pane chat", "aria-label": say("conversation") },
        this.log,
        this.asker.status.node,
        h("form", { class: "row speak", onsubmit: (event) => (event.preventDefault(), this.#send()) }, this.field, this.sender, this.stopper),
        h("div", { class: "row under" }, button(say("undo"), () => this.#undo(), { class: "plain" }), button(say("new"), () => this.#new(), { class: "plain" })),
      ),
      this.about,
    );
    this.turns = [];
    for (const turn of forNow.get("chat", [])) this.#add(turn.role, turn.content);
  }

  /** What the model that is chosen can do. */
  #offer() {
    this.about.textContent = aboutOf(this.choice.model);
    this.draws.hidden = !this.choice.model.takes.includes("sampling");
  }

  close() {
    this.asker.stop();
  }

  /** A turn as OpenAI writes it, and where it is shown. */
  #add(role, content) {
    const name = h("span", { class: "unseen" }, `${say(role === "user" ? "you" : "model")}: `);
    const text = h("span", {}, content);
    const node = h("p", { class: `turn ${role}`, lang: languageOf(content) || null }, name, text);
    if (!this.turns.length) this.log.replaceChildren();
    this.log.append(node);
    node.scrollIntoView({ block: "nearest" });
    const turn = { role, content, node, text };
    this.turns.push(turn);
    return turn;
  }

  #keep() {
    forNow.set("chat", this.turns.map(({ role, content }) => ({ role, content })));
  }

  #send() {
    const said = this.field.value.trim();
    if (!said || this.asker.busy) return;
    if (this.turns.at(-1)?.role === "user") this.#drop(); // It failed, and this is asked in its place.
    this.#add("user", said);
    this.#typed("");
    this.#ask();
  }

  #ask() {
    return this.asker.now(async (options) => {
      const messages = this.turns.map(({ role, content }) => ({ role, content }));
      const drawn = this.warmth === "0" || this.draws.hidden ? {} : { temperature: Number(this.warmth), seed: this.turns.length };
      const body = { model: this.choice.model.id, messages, stream: true, temperature: 0, ...drawn };
      const turn = this.#add("assistant", "");
      turn.node.classList.add("waiting");
      this.#working(true);
      try {
        for await (const event of stream("v1/chat/completions", { body, ...options })) {
          turn.content += event.choices?.[0]?.delta?.content ?? "";
          turn.text.textContent = turn.content;
          turn.node.lang = languageOf(turn.content);
          turn.node.scrollIntoView({ block: "nearest" });
        }
      } finally {
        turn.node.classList.remove("waiting");
        this.#working(false);
        if (!turn.content && this.turns.at(-1) === turn) this.#drop(); // What failed leaves no trace; the question stays, to be asked again.
        this.#keep();
      }
    });
  }

  #working(on) {
    this.sender.hidden = on;
    this.stopper.hidden = !on;
  }

  /** What was said until then stands, for it was seen. */
  #stop() {
    this.asker.stop();
    this.field.focus();
  }

  #drop() {
    const turn = this.turns.pop();
    turn?.node.remove();
    return turn;
  }

  #undo() {
    this.asker.stop();
    this.asker.status.clear();
    if (this.turns.at(-1)?.role === "assistant") this.#drop();
    const question = this.#drop();
    if (question) this.#typed(question.content);
    this.#keep();
    this.field.focus();
  }

  #new() {
    this.asker.stop();
    this.asker.status.clear();
    this.turns = [];
    this.log.replaceChildren();
    this.#keep();
    this.field.focus();
  }

  #typed(text) {
    this.field.value = text;
    forNow.set("typed.chat", text);
  }
}
