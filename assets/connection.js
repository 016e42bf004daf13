// Whether the server answers. While it does not, the bar says so, and a small request asks now and then.
import { isAborted } from "./aborts.js";
import { clearStatus, showStatus } from "./status-bar.js";
import { renewToken } from "./token.js";
import { hasEdits } from "./unsaved.js";

const AWAY = "Connection to Mobula lost. The page may be out of date. Retrying.";
const SIGNED_OUT = "You are signed out. Sign in again in another tab, then continue here.";
export const SIGN_IN = "/accounts/sign-in/";
export const SERVER_IS_AWAY = [502, 503, 504];
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 15000;
let away = false;
let failed = null;
let renewed = null;

export function startConnection() {
  document.addEventListener("htmx:before:response", onResponse);
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    // Without a text nothing arrived; with one the error is the page's own, not the connection's.
    if (ctx && ctx.text === undefined && !isAborted(ctx)) serverIsAway();
  });
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => onRefusal(ctx));
  addEventListener("offline", serverIsAway);
  addEventListener("online", () => away && probe());
}

export function serverIsAway() {
  if (away) return;
  away = true;
  showStatus("connection", { text: AWAY });
  setTimeout(probe, FIRST_WAIT_MS, FIRST_WAIT_MS);
}

export function serverAnswers() {
  if (!away) return;
  away = false;
  clearStatus("connection");
  document.dispatchEvent(new CustomEvent("mobula:back"));
  // What was typed meanwhile is checked now.
  for (const form of document.querySelectorAll("form[data-live-form]")) {
    if (hasEdits(form)) htmx.trigger(form, "input");
  }
}

async function probe(wait = FIRST_WAIT_MS) {
  if (!away) return;
  try {
    const answer = await fetch("/healthz/", { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!SERVER_IS_AWAY.includes(answer.status)) return serverAnswers();
  } catch {
    // Still away.
  }
  const next = Math.min(wait * 1.5, LONGEST_WAIT_MS);
  setTimeout(probe, next, next);
}

function onResponse(event) {
  const { ctx } = event.detail;
  if (isAborted(ctx)) return;
  const { status } = ctx.response;
  if (SERVER_IS_AWAY.includes(status)) return serverIsAway();
  serverAnswers();
  if (status < 400 && (failed === ctx.sourceElement || !failed?.isConnected)) clearStatus("request");
  if (status < 400) clearStatus("session");
  if (status < 400 && renewed === ctx.sourceElement) renewed = null;
  // The way to the sign-in page would lose what is typed here.
  if (status !== 401 || !hasEdits()) return;
  event.preventDefault();
  showStatus("session", { text: SIGNED_OUT, actions: [signInAction()] });
}

export function signInAction() {
  return { label: "Sign in", href: `${SIGN_IN}?next=${encodeURIComponent(location.pathname)}` };
}

async function onRefusal({ response: { status }, sourceElement }) {
  if (status === 401 || status === 422 || SERVER_IS_AWAY.includes(status)) return;
  const form = sourceElement?.closest("form[data-live-form]");
  // With a new token it is asked once more; refused again, it was not the token.
  if (status === 403 && form && renewed !== sourceElement) {
    renewed = sourceElement;
    if (await renewToken(form)) return htmx.trigger(form, "input");
  }
  failed = sourceElement;
  const text = `The request failed (HTTP ${status}). Reload the page and try again.`;
  showStatus("request", { text, tone: "bad" });
}
