// Turns <textarea data-editor="yaml"> or "dockerfile" into an editor with line numbers and problem markers.
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, isolateHistory, undo } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
import { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const languages = { yaml, dockerfile: () => StreamLanguage.define(dockerFile) };

// In the theme's variables, which reach into the shadow root below.
const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: tags.keyword, color: "var(--code-key)" },
  { tag: tags.variableName, color: "var(--code-number)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--tblr-secondary-color)", fontStyle: "italic" },
  { tag: tags.meta, color: "var(--tblr-secondary-color)" },
]);
const look = EditorView.theme({
  "&": {
    color: "var(--tblr-body-color)",
    background: "var(--tblr-bg-surface)",
    fontSize: "0.8125rem",
    border: "1px solid var(--tblr-border-color)",
    borderRadius: "6px",
    overflow: "hidden",
  },
  "&.cm-focused": { outline: "2px solid var(--tblr-primary)" },
  ".cm-scroller": {
    fontFamily: "var(--tblr-font-monospace)",
    lineHeight: "1.6",
    maxHeight: "70vh",
  },
  ".cm-content, .cm-gutter": { minHeight: "16rem" },
  ".cm-gutters": {
    color: "var(--tblr-secondary-color)",
    background: "var(--tblr-bg-surface-secondary)",
    borderRight: "1px solid var(--tblr-border-color)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { background: "var(--code-line)" },
  ".cm-cursor": { borderLeftColor: "var(--tblr-heading-color)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    {
      background: "var(--code-selection)",
    },
  ".cm-tooltip, .cm-panels": {
    color: "var(--tblr-body-color)",
    background: "var(--tblr-bg-surface)",
    borderColor: "var(--tblr-border-color)",
  },
  ".cm-diagnostic": { fontFamily: "var(--tblr-font-sans-serif)" },
});

export function attach(root) {
  for (const area of root.querySelectorAll("textarea[data-editor]:not([data-editing])")) edit(area);
  for (const area of root.querySelectorAll("textarea[data-editing]")) {
    showText(area);
    showProblems(area);
  }
}

const views = new WeakMap();
const shown = new WeakMap();
// Marks what a script wrote, which is no edit of the user's.
const written = Annotation.define();

// CodeMirror adds <style> elements to a document, which the page's policy forbids; to a shadow root it
// adds constructed style sheets.
function edit(area) {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const state = EditorState.create({ doc: area.value, extensions: extensions(area) });
  const view = new EditorView({ state, parent: root, root });
  host.className = "editor";
  area.after(host);
  area.hidden = true;
  area.dataset.editing = "";
  views.set(area, view);
  // Other scripts write to the textarea and say so (the form view, "restore this version").
  area.addEventListener("mobula:set", () => {
    shown.delete(area);
    replaceText(view, area.value);
  });
  area.addEventListener("mobula:undo", () => undo(view));
  area.addEventListener("mobula:line", (event) => goTo(view, event.detail));
  shown.set(area, document.getElementById(area.dataset.text)?.textContent);
  document.fonts.ready.then(() => view.requestMeasure());
  area.labels?.[0]?.addEventListener("click", () => view.focus());
}

// Names do not reach into a shadow root by id, so their words are copied.
function naming(area) {
  const help = (area.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
  const words = help.map((id) => document.getElementById(id)?.textContent.trim()).filter(Boolean);
  const label = area.getAttribute("aria-label") || area.labels?.[0]?.textContent.trim() || "Text";
  return { "aria-label": label, ...(words.length && { "aria-description": words.join(" ") }) };
}

// Typing over several lines makes browsers merge them with a style attribute, which the page's policy
// forbids: the editor does it instead.
function typeOver(event, view) {
  const { from, to } = view.state.selection.main;
  const isPlain = event.inputType === "insertText" && event.data != null && !event.isComposing;
  if (!isPlain || view.state.doc.lineAt(from).to >= to) return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

function extensions(area) {
  return [
    lineNumbers(),
    foldGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    lintGutter(),
    languages[area.dataset.editor](),
    syntaxHighlighting(colors),
    indentUnit.of("  "),
    EditorView.lineWrapping,
    EditorState.readOnly.of(area.readOnly),
    EditorView.contentAttributes.of(naming(area)),
    look,
    // Tab stays with the browser: a keyboard user can leave the editor.
    keymap.of([
      ...defaultKeymap,
      ...historyKeymap,
      ...searchKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
    ]),
    EditorView.domEventHandlers({ beforeinput: typeOver }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      area.value = update.state.doc.toString();
      if (update.transactions.some((one) => one.annotation(written))) return;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }),
  ];
}

// Only what differs is replaced, so that the cursor and the scrolling stay.
function replaceText(view, text) {
  const now = view.state.doc.toString();
  if (text === now) return;
  let from = 0;
  while (from < Math.min(now.length, text.length) && now[from] === text[from]) from++;
  let same = 0;
  const most = Math.min(now.length, text.length) - from;
  while (same < most && now[now.length - 1 - same] === text[text.length - 1 - same]) same++;
  const changes = { from, to: now.length - same, insert: text.slice(from, text.length - same) };
  view.dispatch({ changes, annotations: [written.of(true), isolateHistory.of("full")] });
}

// A text that the server wrote is JSON beside the textarea; each is taken over once.
function showText(area) {
  const view = views.get(area);
  const json = document.getElementById(area.dataset.text)?.textContent;
  if (!json) shown.delete(area);
  if (!view || !json || shown.get(area) === json) return;
  shown.set(area, json);
  replaceText(view, JSON.parse(json));
}

function goTo(view, number) {
  const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from }, scrollIntoView: true });
  view.focus();
}

// Problems are JSON beside the textarea: [{line, column, severity, message, hint}], lines from 1.
function showProblems(area) {
  const view = views.get(area);
  const source = document.getElementById(area.dataset.problems);
  if (!view || !source) return;
  const marks = JSON.parse(source.textContent || "[]").map((problem) =>
    asDiagnostic(view.state.doc, problem),
  );
  view.dispatch(setDiagnostics(view.state, marks));
}

function asDiagnostic(doc, problem) {
  const line = doc.line(Math.min(Math.max(problem.line || 1, 1), doc.lines));
  const from = Math.min(line.from + Math.max((problem.column || 1) - 1, 0), line.to);
  const severity = { error: "error", hint: "info" }[problem.severity] ?? "warning";
  const message = [problem.message, problem.hint].filter(Boolean).join(" ");
  return { from, to: line.to, severity, message };
}
