// Regions that poll: stop on 286, rest while the page is hidden.
const STOP_POLLING = 286;

export function startPolling() {
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (document.hidden && ctx.sourceEvent?.type === "every") event.preventDefault();
  });
  // htmx 4 knows no "stop polling" status: without its trigger the region stays as it is.
  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.response?.status !== STOP_POLLING) return;
    const region = document.getElementById(ctx.sourceElement.id) ?? ctx.sourceElement;
    region.removeAttribute("hx-trigger");
    region.removeAttribute("hx-get");
    htmx.process(region, true);
  });
}
