"""The ASGI application of the proxy: HTTP; sockets are in tunnel.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from clusters.workspaces import addresses
from clusters.workspaces.access import Upstream
from mobula.edge.asgi import Message, Receive, Scope, Send, header
from mobula.edge.guard import ABORT_KEY
from mobula.edge.workspaces import pages, rules
from mobula.edge.workspaces.admission import ADMISSION, Admission
from mobula.edge.workspaces.pages import Turned
from mobula.edge.workspaces.upstream import Exchange, connect
from mobula.edge.workspaces.withholding import without

MOST_BODY_BYTES = 512 * 2**20
# A browser that sends or reads nothing for so long is left.
STUCK_SECONDS = 60.0
_TOO_LARGE = f"A request takes at most {MOST_BODY_BYTES // 2**20} MiB. Upload the file in parts."


class Proxy:
    """Passes requests of a workspace's owner to its JupyterLab."""

    def __init__(self, admission: Admission = ADMISSION) -> None:
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/healthz/":
            await _say(send, 200, [(b"content-type", b"text/plain")], b"ok\n")
            return
        answer = _Answer(send)
        try:
            await self._pass(scope, receive, answer)
        except Turned as turned:
            if answer.has_begun:
                await _break_off(scope)
                return
            for message in turned.messages():
                await send(message)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        headers = scope["headers"]
        workspace_id, path = self._admission.asked(headers, scope["path"])
        if path == f"/{addresses.ENTER}":
            await self._enter(scope, answer, workspace_id)
            return
        origin = addresses.origin_of(workspace_id)
        if rules.is_foreign(scope["method"], headers, origin=origin):
            raise Turned(403, pages.FOREIGN, workspace_id=workspace_id)
        upstream = await self._admission.upstream(headers, workspace_id=workspace_id)
        with self._admission.place(workspace_id):
            try:
                await _exchange(scope, receive, answer, upstream, origin)
            except Turned as turned:
                turned.workspace_id = workspace_id
                raise

    async def _enter(self, scope: Scope, answer: _Answer, workspace_id: UUID) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        ticket = query.get("ticket", [""])[0]
        if scope["method"] != "GET":
            raise Turned(403, pages.FOREIGN, workspace_id=workspace_id)
        cookie = await self._admission.enter(ticket, workspace_id=workspace_id)
        headers = [
            (b"location", f"/workspaces/{workspace_id}/lab".encode()),
            (b"set-cookie", cookie),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", pages.POLICY),
        ]
        await _say(answer.send, 303, headers, b"")


class _Answer:
    """The way to the browser, and whether something has gone there."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        self.has_begun = True
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                await self._send(message)
        except TimeoutError:
            raise Turned(408, pages.UNREAD) from None


async def _break_off(scope: Scope) -> None:
    """End the connection, so that the browser sees that the answer is not complete."""
    if not (abort := scope.get(ABORT_KEY)):
        raise ConnectionAbortedError from None
    abort()
    await asyncio.sleep(0)  # the server notes the end before the request is over


async def _exchange(
    scope: Scope, receive: Receive, answer: _Answer, upstream: Upstream, origin: str
) -> None:
    if int(header(scope, b"content-length") or 0) > MOST_BODY_BYTES:
        raise Turned(413, _TOO_LARGE)
    reader, writer = await connect(upstream.url)
    exchange = Exchange(reader, writer)
    gone: asyncio.Future[None] | None = None
    try:
        netloc = upstream.url.partition("://")[2]
        headers = rules.sent_up(scope["headers"], netloc=netloc, token=upstream.token)
        has_body = _has_body(scope)
        if has_body and all(name != b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        body = _received(receive) if has_body else _nothing()
        await exchange.send(scope["method"], _target(scope), headers, body)
        gone = asyncio.ensure_future(_gone(receive))
        head = await _unless(gone, exchange.head())
        down = rules.sent_down(head.headers.raw_items(), origin=origin, upstream=upstream.url)
        await answer.send(
            {"type": "http.response.start", "status": head.status_code, "headers": down}
        )
        pieces = exchange.body()
        if rules.is_page(head.headers):
            pieces = without(upstream.token.encode(), pieces)
        async for piece in pieces:
            if gone.done():  # nobody reads on
                break
            await answer.send({"type": "http.response.body", "body": piece, "more_body": True})
        await answer.send({"type": "http.response.body", "body": b""})
    finally:
        if gone is not None:
            gone.cancel()
        await exchange.close()


async def _unless[T](gone: asyncio.Future[None], step: Coroutine[Any, Any, T]) -> T:
    """Return what a step returns; raises Turned where the browser has gone before."""
    task = asyncio.ensure_future(step)
    both: set[asyncio.Future[Any]] = {task, gone}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Turned(502, pages.AWAY)  # nobody reads it
        return task.result()
    finally:
        task.cancel()


async def _gone(receive: Receive) -> None:
    """Return when the browser has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _target(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return raw + (b"?" + query if query else b"")


def _has_body(scope: Scope) -> bool:
    length = header(scope, b"content-length")
    return bool(header(scope, b"transfer-encoding")) or length not in {"", "0"}


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _received(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it comes, in no more memory than a piece; raises Turned (413)."""
    size = 0
    while True:
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                message = await receive()
        except TimeoutError:
            raise Turned(408, pages.LATE) from None
        if message["type"] == "http.disconnect":
            raise Turned(502, pages.AWAY)  # nobody reads it
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > MOST_BODY_BYTES:
            raise Turned(413, _TOO_LARGE)
        if piece:
            yield piece
        if not message.get("more_body", False):
            return


async def _say(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": status, "headers": [*headers, length]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
