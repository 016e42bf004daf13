"""The proxy as a real server in front of a small real upstream, and browsers that may pass or not.

What the database says of access has tests of its own (tests/clusters/workspaces/test_access.py).
"""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from clusters.workspaces import access
from clusters.workspaces.access import Closed, Guest, Upstream
from mobula.edge.workspaces import admission, tunnel
from mobula.edge.workspaces.admission import Admission
from mobula.edge.workspaces.application import Proxy
from mobula.edge.workspaces.protocol import WorkspaceProtocol
from tests.ray_nodes import free_port

LAB = uuid.UUID("11111111-2222-3333-4444-555555555555")
ALICE, MALLORY = Guest(1, "session-of-alice"), Guest(2, "session-of-mallory")


@dataclass
class Jupyter:
    """A small upstream: it notes what reaches it and answers as the path says."""

    port: int
    seen: list[dict[str, Any]] = field(default_factory=list)

    @property
    def upstream(self) -> Upstream:
        return Upstream(f"http://127.0.0.1:{self.port}", "token-of-jupyter")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(k.decode(), v.decode()) for k, v in scope["headers"]]
        asked = {"headers": dict(headers), "path": scope["path"], "query": scope["query_string"]}
        self.seen.append(asked)
        if scope["type"] == "websocket":
            await _echo(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked["body"], asked["method"] = body, scope["method"]
        if scope["path"].endswith("/slow"):
            await asyncio.sleep(30)
        answer = [
            (b"content-type", b"text/plain"),
            (b"set-cookie", b"_xsrf=abc"),
            (b"content-security-policy", b"frame-ancestors 'self'"),
            (b"service-worker-allowed", b"/"),
            (b"access-control-allow-origin", b"*"),
            (b"keep-alive", b"timeout=5"),
            (b"location", f"http://127.0.0.1:{self.port}/workspaces/{LAB}/tree".encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        size = 40 if scope["path"].endswith("/large") else 1
        for _ in range(size):
            piece = b"x" * 2**20 if size > 1 else b"hello"
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": (scope["subprotocols"] or [None])[0]})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text") or ""})


@contextmanager
def upstream_that(says: Callable[[socket.socket], None]) -> Iterator[Upstream]:
    """Serve one connection, once its request has come, by a function, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                says(connection)

        threading.Thread(target=answer, daemon=True).start()
        yield Upstream(f"http://127.0.0.1:{server.getsockname()[1]}", "token-of-jupyter")


@contextmanager
def served(application: Any, port: int, **options: Any) -> Iterator[uvicorn.Server]:
    """Serve an application in a thread for as long as the block lasts."""
    config = uvicorn.Config(application, port=port, lifespan="off", log_level="critical", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    try:
        yield server
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)


@pytest.fixture
def jupyter() -> Iterator[Jupyter]:
    found = Jupyter(free_port())
    with served(found, found.port, ws="websockets-sansio"):
        yield found


@dataclass
class Door:
    """The proxy: its port, its origin, and what access says of whom."""

    port: int
    answers: dict[Guest, Upstream | Closed | None]
    server: uvicorn.Server | None = None

    def connections(self) -> int:
        """Return how many connections of browsers it holds."""
        assert self.server is not None
        return len(self.server.server_state.connections)

    @property
    def host(self) -> str:
        return f"{LAB.hex}.localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def browser(self, guest: Guest | None = ALICE, **headers: str) -> httpx.Client:
        """Return a browser that has the cookie of the guest, and one of Mobula's by mistake."""
        cookies = {"mobula-session": "secret"}
        if guest is not None:
            cookies["mobula-workspace"] = access.make_cookie(guest, workspace_id=LAB)
        words = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/workspaces/{LAB}",
            headers={"Host": self.host, "Cookie": words, **headers},
            timeout=20,
            trust_env=False,
        )

    def socket(self, guest: Guest | None, *, origin: str | None = None) -> socket.socket:
        """Return a connection on which a WebSocket was asked for."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        cookie = access.make_cookie(guest, workspace_id=LAB) if guest else "nonsense"
        origin = self.origin if origin is None else origin
        lines = [
            f"GET /workspaces/{LAB}/api/kernels/k/channels?session=1 HTTP/1.1",
            f"Host: {self.host}",
            f"Cookie: mobula-session=secret; mobula-workspace={cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org",
            *([f"Origin: {origin}"] if origin else []),
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection


@pytest.fixture
def door(jupyter: Jupyter, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """The proxy, which lets alice in and nobody else."""
    port = free_port()
    settings.WORKSPACES_URL = f"http://*.localhost:{port}"
    settings.MOBULA_URL = "http://127.0.0.1:8000"
    door = Door(port, {ALICE: jupyter.upstream})

    async def asked(question: Any) -> Any:
        return question()

    monkeypatch.setattr(admission, "_asked", asked)
    monkeypatch.setattr(admission, "KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(access, "upstream_of", lambda _id, guest: door.answers.get(guest))
    gate = Admission()
    monkeypatch.setattr(tunnel, "ADMISSION", gate)
    options: dict[str, Any] = {"http": WorkspaceProtocol, "ws": tunnel.Tunnel}
    with served(Proxy(gate), port, server_header=False, **options) as door.server:
        yield door
