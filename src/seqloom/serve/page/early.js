// Runs before anything is drawn, so that a page that was set dark or Chinese never flashes light or English.
try {
  const kept = (name) => JSON.parse(localStorage.getItem(`seqloom.${name}`));
  if (kept("theme")) document.documentElement.dataset.theme = kept("theme");
  const language = kept("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
} catch {
  // Storage is forbidden here: the page works, and remembers nothing.
}
