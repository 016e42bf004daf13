// A form that is being sent: its buttons rest, the one that was pressed says what it does.
import { doing } from "./verbs.js";
import { beginProgress } from "./progress.js";

// The few answers that are no page (a download) let nobody know that they have come.
const GIVE_UP_MS = 8000;
const SLOW_MS = 300;
const busy = new Map();

export function startBusy() {
  // A form that the browser sends itself: after it has read the form, which leaves disabled buttons out.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.getAttribute("method") === "dialog") return;
    const { target: form, submitter } = event;
    setTimeout(() => {
      const end = beginBusy(form, submitter);
      if (form.getAttribute("method") !== "post") setTimeout(end, GIVE_UP_MS);
    });
  });
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => onRequest(ctx));
  // The page may be shown again as it was left.
  addEventListener("pageshow", ({ persisted }) => persisted && [...busy.values()].forEach((end) => end()));
}

// Returns what ends it.
export function beginBusy(form, submitter) {
  busy.get(form)?.();
  const pressed = submitter ?? form.querySelector("button:not([type=button]), input[type=submit]");
  const endings = [beginProgress(), rest(form, pressed), pressed && say(pressed)];
  const end = () => {
    if (busy.get(form) !== end) return;
    busy.delete(form);
    endings.forEach((ending) => ending?.());
  };
  busy.set(form, end);
  return end;
}

function rest(form, pressed) {
  const focused = document.activeElement;
  const buttons = [...form.elements].filter((one) => one.type === "submit" && !one.disabled);
  for (const one of buttons) one.disabled = true;
  form.setAttribute("aria-busy", "true");
  return () => {
    for (const one of buttons) one.disabled = false;
    form.removeAttribute("aria-busy");
    // Browsers take the focus from what is disabled.
    if (focused === pressed && document.activeElement === document.body) pressed?.focus();
  };
}

function say(button) {
  const shown = [...button.childNodes];
  const label = button.dataset.label ?? visibleText(button);
  button.style.minWidth = `${button.offsetWidth}px`;
  const spinner = document.createElement("span");
  spinner.className = "spinner-border spinner-border-sm";
  spinner.setAttribute("aria-hidden", "true");
  const words = button.dataset.busy ?? doing(label);
  button.replaceChildren(spinner, ...(label ? [document.createTextNode(words)] : []));
  button.classList.add("is-busy");
  return () => {
    button.style.minWidth = "";
    button.classList.remove("is-busy");
    // A newer answer may have drawn the button again.
    if (spinner.parentNode === button) button.replaceChildren(...shown);
  };
}

export function visibleText(button) {
  const own = button.cloneNode(true);
  own.querySelectorAll(".visually-hidden, svg").forEach((hidden) => hidden.remove());
  return own.textContent.trim();
}

// htmx keeps its own requests apart (hx-sync); only what takes long shows that it does.
function onRequest(ctx) {
  const { sourceElement, sourceEvent } = ctx;
  if (sourceEvent?.type === "every" || sourceEvent?.type === "load") return;
  const endProgress = beginProgress();
  const region = ctx.target instanceof Element ? ctx.target : null;
  const slow = setTimeout(() => {
    region?.setAttribute("aria-busy", "true");
    if (sourceElement.matches("button")) sourceElement.classList.add("is-waiting");
  }, SLOW_MS);
  const end = (event) => {
    if (event.detail.ctx !== ctx) return;
    document.removeEventListener("htmx:finally:request", end);
    clearTimeout(slow);
    endProgress();
    (region?.isConnected ? region : document.getElementById(region?.id))?.removeAttribute("aria-busy");
    sourceElement.classList.remove("is-waiting");
  };
  document.addEventListener("htmx:finally:request", end);
}
