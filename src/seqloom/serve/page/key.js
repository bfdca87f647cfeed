// The key that some servers want: asked for once, kept until the tab is closed.

import { button, h, labelled } from "./dom.js";
import { forNow } from "./keep.js";
import { say } from "./words.js";

let asking = null;

/** Whether there is another key now than the one that was refused. Questions that were refused together ask together. */
export function askForKey(refused) {
  if (forNow.get("key") !== refused) return Promise.resolve(true);
  asking ??= opened(Boolean(refused)).finally(() => {
    asking = null;
  });
  return asking;
}

function opened(again) {
  return new Promise((resolve) => {
    const field = h("input", { type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    const given = () => {
      forNow.set("key", field.value.trim());
      dialog.returnValue = "given";
      dialog.close();
    };
    const form = h(
      "form",
      { method: "dialog", onsubmit: (event) => (event.preventDefault(), given()) },
      h("h2", {}, say("key")),
      h("p", {}, say(again ? "key_wrong" : "key_why")),
      labelled(say("key_field"), field),
      h("p", { class: "row end" }, button(say("cancel"), () => dialog.close()), h("button", { class: "main" }, say("key_use"))),
    );
    const dialog = h("dialog", { class: "small", "aria-label": say("key") }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "given");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
