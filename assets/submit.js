// Sends forms without leaving the page, so that nothing typed is lost while the server is away: a form
// that could not be sent says so, is kept in this browser, and is sent again by itself or by a button.
import { beginBusy, visibleText } from "./busy.js";
import { SERVER_IS_AWAY, SIGN_IN, serverAnswers, serverIsAway, signInAction } from "./connection.js";
import { forget, isTyped, keep } from "./kept.js";
import { showPage, showRefusal } from "./answers.js";
import { clearStatus, showStatus } from "./status-bar.js";
import { renewToken } from "./token.js";
import { markUnsaved } from "./unsaved.js";
import { done } from "./verbs.js";

const PATIENCE_MS = 90000;
const FIRST_WAIT_S = 2;
const LONGEST_WAIT_S = 30;
const TRY_LATER = [408, 425, 429, ...SERVER_IS_AWAY];
// What is being sent, or waits for the server, by its form's address: a form drawn anew is the same one.
const sending = new Set();
let waiting = null;

export function startSubmitting() {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !isOurs(form)) return;
    event.preventDefault();
    if (sending.has(addressOf(form, submitter))) return;
    stopWaiting();
    send({ form, submitter, id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, wait: FIRST_WAIT_S });
  });
  // What is typed while a form waits for the server is kept as well.
  document.addEventListener("input", (event) => {
    if (waiting && event.target.closest?.("form") === waiting.form) keep(waiting.form);
  });
  document.addEventListener("mobula:back", () => waiting?.isAutomatic && again());
}

// Passwords and sign-in stay with the browser, which offers to remember them.
function isOurs(form) {
  return form.getAttribute("method") === "post" && !form.querySelector("[type=password]") && !form.hasAttribute("data-native");
}

function addressOf(form, submitter) {
  return submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href;
}

async function send(attempt) {
  const { form, submitter, id } = attempt;
  const address = addressOf(form, submitter);
  const label = submitter ? visibleText(submitter) : "";
  attempt.label ??= label;
  const body = bodyOf(form, submitter);
  const endBusy = beginBusy(form, submitter?.isConnected ? submitter : null);
  sending.add(address);
  clearStatus("form");
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let response = null;
  let text = "";
  try {
    response = await fetch(address, { method: "POST", body, headers: { "X-Submission": id }, signal });
    text = await response.text();
  } catch {
    response = null;
  }
  sending.delete(address);
  const next = response?.headers.get("Location") ?? (response?.redirected ? response.url : null);
  const isToSignIn = next && new URL(next, location.href).pathname === SIGN_IN;
  if (next && !isToSignIn) return leave(attempt, next);
  endBusy();
  if (!response || TRY_LATER.includes(response.status)) return isAway(attempt, response);
  serverAnswers();
  if (response.status === 401 || isToSignIn) return isSignedOut(attempt);
  if (response.status === 403 && !attempt.hasNewToken && (await renewToken(form))) return send({ ...attempt, hasNewToken: true });
  return isAnswered(attempt, response, text);
}

function bodyOf(form, submitter) {
  const fields = new FormData(form, submitter?.isConnected ? submitter : null);
  return form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
}

// The buttons stay busy until the browser has left the page.
function leave({ form }, next) {
  forget(form);
  serverAnswers();
  const target = new URL(next, location.href);
  const isHere = target.pathname + target.search === location.pathname + location.search;
  location.assign(target);
  // An address with a mark on the same page would only scroll.
  if (isHere && target.hash) location.reload();
}

function isAway(attempt, response) {
  if (!response || SERVER_IS_AWAY.includes(response.status)) serverIsAway();
  const text = response?.status === 429 ? "Mobula is busy" : "Mobula does not answer";
  const seconds = Number(response?.headers.get("Retry-After")) || attempt.wait;
  // A form that would do it twice (data-retry="ask") may have arrived: that is for somebody to decide.
  const isAutomatic = isTyped(attempt.form) && attempt.form.dataset.retry !== "ask";
  waitFor(attempt, text, { seconds, isAutomatic });
}

function isSignedOut(attempt) {
  waitFor(attempt, "You are signed out", { isAutomatic: false, actions: [signInAction()] });
}

async function isAnswered(attempt, response, text) {
  const { form } = attempt;
  if (await showPage(form, response, text)) {
    if (response.status < 400) return forget(form);
    markUnsaved(form);
    return showRefusal(form, notDone(attempt));
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const reason = page.querySelector("main p:not(:has(a, img))")?.textContent.trim() || `HTTP ${response.status}.`;
  waitFor(attempt, reason.replace(/\.$/, ""), { isAutomatic: false });
}

// Sends again after a while, or when asked to.
function waitFor(attempt, reason, { seconds = 0, isAutomatic, actions = [] }) {
  const { form } = attempt;
  const isKept = keep(form);
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  if (isTyped(form)) markUnsaved(form);
  const safe = isKept ? " What you typed is kept in this browser." : "";
  const text = `${notDone(attempt)}: ${reason}.${safe}`;
  stopWaiting();
  waiting = { ...attempt, isAutomatic, wait: Math.min(attempt.wait * 2, LONGEST_WAIT_S) };
  const offers = [...actions, { label: "Try again now", run: again }];
  let left = seconds;
  const show = () => {
    const note = isAutomatic ? `Next try in ${left} s.` : "";
    showStatus("form", { text, note, tone: "bad", actions: offers, onClose: stopWaiting });
  };
  show();
  if (!isAutomatic) return;
  waiting.timer = setInterval(() => {
    left -= 1;
    if (left > 0) show();
    else again();
  }, 1000);
}

function notDone({ label }) {
  return `Not ${done(label)}`;
}

function again() {
  const attempt = waiting;
  stopWaiting();
  if (attempt?.form.isConnected) send(attempt);
}

function stopWaiting() {
  clearInterval(waiting?.timer);
  waiting = null;
  clearStatus("form");
}
