// Dialogs are <dialog>; a button with data-dialog-open="id" opens one. Also: copying.
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
    if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
    // A click beside the panel lands on the dialog itself.
    if (event.target.matches("dialog.confirm")) event.target.close();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
  });
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  await putOnClipboard(source);
  const label = button.getAttribute("aria-label");
  button.classList.add("is-done");
  button.setAttribute("aria-label", "Copied");
  setTimeout(() => {
    button.classList.remove("is-done");
    button.setAttribute("aria-label", label);
  }, 1500);
}

async function putOnClipboard(source) {
  if (navigator.clipboard) return navigator.clipboard.writeText(source.textContent);
  // Browsers offer no clipboard on plain HTTP from another machine: select it, then Ctrl-C works.
  getSelection().selectAllChildren(source);
}
