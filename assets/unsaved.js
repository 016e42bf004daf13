// Forms marked data-guard ask before their edits are lost.
const edited = new Set();

export function guardUnsaved() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-guard]");
    if (form) edited.add(form);
  });
  document.addEventListener("submit", (event) => edited.delete(event.target));
  addEventListener("beforeunload", (event) => {
    if ([...edited].some((form) => form.isConnected)) event.preventDefault();
  });
}
