// "Find a setting" above the editor: hides what does not match, opens the folds of what does.
const UNITS = ".field";
const WHOLE = "section, details, .group-row, .entry-row";
const MISS = "find-miss";
let opened = []; // ids of the folds that the search opened, to be closed again

export function startFindSetting() {
  const box = document.querySelector("[data-find-setting]");
  const input = box?.querySelector("input");
  if (!input) return;
  box.hidden = false;
  input.addEventListener("input", () => find(input));
  input.addEventListener("keydown", (event) => act(event, input));
  // An answer draws the form anew.
  document.addEventListener("htmx:after:swap", () => input.value.trim() && find(input));
  // A link to a field leads there, whatever is hidden.
  document.addEventListener(
    "click",
    (event) => {
      if (event.target.closest?.("a[data-show-view], .section-nav a, .editor-bar a")) clear(input);
    },
    true,
  );
}

function act(event, input) {
  if (event.key === "Escape") {
    event.preventDefault();
    if (input.value) clear(input);
    else input.blur();
  } else if (["Enter", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const unit = document.querySelector(`#editor-form ${UNITS}.find-hit`);
    unit?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }
}

function clear(input) {
  if (!input.value) return;
  input.value = "";
  find(input);
}

function find(input) {
  const form = document.getElementById("editor-form");
  const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length && form.offsetParent === null) document.getElementById("view-form")?.click();
  reset(form, words.length > 0);
  const hits = words.length ? filter(form, words) : [];
  mark(hits, words);
  say(form, hits.length, words.length > 0);
}

function reset(form, keepOpen) {
  for (const element of form.querySelectorAll(`.${MISS}, .find-hit`)) element.classList.remove(MISS, "find-hit");
  if (keepOpen) return;
  for (const id of opened) document.getElementById(id)?.removeAttribute("open");
  opened = [];
}

function filter(form, words) {
  const units = [...form.querySelectorAll(UNITS)];
  const hits = units.filter((unit) => matches(unit, words));
  for (const unit of units) unit.classList.toggle(MISS, !hits.includes(unit));
  for (const hit of hits) hit.classList.add("find-hit");
  for (const part of form.querySelectorAll(WHOLE)) {
    const has = part.querySelector(`${UNITS}.find-hit`) !== null;
    part.classList.toggle(MISS, !has);
    if (has && part.matches("details:not([open])")) unfold(part);
  }
  for (const link of form.querySelectorAll(".section-nav a")) {
    link.classList.toggle(MISS, document.querySelector(link.hash)?.classList.contains(MISS) ?? false);
  }
  return hits;
}

function unfold(fold) {
  fold.open = true;
  if (fold.id) opened.push(fold.id);
}

// All words, in the label, the key, the help, or the titles of what the field stands in.
function matches(unit, words) {
  const text = textOf(unit);
  if (!words.some((word) => text.includes(word))) return isTitled(unit, words);
  const around = `${text} ${titlesOf(unit)}`;
  return words.every((word) => around.includes(word));
}

function isTitled(unit, words) {
  const titles = titlesOf(unit);
  return words.every((word) => titles.includes(word));
}

function textOf(unit) {
  const words = [...unit.querySelectorAll(".form-label, .form-check-label, .form-hint")];
  const keys = [...unit.querySelectorAll("[name]")].map((control) => control.name.replace(/^.*-/, ""));
  const plain = keys.map((key) => key.replaceAll("_", " "));
  return [...words.map((element) => element.textContent), ...keys, ...plain].join(" ").toLowerCase();
}

function titlesOf(unit) {
  const fold = unit.closest(".settings-group")?.querySelector("summary strong");
  const title = unit.closest("section")?.querySelector(".card-title");
  return `${title?.textContent ?? ""} ${fold?.textContent ?? ""}`.toLowerCase();
}

// Painted by the browser over the text: the page itself stays as the server sent it.
function mark(hits, words) {
  if (!globalThis.CSS?.highlights) return;
  CSS.highlights.delete("find-setting");
  if (!words.length) return;
  const ranges = hits.flatMap((hit) =>
    [...hit.querySelectorAll(".form-label, .form-check-label, .form-hint")].flatMap((element) => rangesIn(element, words)),
  );
  CSS.highlights.set("find-setting", new Highlight(...ranges));
}

function rangesIn(element, words) {
  const found = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.toLowerCase();
    for (const word of words) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, Math.min(at + word.length, node.length));
        found.push(range);
      }
    }
  }
  return found;
}

function say(form, count, isOn) {
  const folded = form.querySelectorAll(".group-ask").length;
  const words = count ? `${count} setting${count === 1 ? "" : "s"}` : "No matching settings";
  const rest = folded ? `. Not searched: "More settings" of ${folded} groups` : "";
  document.getElementById("find-setting-count").textContent = isOn ? `${words}${rest}` : "";
}
