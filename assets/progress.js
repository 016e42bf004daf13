// A thin line at the top of the window while something that somebody waits for takes its time.
const SLOW_MS = 300;
// A page that does not come for so long is shown as an error by the browser, or was a download.
const NAVIGATION_MS = 20000;
const running = new Set();

export function startProgress() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || !leavesThePage(link, event)) return;
    setTimeout(beginProgress(), NAVIGATION_MS);
  });
  addEventListener("pageshow", ({ persisted }) => persisted && endAll());
}

// Returns what ends it.
export function beginProgress() {
  const slow = setTimeout(() => {
    running.add(slow);
    draw();
  }, SLOW_MS);
  return () => {
    clearTimeout(slow);
    if (running.delete(slow)) draw();
  };
}

function endAll() {
  running.clear();
  draw();
}

function leavesThePage(link, event) {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const isPage = link.origin === location.origin && !link.hasAttribute("download") && !link.target;
  const isHere = link.hash && link.pathname + link.search === location.pathname + location.search;
  return isPlain && isPage && !isHere;
}

function draw() {
  document.getElementById("progress")?.classList.toggle("is-running", running.size > 0);
}
