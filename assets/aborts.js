// A request that makes room for a newer one is no error: it ends without a word and changes nothing.
export function startAborts() {
  const aborted = new WeakSet();
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    const begun = performance.now();
    const send = ctx.fetch ?? window.fetch.bind(window);
    const settle = (error) => {
      // htmx aborts what takes too long, too: that is one.
      const timedOut = performance.now() - begun >= (ctx.request.timeout ?? Infinity);
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
