// Tables: headings that stay while the page scrolls, and rows that are ticked.
export function startTables() {
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
  const watch = () => {
    for (const region of document.querySelectorAll(".table-scroll")) {
      sizes.observe(region);
      fit(region);
    }
    count();
  };
  document.addEventListener("htmx:after:swap", watch);
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-tick-all]"))
      for (const box of ticks(target.closest("table"))) box.checked = target.checked;
    if (target.matches("[data-tick-all], [data-tick]")) count();
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-untick]");
    if (!button) return;
    for (const box of ticks(button.closest(".card"))) box.checked = false;
    count();
  });
  // The browser may bring ticks back when someone returns to the page.
  addEventListener("pageshow", count);
  watch();
}

// A region that scrolls sideways keeps its headings to itself, so one that fits does not scroll.
function fit(region) {
  const table = region.querySelector("table");
  region.toggleAttribute("data-fits", Boolean(table) && table.offsetWidth <= region.clientWidth);
}

const ticks = (root) => [...root.querySelectorAll("[data-tick]")];

function count() {
  for (const bar of document.querySelectorAll(".bulk-bar")) {
    const boxes = ticks(bar.closest(".card"));
    const ticked = boxes.filter((box) => box.checked).length;
    bar.querySelector("[data-ticked]").textContent = ticked;
    const all = bar.closest(".card").querySelector("[data-tick-all]");
    if (!all) continue;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
}
