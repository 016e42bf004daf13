"""Answers on their way to clients, which may read slowly: Django's work ends before.

A thread, a slot and a database connection are held until Django has handed over its answer, not
until the last byte is read.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from mobula.edge.asgi import Message, Send
from mobula.edge.refusal import Gone

PATIENCE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 32 * 2**10


class Outbox:
    """One answer, kept until its client has read it."""

    def __init__(self, outboxes: Outboxes, address: str) -> None:
        self._outboxes, self.address = outboxes, address
        self._messages: deque[Message] = deque()
        self.bytes = self.status = 0
        self.given_up = asyncio.Event()

    async def put(self, message: Message) -> None:
        """Take a message of the answer."""
        self._messages.append(message)
        self.status = message.get("status", self.status)
        self.bytes += len(message.get("body", b""))
        self._outboxes.make_room()

    async def deliver(self, send: Send) -> None:
        """Send everything; raises Gone when the client is too slow for the room it takes."""
        seconds = PATIENCE_SECONDS + self.bytes / SLOWEST_BYTES_PER_SECOND
        sending = asyncio.ensure_future(self._send(send))
        waiting = asyncio.ensure_future(self.given_up.wait())
        try:
            await asyncio.wait(
                {sending, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not sending.done():
                raise Gone
            await sending
        finally:
            sending.cancel()
            waiting.cancel()

    async def _send(self, send: Send) -> None:
        while self._messages:
            message = self._messages.popleft()
            await send(message)
            self.bytes -= len(message.get("body", b""))


class Outboxes:
    """All answers that wait to be read; the client that makes most wait loses its oldest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Outbox, None] = {}  # in their order

    def open(self, address: str) -> Outbox:
        """Return the outbox of a new answer for this address."""
        outbox = Outbox(self, address)
        self._open[outbox] = None
        return outbox

    def close(self, outbox: Outbox) -> None:
        """Forget the answer."""
        self._open.pop(outbox, None)

    def make_room(self) -> None:
        """Give up answers until the rest fits."""
        while sum(outbox.bytes for outbox in self._open) > self._most and len(self._open) > 1:
            held: Counter[str] = Counter()
            for outbox in self._open:
                held[outbox.address] += outbox.bytes
            greediest = held.most_common(1)[0][0]
            victim = next(outbox for outbox in self._open if outbox.address == greediest)
            victim.given_up.set()
            self.close(victim)
