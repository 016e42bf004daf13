// Which forms hold edits that were not saved. Those marked data-guard ask before they are lost, and so
// does every form that could not be saved.
const edited = new Set();
const unsaved = new Set();

export function guardUnsaved() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-guard], form[method=post]");
    if (form) edited.add(form);
  });
  document.addEventListener("submit", (event) => markSaved(event.target));
  addEventListener("beforeunload", (event) => {
    const guarded = [...edited].some((form) => form.isConnected && form.hasAttribute("data-guard"));
    if (guarded || [...unsaved].some((form) => form.isConnected)) event.preventDefault();
  });
}

export function hasEdits(form) {
  if (form) return edited.has(form) || unsaved.has(form);
  return [...edited, ...unsaved].some((one) => one.isConnected);
}

export function markUnsaved(form) {
  edited.add(form);
  unsaved.add(form);
}

export function markSaved(form) {
  edited.delete(form);
  unsaved.delete(form);
}
