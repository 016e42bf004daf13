// Ages ("3 s ago"), countdowns and data stamps that move on between two answers of the server.
const STEPS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

export function startClocks() {
  setInterval(() => document.querySelectorAll("time[data-clock]").forEach(tick), 1000);
}

function tick(clock) {
  const seconds = Math.round((Date.now() - Date.parse(clock.dateTime)) / 1000);
  const text = TEXTS[clock.dataset.clock](seconds);
  if (clock.textContent !== text) clock.textContent = text;
  const stamp = clock.closest(".stamp");
  stamp?.classList.toggle("stamp-late", seconds > Number(stamp.dataset.lateAfter || 60));
}

const TEXTS = {
  ago,
  until: (seconds) => until(-seconds),
  for: (seconds) => words(Math.max(seconds, 1)),
};

function ago(seconds) {
  return seconds < 1 ? "just now" : `${words(seconds)} ago`;
}

function until(seconds) {
  return seconds < 1 ? "now" : `in ${words(seconds)}`;
}

// As domain/wording.py says it: the largest unit, and the next one below ten.
export function words(seconds) {
  const index = STEPS.findIndex(([size]) => seconds >= size);
  const [size, unit] = STEPS[index];
  const whole = Math.floor(seconds / size);
  const next = STEPS[index + 1];
  const rest = next && whole < 10 ? Math.floor((seconds % size) / next[0]) : 0;
  return rest ? `${whole} ${unit} ${rest} ${next[1]}` : `${whole} ${unit}`;
}
