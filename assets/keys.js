// Keys: "/" to search, "?" for help, "g" and a letter to go to a page.
const CHORD_MS = 1200;
let chordStarted = 0;

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });
}

// The editor's shadow root shows its host as the target: the path tells the true one.
function isTyping(event) {
  return (
    event.composedPath()[0].closest?.("input, textarea, select, [contenteditable=true]") != null
  );
}

function act(key) {
  const inChord = Date.now() - chordStarted < CHORD_MS;
  chordStarted = key === "g" && !inChord ? Date.now() : 0;
  if (inChord) return go(key);
  if (key === "/") return focusSearch();
  if (key === "?") return showHelp();
  return false;
}

function go(key) {
  const link = document.querySelector(`a[data-key="${CSS.escape(key)}"]`);
  if (link) location.assign(link.href);
  return link !== null;
}

function focusSearch() {
  const search = document.querySelector("[data-search], input[type=search]");
  search?.focus();
  search?.select?.();
  return search !== null;
}

function showHelp() {
  document.getElementById("keys")?.showModal();
  return true;
}
