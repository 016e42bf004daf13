// The choice between light, dark and the system's theme, kept in a cookie so that the server draws it.
const YEAR = 365 * 24 * 3600;

export function startTheme() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice);
  });
  // The account page's own field is a choice too.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[name=theme]")) choose(event.target.value);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
  mark();
}

function choose(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `mobula-theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  document.documentElement.dataset.bsTheme = theme;
  mark();
  announce();
}

function mark() {
  const theme = document.documentElement.dataset.bsTheme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

// Charts draw their own colors and listen for this.
function announce() {
  document.dispatchEvent(new CustomEvent("mobula:theme"));
}
