// Documents that are dropped: sent whole, given back with their layout.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { Status } from "./status.js";
import { say } from "./words.js";

export const ENDINGS = [".txt", ".html", ".srt", ".docx", ".odt"];

export class Documents {
  /** `languages()` are the two that are chosen now. */
  constructor(languages) {
    this.languages = languages;
    this.list = h("ul", { class: "documents" });
    this.field = h("input", {
      type: "file",
      accept: ENDINGS.join(),
      multiple: true,
      class: "unseen",
      tabindex: "-1",
      "aria-hidden": "true",
      onchange: () => {
        for (const file of this.field.files) this.translate(file);
        this.field.value = "";
      },
    });
  }

  /** A place to drop them on. */
  onto(node) {
    const over = (event, there) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      node.classList.toggle("over", there);
    };
    node.addEventListener("dragover", (event) => over(event, true));
    node.addEventListener("dragleave", (event) => over(event, false));
    node.addEventListener("drop", (event) => {
      over(event, false);
      for (const file of event.dataTransfer?.files ?? []) this.translate(file);
    });
  }

  async translate(file) {
    const status = new Status();
    const item = h("li", {}, h("span", { class: "name" }, file.name), status.node);
    this.list.append(item);
    const form = new FormData();
    const { source, target } = this.languages();
    form.append("file", file);
    form.append("source", source);
    form.append("target", target);
    status.tell(say("translating"));
    try {
      const { translatedFileUrl } = await ask("translate_file", { form, busy: status.busy });
      status.clear();
      item.append(h("a", { href: new URL(translatedFileUrl, document.baseURI).pathname, download: true }, say("save")));
    } catch (error) {
      status.wrong(error, () => {
        item.remove();
        this.translate(file);
      });
    }
  }
}
