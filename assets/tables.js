// Tables: headings that stay while the page scrolls, rows that are ticked, the place of a table that is sorted.
const SORTED = "mobula-sorted";

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
  document.addEventListener("click", keepPlace);
  returnToPlace();
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

// A sorted table is a page of its own: it begins where the reader was, with the focus on the same heading.
function keepPlace({ target }) {
  const link = target.closest("a.sort");
  if (!link) return;
  const left = link.closest(".table-scroll")?.scrollLeft;
  sessionStorage.setItem(SORTED, JSON.stringify({ path: location.pathname, id: link.id, top: scrollY, left }));
}

function returnToPlace() {
  const place = JSON.parse(sessionStorage.getItem(SORTED) ?? "null");
  sessionStorage.removeItem(SORTED);
  const link = place?.path === location.pathname && document.getElementById(place.id);
  if (!link) return;
  scrollTo({ top: place.top, behavior: "instant" });
  const region = link.closest(".table-scroll");
  if (region) region.scrollLeft = place.left;
  link.focus({ preventScroll: true });
}
