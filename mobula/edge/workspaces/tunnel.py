"""WebSockets of a workspace: the handshake is checked, then bytes pass both ways unread."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID

import h11

from clusters.workspaces import addresses
from clusters.workspaces.access import Upstream
from mobula.edge.workspaces import pages, rules
from mobula.edge.workspaces.admission import ADMISSION
from mobula.edge.workspaces.pages import Turned
from mobula.edge.workspaces.rules import Headers
from mobula.edge.workspaces.upstream import BAD, PIECE_BYTES, connect

HANDSHAKE_SECONDS = 30.0
# How often an open socket is asked whether it still may be: a session may have ended.
AGAIN_SECONDS = 15.0
# A browser that reads nothing for so long is left, and one that does not read the end.
STUCK_SECONDS = 60.0
LINGER_SECONDS = 15.0


class Tunnel(asyncio.Protocol):
    """What uvicorn hands a connection to when the browser asks for a WebSocket."""

    def __init__(self, *, config: Any, server_state: Any, app_state: Any) -> None:  # noqa: ARG002
        self._connections, self._tasks = server_state.connections, server_state.tasks
        self._transport: asyncio.Transport
        self._reader = asyncio.StreamReader(limit=PIECE_BYTES)
        self._flows = asyncio.Event()
        self._flows.set()
        self._has_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection over."""
        self._transport = cast("asyncio.Transport", transport)
        self._reader.set_transport(transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take the head of the request first, and the bytes of the socket afterwards."""
        if self._has_begun:
            self._reader.feed_data(data)
            return
        self._has_begun = True
        task = asyncio.get_running_loop().create_task(self._serve(data))
        task.add_done_callback(self._tasks.discard)
        self._tasks.add(task)

    def eof_received(self) -> bool:
        """Let the other side know."""
        self._reader.feed_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the connection."""
        self._connections.discard(self)
        self._flows.set()
        self._reader.feed_eof()

    def pause_writing(self) -> None:
        """Wait for the browser."""
        self._flows.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._flows.set()

    def shutdown(self) -> None:
        """End with the process: JupyterLab and the browser connect again."""
        self._transport.close()

    async def _serve(self, head: bytes) -> None:
        try:
            await self._pass(head)
        except Turned as turned:
            self._transport.write(turned.raw())
        finally:
            self._transport.close()
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)

    async def _pass(self, head: bytes) -> None:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(head)
        request = connection.next_event()
        if not isinstance(request, h11.Request):
            raise Turned(404, pages.GONE)
        headers: Headers = list(request.headers)
        path = request.target.decode("latin-1").partition("?")[0]
        workspace_id, _ = ADMISSION.asked(headers, path)
        origin = addresses.origin_of(workspace_id)
        if rules.is_foreign("GET", headers, origin=origin, socket=True):
            raise Turned(403, pages.FOREIGN, workspace_id=workspace_id)
        upstream = await ADMISSION.upstream(headers, workspace_id=workspace_id)
        with ADMISSION.place(workspace_id):
            await self._connect(request, headers, upstream, workspace_id)

    async def _connect(
        self, request: h11.Request, headers: Headers, upstream: Upstream, workspace_id: UUID
    ) -> None:
        reader, writer = await connect(upstream.url)
        try:
            netloc = upstream.url.partition("://")[2]
            up = [
                *rules.sent_up(headers, netloc=netloc, token=upstream.token),
                (b"connection", b"Upgrade"),
                (b"upgrade", b"websocket"),
            ]
            lines = [request.method + b" " + request.target + b" HTTP/1.1"]
            lines += [name + b": " + value for name, value in up]
            writer.write(b"\r\n".join([*lines, b"", b""]))
            self._transport.write(await _accepted(reader))
            await self._between(reader, writer, headers, upstream, workspace_id)
        finally:
            writer.close()

    async def _between(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: Headers,
        upstream: Upstream,
        workspace_id: UUID,
    ) -> None:
        """Pass bytes both ways until one side ends, or the browser may not any more."""
        tasks = [
            asyncio.ensure_future(each)
            for each in (
                self._up(writer),
                self._down(reader),
                _until_refused(headers, upstream, workspace_id),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _up(self, writer: asyncio.StreamWriter) -> None:
        while piece := await self._reader.read(PIECE_BYTES):
            writer.write(piece)
            async with asyncio.timeout(STUCK_SECONDS):
                await writer.drain()

    async def _down(self, reader: asyncio.StreamReader) -> None:
        while piece := await reader.read(PIECE_BYTES):
            self._transport.write(piece)
            async with asyncio.timeout(STUCK_SECONDS):
                await self._flows.wait()


async def _accepted(reader: asyncio.StreamReader) -> bytes:
    """Return the head that the browser gets for JupyterLab's 101; raises Turned (502, 504)."""
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise Turned(504, pages.SLOW) from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Turned(502, pages.AWAY) from None
    first, *rest = head[:-4].split(b"\r\n")
    if first.split(b" ")[1:2] != [b"101"]:
        raise Turned(502, BAD if not first.startswith(b"HTTP/") else pages.AWAY)
    pairs = [line.partition(b":")[::2] for line in rest]
    kept = rules.handshake([(name.strip(), value.strip()) for name, value in pairs])
    lines = [b"HTTP/1.1 101 Switching Protocols", *(n + b": " + v for n, v in kept)]
    return b"\r\n".join([*lines, b"", b""])


async def _until_refused(headers: Headers, upstream: Upstream, workspace_id: UUID) -> None:
    """Return when the browser may not pass any more, or the workspace runs elsewhere."""
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        try:
            if await ADMISSION.upstream(headers, workspace_id=workspace_id) != upstream:
                return
        except Turned as turned:
            if turned.sentence != pages.DATABASE:
                return
