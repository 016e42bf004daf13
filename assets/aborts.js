// A request that makes room for a newer one is no error: it ends without a word and changes nothing.
const TIMER_MS = 50; // by which a timer may be early
const aborted = new WeakSet();

export function isAborted(ctx) {
  return aborted.has(ctx);
}

export function startAborts() {
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    const begun = performance.now();
    const send = ctx.fetch ?? window.fetch.bind(window);
    const settle = (error) => {
      // htmx aborts what takes too long, too: that is one.
      const patience = htmx.parseInterval(`${ctx.request.timeout ?? htmx.config.defaultTimeout}`);
      const timedOut = performance.now() - begun > patience - TIMER_MS;
      if (error.name !== "AbortError" || timedOut) throw error;
      aborted.add(ctx);
      return "";
    };
    ctx.fetch = async (...request) => {
      try {
        const response = await send(...request);
        const text = response.text.bind(response);
        response.text = () => text().catch(settle);
        return response;
      } catch (error) {
        settle(error);
        return new Response(null, { status: 204 });
      }
    };
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (aborted.has(event.detail.ctx)) event.preventDefault();
  });
}
