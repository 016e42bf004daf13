// The page that answers a form, in place of the page with the form; and the way to its first error.
import { showStatus } from "./status-bar.js";

const PROBLEMS = ".field-errors > li, .problem-list > .tone-bad, .notice.tone-bad[role=alert]";
const FIRST = ".is-invalid, [aria-invalid=true], .field-errors, .problem-list .tone-bad a";

// Whether the answer is a page of the console: one with forms or news, not an error's page.
export async function showPage(form, response, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const isPage = response.ok || page.querySelector("#content form[method=post]") !== null;
  if (!isPage) return false;
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  const again = response.status === 422 ? counterpart(page, form) : null;
  if (again) await htmx.swap({ text: again.outerHTML, target: form, sourceElement: form, swap: "outerMorph" });
  else await replacePage(page, response);
  return true;
}

// The same form in the answer: nothing else of the page needs to change, or may move.
function counterpart(page, form) {
  const action = form.getAttribute("action");
  const same = (root) =>
    [...root.querySelectorAll("form[method=post]")].filter((other) => other.getAttribute("action") === action);
  return same(page)[same(document).indexOf(form)] ?? null;
}

async function replacePage(page, response) {
  const headers = page.body.getAttribute("hx-headers:inherited");
  if (headers) document.body.setAttribute("hx-headers:inherited", headers);
  document.title = page.title;
  if (response.url !== location.href) goTo(response.url);
  const target = document.body;
  await htmx.swap({ text: page.body.innerHTML, target, sourceElement: target, swap: "innerHTML" });
  scrollTo(0, 0);
}

// As htmx notes pages: going back loads the page anew.
function goTo(address) {
  if (!history.state) history.replaceState({ htmx: true }, "", location.href);
  history.pushState({ htmx: true }, "", address);
}

export function showRefusal(form, notDone) {
  const scope = form.isConnected ? form : document.getElementById("content");
  const count = scope.querySelectorAll(PROBLEMS).length;
  const problems = count === 1 ? "1 problem" : `${count} problems`;
  const actions = count ? [{ label: "Show first", run: () => goToFirst(scope) }] : [];
  showStatus("form", { text: count ? `${notDone}: ${problems}.` : `${notDone}.`, tone: "bad", actions });
  goToFirst(scope);
}

function goToFirst(scope) {
  const invalid = scope.querySelector(FIRST);
  if (!invalid) return;
  if (invalid.matches("a[data-show-view]")) return invalid.click();
  for (let fold = invalid.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  // It may be in a view that is not shown.
  if (invalid.offsetParent === null && invalid.closest("#editor-form")) document.getElementById("view-form")?.click();
  invalid.scrollIntoView({ block: "center" });
  invalid.focus({ preventScroll: true });
}
