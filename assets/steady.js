// Keeps what somebody looks at where it is while the page around it changes.

// Notes where the focused field stands, else the one under the pointer; the function that is returned
// scrolls by as much as it was moved.
export function anchor(within) {
  const focused = document.activeElement?.closest(within) && document.activeElement;
  const element = focused || document.querySelector(`${within} .field:hover`);
  if (!element) return () => {};
  const { id } = element;
  const { top } = element.getBoundingClientRect();
  return () => {
    const now = element.isConnected ? element : id && document.getElementById(id);
    const moved = now ? now.getBoundingClientRect().top - top : 0;
    if (Math.abs(moved) >= 1 && now.offsetParent !== null) window.scrollBy(0, moved);
  };
}
