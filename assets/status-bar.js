// One bar above the page for what concerns all of it: the connection, and a form that could not be saved.
// It is part of the page's flow, so it covers nothing; of several messages the most important shows.
const ORDER = ["form", "session", "connection", "request"];
const messages = new Map();
let height;

export function startStatusBar() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#status-bar button");
    if (!button) return;
    const message = messages.get(button.closest("[data-kind]").dataset.kind);
    if (button.matches("[data-status-close]")) (message.onClose ?? clearStatus)(message.kind);
    else message.actions.find(({ label }) => label === button.textContent)?.run();
  });
  // A page that replaced this one brings an empty bar along.
  document.addEventListener("htmx:after:swap", () => {
    if (messages.size && !document.querySelector("#status-bar [data-kind]")) draw();
  });
}

// actions: [{label, run}] or [{label, href}]; note: what changes often and is not read out each time.
export function showStatus(kind, { text, note = "", tone = "warn", actions = [], onClose }) {
  const shown = messages.get(kind);
  messages.set(kind, { kind, text, note, tone, actions, onClose });
  const isSame = shown?.text === text && shown.actions.length === actions.length;
  if (!isSame || !tick(kind, note)) draw();
}

export function clearStatus(kind) {
  if (messages.delete(kind)) draw();
}

function tick(kind, note) {
  const target = document.querySelector(`#status-bar [data-kind="${kind}"] [data-status-note]`);
  if (target) target.textContent = note;
  return target !== null;
}

function draw() {
  const bar = document.getElementById("status-bar");
  const pattern = document.getElementById("status-pattern");
  if (!bar || !pattern) return;
  const kind = ORDER.find((one) => messages.has(one));
  bar.replaceChildren(...(kind ? [line(pattern, messages.get(kind))] : []));
  measure(bar);
}

function line(pattern, { kind, text, note, tone, actions }) {
  const row = pattern.content.firstElementChild.cloneNode(true);
  row.dataset.kind = kind;
  row.classList.add(`tone-${tone}`);
  row.querySelector("[data-status-text]").textContent = text;
  row.querySelector("[data-status-note]").textContent = note;
  row.querySelector("[data-status-actions]").append(...actions.map(button));
  return row;
}

function button({ label, href }) {
  const element = document.createElement(href ? "a" : "button");
  element.className = "btn btn-sm";
  element.textContent = label;
  if (href) Object.assign(element, { href, target: "_blank", rel: "noopener" });
  else element.type = "button";
  return element;
}

// What sticks to the top of the window sticks below the bar.
function measure(bar) {
  height ??= new ResizeObserver(([entry]) => {
    const pixels = entry.target.isConnected ? entry.target.offsetHeight : 0;
    document.documentElement.style.setProperty("--bar-height", `${pixels}px`);
  });
  height.disconnect();
  height.observe(bar);
}
