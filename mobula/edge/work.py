"""The slots of each kind of work, so that no kind takes the processor from the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from mobula.edge.asgi import Receive
from mobula.edge.limits import Kind
from mobula.edge.refusal import Gone, Refusal
from mobula.edge.sharing.gates import NODES
from mobula.edge.sharing.lanes import Lane, LaneFull

WAIT_SECONDS = 30.0
_BUSY = "Mobula is busy. Try again in a few seconds."
_VISITORS = "visitors"
# Of the database connections; the rest is for pages.
_AGENT_SLOTS, _HEALTH_SLOTS, _SEARCH_SLOTS = 2, 1, 1
_WITHOUT_POOL = 8
# Gates let one report of an agent in, and so many of a cluster's nodes.
_MOST_INSIDE = NODES.most_inside


class Work:
    """Slots for pages, agents, assets and the health check, for a number of connections."""

    def __init__(self, connections: int) -> None:
        others = _AGENT_SLOTS + _HEALTH_SLOTS + _SEARCH_SLOTS
        pages = max(1, (connections or _WITHOUT_POOL) - others)
        each = max(1, pages - 1)
        self._lanes = {
            Kind.PAGE: Lane(pages, each=each, waiting=1_000, waiting_each=250),
            Kind.AGENT: Lane(_AGENT_SLOTS, each=1, waiting=500, waiting_each=_MOST_INSIDE),
            Kind.ASSET: Lane(8, waiting=500, waiting_each=250),
            Kind.HEALTH: Lane(_HEALTH_SLOTS, waiting=16, waiting_each=16),
        }
        # People who are not known to be signed in take half of the pages' slots at most.
        self._visitors = Lane(max(1, pages // 2), waiting=300, waiting_each=100)

    @asynccontextmanager
    async def slot(
        self, kind: Kind, key: Hashable, *, visitor: bool, receive: Receive
    ) -> AsyncIterator[None]:
        """Hold a slot for the block; raises Refusal (503), or Gone if the client goes."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    if visitor and kind is Kind.PAGE:
                        await _enter(stack, self._visitors, key, receive)
                        key = _VISITORS
                    await _enter(stack, self._lanes[kind], key, receive)
            except (LaneFull, TimeoutError):
                raise Refusal(503, _BUSY, retry_after=5) from None
            yield


async def _enter(stack: AsyncExitStack, lane: Lane, key: Hashable, receive: Receive) -> None:
    if not lane.enter_at_once(key):
        await _wait(lane, key, receive)
    stack.callback(lane.leave, key)


async def _wait(lane: Lane, key: Hashable, receive: Receive) -> None:
    """Wait for a slot for as long as the client is there."""
    entering, leaving = asyncio.ensure_future(lane.enter(key)), asyncio.ensure_future(gone(receive))
    entered = False
    try:
        await asyncio.wait({entering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not entering.done():
            raise Gone
        entering.result()
        entered = True
    finally:
        leaving.cancel()
        if not entered:
            entering.cancel()
            with suppress(asyncio.CancelledError, LaneFull):
                await entering
                lane.leave(key)  # its turn came in the same moment


async def gone(receive: Receive) -> None:
    """Return when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
