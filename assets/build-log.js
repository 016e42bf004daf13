// Follows a build: lines come by a stream of events from where the page ends. Where the stream breaks, the page
// asks every two seconds until it is there again.
import { toEnds } from "./logs.js";

const POLL_MS = 2000;
const MOST_LINES = 4000;
let source = null;
let timer = null;
let followed = "";
let last = 0; // the byte after the last line that came by the stream

export function startBuildLog() {
  document.addEventListener("htmx:after:swap", follow);
  document.addEventListener("visibilitychange", follow);
  follow();
}

const region = () => document.querySelector("[data-build-stream]");

// A page that is hidden takes no lines: it goes on from its last line when it is looked at.
function follow() {
  if (!region() || document.hidden) return stop();
  if (!source) open();
}

function stop() {
  source?.close();
  source = null;
  clearInterval(timer);
  timer = null;
}

function open() {
  const stream = new URL(region().dataset.buildStream, location.href);
  if (stream.pathname !== followed) last = 0;
  followed = stream.pathname;
  stream.searchParams.set("from", Math.max(last, Number(stream.searchParams.get("from"))));
  source = new EventSource(stream);
  source.addEventListener("lines", (event) => {
    last = Number(event.lastEventId);
    append(JSON.parse(event.data).lines);
  });
  source.addEventListener("state", ask);
  source.addEventListener("over", () => {
    stop();
    ask();
  });
  source.addEventListener("open", () => {
    clearInterval(timer);
    timer = null;
  });
  source.addEventListener("error", () => {
    timer ??= setInterval(retry, POLL_MS);
  });
}

function retry() {
  ask();
  if (source?.readyState !== EventSource.CLOSED) return; // the browser tries itself
  source = null;
  if (region()) open();
}

function ask() {
  const place = region();
  if (place) htmx.trigger(place, "build:ask");
}

// Lines are text: nothing of them is markup. Those that a swap brought meanwhile are here already.
function append(lines) {
  const pane = document.getElementById("build-log-lines");
  if (!pane) return;
  let number = Number(pane.lastElementChild?.dataset.number ?? 0);
  const added = document.createDocumentFragment();
  for (const [count, text] of lines) {
    if (count <= number) continue;
    number = count;
    const line = document.createElement("span");
    line.dataset.number = count;
    line.textContent = text;
    added.append(line);
  }
  if (!pane.lastElementChild) pane.textContent = "";
  pane.classList.add("is-numbered");
  pane.append(added);
  while (pane.childElementCount > MOST_LINES) pane.firstElementChild.remove();
  toEnds();
}
