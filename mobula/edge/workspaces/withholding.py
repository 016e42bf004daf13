"""What JupyterLab says to its own pages and browsers need not know: its token."""

from __future__ import annotations

from collections.abc import AsyncIterator


async def without(secret: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces with the secret left out, also where it lies in two of them.

    JupyterLab's scripts send the token where its page has one, in addresses of WebSockets too,
    which other proxies write into their logs. Without it they rely on the cookie.
    """
    kept = b""
    async for piece in pieces:
        kept = (kept + piece).replace(secret, b"")
        # The end may be the beginning of the secret.
        passed = max(0, len(kept) - max(0, len(secret) - 1))
        if passed:
            yield kept[:passed]
            kept = kept[passed:]
    if kept:
        yield kept
