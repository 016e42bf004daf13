"""The body of a request, read into memory within bounds of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from contextlib import suppress

from mobula.edge.asgi import Message, Receive, Scope, Send, header
from mobula.edge.limits import Limit
from mobula.edge.refusal import Gone, Refusal
from mobula.edge.sharing.budget import Budget, BudgetSpent

# After a refusal: a client that is still sending reads the answer only if it can go on for a while.
LINGER_SECONDS, LINGER_BYTES = 2.0, 4 * 2**20


class Incoming:
    """The server's `receive`, and whether the whole body has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self.complete = True
        return message


class Body:
    """What one request has sent so far, and whose memory it takes."""

    def __init__(self, limit: Limit, *, budget: Budget, holder: Hashable) -> None:
        self._limit = limit
        self._budget, self._holder = budget, holder
        self._content = bytearray()
        self._size = 0

    async def read(self, scope: Scope, receive: Receive) -> None:
        """Read all of it; raises Refusal (408, 413, 503) or Gone."""
        self._check(_declared(scope))
        try:
            async with asyncio.timeout(self._limit.body_seconds):
                while await self._take(receive):
                    pass
        except TimeoutError:
            seconds = f"{self._limit.body_seconds:.0f} seconds"
            raise Refusal(408, f"The request did not arrive within {seconds}.") from None
        except BudgetSpent:
            text = "Too many large requests are in work. Try again in a few seconds."
            raise Refusal(503, text, retry_after=5) from None

    def hand_over(self) -> bytes:
        """Return the content; what it takes stays accounted for until `close`."""
        content, self._content = bytes(self._content), bytearray()
        return content

    def close(self) -> None:
        """Let go of the memory."""
        self._budget.give_back(self._holder, self._size)
        self._content, self._size = bytearray(), 0

    async def _take(self, receive: Receive) -> bool:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        self._check(self._size + len(chunk))
        if chunk:
            self._budget.take(self._holder, len(chunk))
            self._size += len(chunk)
            self._content += chunk
        return bool(message.get("more_body", False))

    def _check(self, size: int) -> None:
        most = self._limit.body_bytes
        if size > most:
            has = f"at most {most:,} bytes" if most else "no body"
            raise Refusal(413, f"This address takes {has}.")


def _declared(scope: Scope) -> int:
    try:
        return int(header(scope, b"content-length") or 0)
    except ValueError:
        raise Refusal(400, "Content-Length is not a number.") from None


def replayed(content: bytes) -> Receive:
    """Return a `receive` that gives the whole body at once and then never anything.

    Django is not told of clients that go away: its thread would go on alone, without a slot.
    """
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    return receive


async def refuse(refusal: Refusal, scope: Scope, receive: Incoming, send: Send) -> None:
    """Answer with the refusal; read on for a moment if the client is still sending."""
    start, body = refusal.messages(scope["path"])
    with suppress(OSError):
        await send(start)
        await send({**body, "more_body": True})
        if not receive.complete and header(scope, b"expect").lower() != "100-continue":
            await _linger(receive)
        await send({"type": "http.response.body", "body": b""})


async def _linger(receive: Incoming) -> None:
    room = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while room > 0 and not receive.complete:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                room -= len(message.get("body", b""))
