// Where the focus goes after a button beside a row: into a new row's first field, or to what takes a
// removed row's place. Rows are .group-row and .entry-row; their buttons are named "do".
const ROWS = ".group-row, .entry-row";
let pending = null;

export function startEditorRows() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("form:is([data-live-form], [data-rows-form]) button[name=do]");
    if (button) pending = noted(button);
  });
  document.addEventListener("input", () => {
    pending = null; // who types on has chosen where to be
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (pending && !event.target.closest?.("dialog")) settle();
  });
}

function noted(button) {
  const [verb] = button.value.split(":");
  const row = button.closest(ROWS);
  const list = listOf(button);
  if (!list) return null;
  const rows = rowsOf(list);
  return { verb, list: list.id, button: button.id, at: rows.indexOf(row), count: rows.length };
}

// The section or the fold whose rows the button is about.
function listOf(element) {
  const row = element.closest(ROWS);
  return (row ? row.parentElement : element).closest("[data-rows], section, details");
}

function rowsOf(list) {
  return [...list.querySelectorAll(ROWS)].filter((row) => listOf(row) === list);
}

function settle() {
  const { verb, list, button, at, count } = pending;
  pending = null;
  const now = document.getElementById(list);
  if (!now) return;
  const rows = rowsOf(now);
  if (["add", "copy"].includes(verb) && rows.length > count) enter(rows[verb === "add" ? rows.length - 1 : at + 1]);
  else if (verb === "remove" && rows.length < count) leave(now, rows, at);
  else if (["up", "down"].includes(verb)) follow(rows[at + (verb === "up" ? -1 : 1)] ?? rows[at], button, verb);
}

// A new row begins with its name, selected: typing replaces it.
function enter(row) {
  const first = row?.querySelector("input:not([type=hidden], [type=checkbox]), select, textarea");
  const field = row?.querySelector("[id$='-name']:not([type=hidden])") ?? first;
  field?.focus();
  field?.select?.();
}

function leave(list, rows, at) {
  const next = rows[Math.min(at, rows.length - 1)];
  const add = list.querySelectorAll("button[name=do][value^=add]");
  (next?.querySelector("button[name=do][value^=remove]") ?? add[add.length - 1])?.focus();
}

// The row has moved, and its button with it; at an end of the list, the other direction is next.
function follow(row, id, verb) {
  const same = document.getElementById(id);
  (row?.contains(same) ? same : row?.querySelector(`button[value^="${verb}:"]`))?.focus();
}
