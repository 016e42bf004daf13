// The search for a machine type: a button with data-pick-for="id" opens it for that field.
export function startPicker() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-pick-for]");
    if (opener) open(opener);
    const chosen = event.target.closest("[data-choose]");
    if (chosen) take(chosen);
  });
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("#picker [data-choose]");
    if (row && ["ArrowDown", "ArrowUp"].includes(event.key)) step(event, row);
    if (!row || event.key !== "Enter") return;
    // The rest of the key press would reach the field that is focused next, and submit its form.
    event.preventDefault();
    take(row);
  });
}

function open(button) {
  const dialog = document.getElementById("picker");
  const cloud = document.querySelector("[name=cloud]")?.value ?? "";
  dialog.dataset.field = button.dataset.pickFor;
  dialog.showModal();
  htmx.ajax("GET", `${dialog.dataset.url}?cloud=${encodeURIComponent(cloud)}`, { target: "#picker-found" });
}

function take(button) {
  const dialog = button.closest("dialog");
  const field = document.getElementById(dialog.dataset.field);
  dialog.close();
  field.value = button.dataset.choose;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function step(event, row) {
  event.preventDefault();
  const rows = [...row.closest("tbody").querySelectorAll("[data-choose]")];
  const next = rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1);
  rows[Math.max(0, Math.min(next, rows.length - 1))].focus();
}
