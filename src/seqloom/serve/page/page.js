// The page: what the server has decides which views there are; the address says which one is open.

import { button, h } from "./dom.js";
import { forGood, forNow } from "./keep.js";
import { allModels } from "./models.js";
import { Status } from "./status.js";
import { chat } from "./views/chat.js";
import { compare } from "./views/compare.js";
import { extract } from "./views/extract.js";
import { forecast } from "./views/forecast.js";
import { label } from "./views/label.js";
import { ranked } from "./views/ranked.js";
import { reading } from "./views/reading.js";
import { runs } from "./views/runs.js";
import { tags } from "./views/tags.js";
import { translate } from "./views/translate.js";
import { language, say, speak } from "./words.js";

/** A further view is one more file, and its name here. */
const VIEWS = [translate, chat, label, tags, extract, reading, ranked, forecast, compare, runs];
const THEMES = ["", "light", "dark"];

const main = document.getElementById("main");
const nav = document.getElementById("views");
let there = { models: [], runs: false };
let open = null;

function fitting(view) {
  return there.models.filter(view.fits);
}

function available() {
  return VIEWS.filter((view) => (view === runs ? there.runs : fitting(view).length >= (view.fewest ?? 1)));
}

function titleOf(view) {
  return say(view.title?.(fitting(view)) ?? view.name);
}

function show() {
  const views = available();
  const asked = location.hash.replace(/^#\//, "") || forNow.get("view");
  const view = views.find((each) => each.name === asked) ?? views[0];
  open?.close();
  open = null;
  main.replaceChildren();
  if (!view) {
    main.append(h("p", { class: "lead" }, say("no_models")));
    return;
  }
  const link = (each) => h("a", { href: `#/${each.name}`, "aria-current": each === view ? "page" : null }, titleOf(each));
  nav.replaceChildren(h("ul", {}, views.map((each) => h("li", {}, link(each)))));
  nav.querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
  document.title = `${titleOf(view)} · Seqloom`;
  forNow.set("view", view.name);
  open = view.open(main, fitting(view));
}

function dress() {
  const theme = forGood.get("theme", "");
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  nav.setAttribute("aria-label", say("views"));
  const named = say(`theme_${theme || "auto"}`);
  const next = button(named, () => {
    forGood.set("theme", THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] || null);
    dress();
    document.getElementById("theme").focus();
  }, { id: "theme", class: "plain", "aria-label": `${say("theme")}: ${named}` });
  document.getElementById("theme").replaceWith(next);
}

document.getElementById("language").addEventListener("click", () => {
  speak(language() === "zh" ? "en" : "zh");
  dress();
  show();
});
addEventListener("hashchange", () => location.hash.startsWith("#/") && (show(), main.focus()));

async function begin() {
  const status = new Status();
  main.replaceChildren(h("p", { class: "lead", role: "status" }, say("loading")), status.node);
  try {
    there = await allModels({ busy: status.busy });
    show();
  } catch (error) {
    main.replaceChildren(status.node);
    status.wrong(error, begin);
  }
}

speak(language());
dress();
begin();
