// Messages at the page's corner. Good news leaves by itself; what is bad, or leads on, stays.
const GOOD_NEWS_MS = 8000;

export function startNotices() {
  document.addEventListener("click", (event) => {
    event.target.closest("[data-notice-close]")?.closest(".notice").remove();
  });
  for (const notice of document.querySelectorAll(".toasts .tone-good:not(:has(a))")) {
    setTimeout(() => leave(notice), GOOD_NEWS_MS);
  }
}

// Not while somebody reads it.
function leave(notice) {
  if (notice.matches(":hover, :focus-within")) setTimeout(() => leave(notice), GOOD_NEWS_MS);
  else notice.remove();
}
