// Forms marked data-live-form are checked while they are edited; the answer is the truth about them.
export function startLiveForms() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-live-form]");
    // What is on its way answers an older state: typing on would be undone by it.
    if (form) htmx.trigger(form, "htmx:abort");
  });
  // What is folded out stays so: the answer knows nothing of it.
  let open = [];
  document.addEventListener("htmx:before:swap", () => {
    open = [...document.querySelectorAll("details[data-keep-open][open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    // An answer for a dialog beside the form says nothing about the form.
    if (event.target.closest?.("dialog")) return;
    document.querySelectorAll("form[data-live-form]").forEach(settle);
    for (const one of document.querySelectorAll("details[data-keep-open]")) {
      if (open.includes(one.id) || one.querySelector(".is-invalid")) one.open = true;
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-show-view]");
    if (!link) return;
    event.preventDefault();
    reveal(link);
  });
}

// What somebody typed or chose outweighs the answer's attributes, so they are taken over here.
function settle(form) {
  for (const control of form.elements) {
    if (control.matches("[type=checkbox], [type=radio]")) control.checked = control.defaultChecked;
    else if (control.matches("select")) choose(control);
    else if (control.matches("input") && control.value !== control.defaultValue) control.value = control.defaultValue;
  }
}

function choose(select) {
  const chosen = [...select.options].findIndex((option) => option.defaultSelected);
  if (chosen >= 0 && select.selectedIndex !== chosen) select.selectedIndex = chosen;
}

// A link to a field or to a line of the YAML: shows the view it is in, if it is hidden.
function reveal(link) {
  const target = document.querySelector(link.hash);
  if (!target) return;
  if (target.offsetParent === null) document.getElementById(`view-${link.dataset.showView}`)?.click();
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.scrollIntoView({ block: "nearest" });
  const detail = Number(link.dataset.goToLine);
  if (!detail) return target.focus();
  target.querySelector("textarea").dispatchEvent(new CustomEvent("mobula:line", { detail }));
}
