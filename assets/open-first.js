// Buttons that wait until something was opened: data-after-opening names a <details>. Words that say so
// have data-until-opened.
const opened = new Set();

export function startOpenFirst() {
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.open || !target.id) return;
      opened.add(target.id);
      update();
    },
    true, // it does not bubble
  );
  document.addEventListener("htmx:after:swap", update);
  update();
}

function update() {
  for (const button of document.querySelectorAll("[data-after-opening]")) {
    button.disabled = !opened.has(button.dataset.afterOpening);
  }
  for (const words of document.querySelectorAll("[data-until-opened]")) {
    words.hidden = opened.has(words.dataset.untilOpened);
  }
}
