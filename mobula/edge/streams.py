"""Answers that go on for minutes: counted apart, and with no slot, thread or memory of a page."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress

from mobula.edge.asgi import Application, Message, Receive, Scope, Send
from mobula.edge.limits import MOST_STREAMS, MOST_STREAMS_EACH, Kind
from mobula.edge.refusal import Gone, Refusal
from mobula.edge.sharing.outage import Outage
from mobula.edge.work import Work

# A client that takes nothing for so long is left.
PATIENCE_SECONDS = 30.0


class Streams:
    """The streams that are open, by whose they are."""

    def __init__(self, application: Application, work: Work, outage: Outage) -> None:
        self._application, self._work, self._outage = application, work, outage
        self._open: Counter[Hashable] = Counter()

    async def follow(
        self, scope: Scope, receive: Receive, send: Send, *, key: Hashable, visitor: bool
    ) -> None:
        """Answer the request as it comes; raises Refusal, or Gone for a client that is not there.

        What decides whether there is a stream waits for a page's slot; the stream holds none.
        """
        if self._open[key] >= MOST_STREAMS_EACH or self._open.total() >= MOST_STREAMS:
            text = "Too many pages follow a log. Close some, or reload this one."
            raise Refusal(503, text, retry_after=30)
        self._open[key] += 1
        answer = _Answer(send)
        task: asyncio.Future[None] | None = None
        try:
            async with self._work.slot(Kind.PAGE, key, visitor=visitor, receive=receive):
                self._outage.check()
                task = asyncio.ensure_future(
                    self._application(scope, _bodiless(receive), answer.put)
                )
                begun = asyncio.ensure_future(answer.begun.wait())
                await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
                begun.cancel()
            await task
        except TimeoutError:
            raise Gone from None
        finally:
            self._open[key] -= 1
            self._open += Counter()  # forgets who has none
            if task and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError, TimeoutError):
                    await task


class _Answer:
    """Passes an answer on, and tells when it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = asyncio.Event()

    async def put(self, message: Message) -> None:
        self.begun.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._send(message)


def _bodiless(receive: Receive) -> Receive:
    """Return a `receive` for Django: an empty body, then whether the client goes away."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
