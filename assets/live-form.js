// Forms marked data-live-form are checked while they are edited; the answer is the truth about them.
// It has only the parts that changed: each .part carries a stamp of what it shows, which is posted.
import { anchor } from "./steady.js";

const FOLDS = "details[data-keep-open]";

export function startLiveForms() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-live-form]");
    // What is on its way answers an older state: typing on would be undone by it.
    if (form) htmx.trigger(form, "htmx:abort");
  });
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    const { form, body } = ctx.request;
    if (form?.matches("form[data-live-form]") && body) describe(form, body);
  });
  // What is folded out stays so: the answer knows nothing of it.
  let open = [];
  let restore = () => {};
  document.addEventListener("htmx:before:swap", () => {
    open = [...document.querySelectorAll(`${FOLDS}[open]`)].map((one) => one.id);
    restore = anchor("#editor-form");
  });
  document.addEventListener("htmx:after:swap", (event) => {
    // An answer for a dialog beside the form says nothing about the form, nor does a refusal.
    if (event.target.closest?.("dialog") || event.detail.ctx?.swap === "none") return;
    const isBeside = event.target.closest?.("[data-beside-form]");
    if (!isBeside) document.querySelectorAll("form[data-live-form]").forEach(settle);
    for (const one of document.querySelectorAll(FOLDS)) one.open ||= open.includes(one.id);
    restore();
  });
  document.addEventListener("click", (event) => {
    const undo = event.target.closest("[data-undo]");
    if (undo) document.getElementById(undo.dataset.undo).dispatchEvent(new CustomEvent("mobula:undo"));
    const link = event.target.closest("a[data-show-view]");
    if (!link) return;
    event.preventDefault();
    reveal(link);
  });
  // A page that came back with errors shows them all; while somebody types, folds stay as they are.
  for (const one of document.querySelectorAll(FOLDS)) one.open ||= Boolean(one.querySelector(".is-invalid"));
}

// Says which parts the page has, and leaves out a text that both views share.
function describe(form, body) {
  if ("whole" in form.dataset) {
    delete form.dataset.whole;
    return;
  }
  const parts = [...form.querySelectorAll(".part[data-stamp]")].filter(isClean);
  const stamps = parts.map((part) => [part.id.replace(/^part-/, ""), part.dataset.stamp]);
  body.set("stamps", JSON.stringify(Object.fromEntries(stamps)));
  if (body.get("text") === body.get("shown")) body.delete("text");
}

// Whether all in the part is as the server drew it; what was typed or chosen has to be drawn again.
function isClean(part) {
  return [...part.querySelectorAll("input, select, textarea")].every((control) => {
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked === control.defaultChecked;
    if (control.matches("select")) return chosenOf(control) < 0 || control.selectedIndex === chosenOf(control);
    return control.value === control.defaultValue;
  });
}

// What somebody typed or chose outweighs the answer's attributes, so they are taken over here.
function settle(form) {
  for (const control of form.elements) {
    if (control.matches("[type=checkbox], [type=radio]")) control.checked = control.defaultChecked;
    else if (control.matches("select")) choose(control);
    else if (control.matches("input, textarea:not([data-editor])") && control.value !== control.defaultValue) {
      control.value = control.defaultValue;
    }
  }
  takeTexts(form);
  arrange();
}

function choose(select) {
  const chosen = chosenOf(select);
  if (chosen >= 0 && select.selectedIndex !== chosen) select.selectedIndex = chosen;
}

function chosenOf(select) {
  return [...select.options].findIndex((option) => option.defaultSelected);
}

// The texts of both views come as what was put in place of what: [from, to, insert, length before].
function takeTexts(form) {
  const script = document.getElementById("editor-texts");
  if (!script) return;
  script.id = ""; // each is taken over once
  const { text, shown } = JSON.parse(script.textContent);
  const { text: area, shown: hidden } = form.elements;
  const texts = [spliced(area.value, text), spliced(hidden.value, shown)];
  if (texts.includes(null)) {
    form.dataset.whole = ""; // it is not what the answer speaks of
    area.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  hidden.defaultValue = hidden.value = texts[1];
  if (area.value === texts[0]) return;
  area.value = texts[0];
  area.dispatchEvent(new CustomEvent("mobula:set"));
}

function spliced(old, change) {
  if (!change) return old;
  const [from, to, insert, length] = change;
  return old.length === length ? old.slice(0, from) + insert + old.slice(to) : null;
}

// Rows of groups stand in the order in which they are posted; new ones come last in an answer.
function arrange() {
  const list = document.getElementById("group-rows");
  let last = document.getElementById("part-order");
  for (const { value } of list?.querySelectorAll("#part-order [name=rows]") ?? []) {
    const row = document.getElementById(`part-${value}`);
    if (row && last.nextElementSibling !== row) move(list, row, last.nextElementSibling);
    last = row ?? last;
  }
}

function move(list, row, before) {
  if (list.moveBefore) list.moveBefore(row, before);
  else list.insertBefore(row, before);
}

// A link to a field or to a line of the YAML: shows the view it is in, if it is hidden.
function reveal(link) {
  const target = document.querySelector(link.hash);
  if (!target) return;
  if (target.offsetParent === null) document.getElementById(`view-${link.dataset.showView}`)?.click();
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.scrollIntoView({ block: "nearest" });
  const detail = Number(link.dataset.goToLine);
  if (!detail) return target.focus();
  target.querySelector("textarea").dispatchEvent(new CustomEvent("mobula:line", { detail }));
}
