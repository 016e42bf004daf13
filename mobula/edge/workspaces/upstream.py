"""One request to JupyterLab, over a connection of its own, each step within a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import h11

from mobula.edge.workspaces import pages
from mobula.edge.workspaces.pages import Turned
from mobula.edge.workspaces.rules import Headers

CONNECT_SECONDS = 5.0
# A kernel that starts, or a folder with many files, keeps an answer waiting.
ANSWER_SECONDS = 120.0
PIECE_SECONDS = 60.0
PIECE_BYTES = 64 * 2**10
MOST_HEAD_BYTES = 64 * 2**10
BAD = "JupyterLab answered what is not HTTP. Restart the workspace."


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return an open connection; raises Turned (502) where nothing listens."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await asyncio.open_connection(parts.hostname, parts.port, limit=MOST_HEAD_BYTES)
    except (OSError, TimeoutError):
        raise Turned(502, pages.AWAY) from None


class Exchange:
    """A request and its answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._has_ended = False

    async def send(
        self, method: str, target: bytes, headers: Headers, body: AsyncIterator[bytes]
    ) -> None:
        """Send the request; raises Turned (502, 504)."""
        try:
            request = h11.Request(
                method=method, target=target, headers=[*headers, (b"connection", b"close")]
            )
        except h11.LocalProtocolError:
            raise Turned(502, BAD) from None
        await self._write(request)
        async for piece in body:
            await self._write(h11.Data(data=piece))
        await self._write(h11.EndOfMessage())

    async def head(self) -> h11.Response:
        """Return the head of the answer; raises Turned (502, 504)."""
        while True:
            event = await self._next(ANSWER_SECONDS)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise Turned(502, pages.AWAY)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the answer's body; raises Turned where it breaks off."""
        while True:
            event = await self._next(PIECE_SECONDS)
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def close(self) -> None:
        """End the connection."""
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()

    async def _write(self, event: Any) -> None:
        try:
            data = self._connection.send(event)
        except h11.LocalProtocolError:
            raise Turned(502, BAD) from None
        if not data:
            return
        try:
            self._writer.write(data)
            async with asyncio.timeout(PIECE_SECONDS):
                await self._writer.drain()
        except TimeoutError:
            raise Turned(504, pages.SLOW) from None
        except OSError:
            raise Turned(502, pages.AWAY) from None

    async def _next(self, seconds: float) -> Any:
        try:
            async with asyncio.timeout(seconds):
                while (event := self._connection.next_event()) is h11.NEED_DATA:
                    data = await self._reader.read(PIECE_BYTES)
                    self._has_ended = not data
                    self._connection.receive_data(data)
        except TimeoutError:
            raise Turned(504, pages.SLOW) from None
        except OSError:
            raise Turned(502, pages.AWAY) from None
        except h11.RemoteProtocolError:
            # It ended, or its cluster did.
            raise Turned(502, pages.AWAY if self._has_ended else BAD) from None
        return event
