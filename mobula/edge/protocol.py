"""Connections within bounds: uvicorn's own have no time limit for a request's head.

`uvicorn --http mobula.edge.protocol:BoundedProtocol`; h11 is there wherever uvicorn is, and bounds
the bytes it keeps of an unfinished head or trailer itself.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from mobula.edge.asgi import Receive, Scope, Send
from mobula.edge.guard import ABORT_KEY
from mobula.edge.limits import HEAD_SECONDS, MOST_CONNECTIONS

# A client that does not read the end of its answer is left after so many seconds.
LINGER_SECONDS = 15.0
_log = logging.getLogger("mobula.edge.connections")


class BoundedProtocol(H11Protocol):
    """A connection that must send whole heads in time, and goes when others need its place."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _log  # its own would write a line for every bad request
        self._application = self.app
        self.app = self._run
        self._head_timer: asyncio.TimerHandle | None = None
        self._has_begun = False
        self.idle_since = self.loop.time()

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._stop_head_timer()
        scope[ABORT_KEY] = self.transport.abort
        await self._application(scope, receive, send)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        make_room(self)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.is_working() and self._head_timer is None:
            self._start_head_timer()
        self._has_begun = True
        super().data_received(data)

    def on_response_complete(self) -> None:
        self._has_begun = False
        self.idle_since = self.loop.time()
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_later()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._abort_later()

    def send_400_response(self, msg: str) -> None:
        # h11 has a hint: 431 for a head that is too long.
        hint = getattr(sys.exception(), "error_status_hint", HTTPStatus.BAD_REQUEST)
        self._refuse(HTTPStatus(hint), msg)

    def is_working(self) -> bool:
        """Return whether a request has begun that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def is_complete(self) -> bool:
        """Return whether a whole request waits for its answer."""
        return self.is_working() and not self.cycle.more_body

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.is_working() or self.transport.is_closing():
            return
        if self._has_begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        self._stop_head_timer()
        if not self.is_working() or not self.cycle.response_started:
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain\r\n"
            size = f"content-length: {len(text)}\r\nconnection: close\r\n\r\n"
            self.transport.write(f"{head}{size}{text}".encode("ascii"))
        self.transport.close()
        self._abort_later()

    def _abort_later(self) -> None:
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def make_room(newest: BoundedProtocol) -> None:
    """End a connection if there are too many: the oldest unused one of whoever has most."""
    others = [each for each in newest.connections if each is not newest]
    connections = [each for each in others if isinstance(each, BoundedProtocol)]
    if len(connections) < MOST_CONNECTIONS:
        return
    unused = [each for each in connections if not each.is_complete()] or connections
    held = Counter(_host(each) for each in unused)
    greediest = held.most_common(1)[0][0]
    victims = [each for each in unused if _host(each) == greediest]
    min(victims, key=lambda each: each.idle_since).transport.abort()


def _host(connection: BoundedProtocol) -> str:
    return connection.client[0] if connection.client else ""
