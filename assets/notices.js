// Messages at the page's corner. Good news leaves by itself; bad news waits to be read.
const GOOD_NEWS_MS = 8000;

export function startNotices() {
  document.addEventListener("click", (event) => {
    event.target.closest("[data-notice-close]")?.closest(".notice").remove();
  });
  for (const notice of document.querySelectorAll(".toasts .tone-good")) {
    setTimeout(() => leave(notice), GOOD_NEWS_MS);
  }
}

// Not while somebody reads it.
function leave(notice) {
  if (notice.matches(":hover, :focus-within")) setTimeout(() => leave(notice), GOOD_NEWS_MS);
  else notice.remove();
}
