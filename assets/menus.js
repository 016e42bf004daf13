// Menus are <details>; this closes them when attention moves on. And the sidebar of small screens.
export function startMenus() {
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("focusin", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeMenus(document.body, { backToOpener: true });
    setSidebar(false);
  });
  document.addEventListener("click", (event) => {
    const sidebar = document.getElementById("sidebar");
    if (event.target.closest("[data-sidebar-toggle]"))
      setSidebar(!sidebar?.classList.contains("is-open"));
    else if (!event.target.closest("#sidebar")) setSidebar(false);
  });
}

function closeMenus(target, { backToOpener = false } = {}) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu.contains(target)) continue;
    if (backToOpener && menu.contains(document.activeElement))
      menu.querySelector("summary").focus();
    menu.open = false;
  }
}

function setSidebar(open) {
  const sidebar = document.getElementById("sidebar");
  if (!sidebar || sidebar.classList.contains("is-open") === open) return;
  sidebar.classList.toggle("is-open", open);
  document.querySelector("[data-sidebar-toggle]")?.setAttribute("aria-expanded", String(open));
  if (open) sidebar.querySelector("a")?.focus();
}
