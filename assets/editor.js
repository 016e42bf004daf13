// Turns <textarea data-editor="yaml"> into an editor with line numbers and problem markers.
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting }
  from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers }
  from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "code-key" },
  { tag: tags.string, class: "code-string" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], class: "code-number" },
  { tag: tags.comment, class: "code-comment" },
  { tag: tags.meta, class: "code-meta" },
]);

export function attach(root) {
  for (const area of root.querySelectorAll("textarea[data-editor]:not([data-editing])")) edit(area);
  for (const area of root.querySelectorAll("textarea[data-editing]")) showProblems(area);
}

const views = new WeakMap();

function edit(area) {
  const view = new EditorView({ state: EditorState.create({ doc: area.value, extensions: extensions(area) }) });
  view.contentDOM.setAttribute("aria-label", area.getAttribute("aria-label") || labelOf(area) || "YAML");
  if (area.getAttribute("aria-describedby")) {
    view.contentDOM.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
  }
  area.after(view.dom);
  area.hidden = true;
  area.dataset.editing = "";
  views.set(area, view);
  // Other scripts write to the textarea and say so (the form view, "restore this version").
  area.addEventListener("mobula:set", () => replaceText(view, area.value));
}

function extensions(area) {
  return [
    lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    autocompletion(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), lintGutter(),
    yaml(), syntaxHighlighting(colours), indentUnit.of("  "), EditorView.lineWrapping,
    EditorState.readOnly.of(area.readOnly),
    // Tab stays with the browser: a keyboard user can leave the editor.
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      area.value = update.state.doc.toString();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }),
  ];
}

function labelOf(area) {
  return area.labels?.[0]?.textContent.trim();
}

function replaceText(view, text) {
  if (text === view.state.doc.toString()) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

// Problems are JSON beside the textarea: [{line, column, severity, message, hint}], lines from 1.
function showProblems(area) {
  const view = views.get(area);
  const source = document.getElementById(area.dataset.problems);
  if (!view || !source) return;
  const marks = JSON.parse(source.textContent || "[]").map((problem) => asDiagnostic(view.state.doc, problem));
  view.dispatch(setDiagnostics(view.state, marks));
}

function asDiagnostic(doc, problem) {
  const line = doc.line(Math.min(Math.max(problem.line || 1, 1), doc.lines));
  const from = Math.min(line.from + Math.max((problem.column || 1) - 1, 0), line.to);
  const severity = problem.severity === "error" ? "error" : "warning";
  const message = [problem.message, problem.hint].filter(Boolean).join(" ");
  return { from, to: line.to, severity, message };
}
