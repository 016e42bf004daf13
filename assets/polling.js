// Regions that poll: stop on 286, rest while the page is hidden, and say so when the server is away.
import { notify } from "./notices.js";

const STOP_POLLING = 286;
const AWAY = "Connection to Mobula lost. The page may be out of date. Retrying.";

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
  document.addEventListener("htmx:error", () => notify(AWAY, "warn"));
  document.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (status !== 422) notify(`The request failed (HTTP ${status}). Reload the page and try again.`);
  });
}
