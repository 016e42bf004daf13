// Copies of what was typed into forms that could not be saved: in this browser, per user, page and form.
// A copy goes when its form is saved, when it is discarded, at the sign-out, and after two weeks.
import { words } from "./clocks.js";

const PREFIX = "mobula:kept:";
const LONGEST_MS = 14 * 24 * 3600 * 1000;
const NEVER_KEPT = "[type=password], [type=file], [name=csrfmiddlewaretoken], [data-secret]";
const TYPED = `textarea, input:not([type=hidden], [type=password], [type=file], [type=submit], [type=checkbox],
  [type=radio])`;

// Whether there is anything in the form that would be typed again.
export function isTyped(form) {
  return [...form.elements].some((one) => one.matches(TYPED) && !one.disabled);
}

export function keep(form) {
  if (!isTyped(form)) return false;
  const values = [...form.elements].filter((one) => one.name && !one.matches(NEVER_KEPT)).flatMap(pairs);
  try {
    localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values }));
    return true;
  } catch {
    return false; // the browser's storage is full or forbidden: the page itself still has it
  }
}

export function forget(form) {
  localStorage.removeItem(keyOf(form));
}

// Offers what was kept of the page's forms.
export function startKept() {
  dropOld();
  document.addEventListener("submit", ({ target }) => {
    if (target.hasAttribute("data-sign-out")) ownKeys().forEach((key) => localStorage.removeItem(key));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-kept-restore], [data-kept-discard]");
    if (button) answer(button);
  });
  for (const form of document.querySelectorAll("form[method=post]")) offer(form);
}

function offer(form) {
  const kept = read(keyOf(form));
  const pattern = document.getElementById("kept-pattern");
  if (!kept || !pattern || !isTyped(form)) return;
  const notice = pattern.content.firstElementChild.cloneNode(true);
  const age = words(Math.max(1, Math.round((Date.now() - kept.at) / 1000)));
  notice.querySelector("p").textContent = `Changes typed here ${age} ago were not saved. They are kept in this browser.`;
  form.before(notice);
}

function answer(button) {
  const notice = button.closest(".notice");
  const form = notice.nextElementSibling;
  const kept = read(keyOf(form));
  notice.remove();
  if (button.matches("[data-kept-discard]")) return forget(form);
  if (kept) restore(form, kept.values);
}

function restore(form, values) {
  const left = [...values];
  for (const control of form.elements) {
    if (!control.name || control.matches(NEVER_KEPT) || ["submit", "button"].includes(control.type)) continue;
    fill(control, left);
  }
  // Fields that this page has not got (yet): the check of a live form draws them.
  if (form.matches("[data-live-form]")) addHidden(form, left.filter(([name]) => !form.elements[name]));
  form.querySelectorAll("textarea[data-editor]").forEach((area) => area.dispatchEvent(new CustomEvent("mobula:set")));
  form.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector(TYPED)?.focus({ preventScroll: true });
}

function fill(control, left) {
  const isChoice = control.matches("[type=checkbox], [type=radio]");
  const at = left.findIndex(([name, value]) => name === control.name && (!isChoice || value === control.value));
  const value = at < 0 ? null : left.splice(at, 1)[0][1];
  if (isChoice) control.checked = value !== null;
  else if (control.multiple) for (const option of control.options) option.selected = false;
  else if (value !== null) control.value = value;
  if (control.multiple && value !== null) select(control, value, left);
}

function select(control, first, left) {
  const values = [first];
  for (let at; (at = left.findIndex(([name]) => name === control.name)) >= 0; ) values.push(left.splice(at, 1)[0][1]);
  for (const option of control.options) option.selected = values.includes(option.value);
}

function addHidden(form, values) {
  const fields = values.map(([name, value]) =>
    Object.assign(document.createElement("input"), { type: "hidden", name, value }),
  );
  form.append(...fields);
  document.addEventListener("htmx:after:swap", () => fields.forEach((field) => field.remove()), { once: true });
}

function pairs(control) {
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked ? [[control.name, control.value]] : [];
  if (control.matches("select")) return [...control.selectedOptions].map(({ value }) => [control.name, value]);
  return ["submit", "button", "reset"].includes(control.type) ? [] : [[control.name, control.value]];
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function keyOf(form) {
  const action = form.getAttribute("action") || location.pathname;
  return `${PREFIX}${document.body.dataset.user ?? ""}:${location.pathname}:${action}`;
}

function ownKeys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${document.body.dataset.user ?? ""}:`));
}

function dropOld() {
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
    if (Date.now() - (read(key)?.at ?? 0) > LONGEST_MS) localStorage.removeItem(key);
  }
}
