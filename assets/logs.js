// Log panes follow the newest line until the reader scrolls up, and again once they return to the end.
// One without the button gets no more lines: it starts at its end.
const NEAR_END = 24;
const started = new WeakSet();

export function startLogs() {
  document.addEventListener("scroll", onScroll, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-log-follow]");
    if (button)
      setFollowing(button.closest(".log"), button.getAttribute("aria-pressed") !== "true");
  });
  document.addEventListener("htmx:after:swap", toEnds);
  toEnds();
  // Lines grow when their own typeface arrives.
  document.fonts.ready.then(toEnds);
}

function onScroll(event) {
  const lines = event.target;
  if (!lines.matches?.(".log-lines")) return;
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR_END;
  const log = lines.closest(".log");
  if (log.querySelector("[data-log-follow]")) setFollowing(log, atEnd, { move: false });
}

// Kept on the pane, which swaps of its lines leave alone.
function setFollowing(log, following, { move = true } = {}) {
  log.querySelector("[data-log-follow]").setAttribute("aria-pressed", String(following));
  log.querySelector("[data-log-word]").textContent = following ? "Following" : "Paused";
  if (following && move) toEnd(log);
}

export function toEnds() {
  document.querySelectorAll(".log").forEach((log) => {
    const button = log.querySelector("[data-log-follow]");
    if (button ? button.getAttribute("aria-pressed") === "true" : !started.has(log)) toEnd(log);
    started.add(log);
  });
}

function toEnd(log) {
  const lines = log.querySelector(".log-lines");
  lines.scrollTop = lines.scrollHeight;
}
