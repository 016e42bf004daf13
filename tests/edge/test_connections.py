"""Connections end when their request does not come, with a server of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from mobula.edge import protocol
from tests.edge.attacks import beginning, status
from tests.stack.waiting import until


async def hello(scope: dict[str, object], receive: object, send: protocol.Send) -> None:
    """Answer at once."""
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where a server listens that waits half a second for a head and has four places."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 4)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            hello,  # type: ignore[arg-type]
            http=protocol.BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            h11_max_incomplete_event_size=1_000,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=[[listener]])
        thread.start()
        until(lambda: server.started)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def connected(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(sent)
    return connection


def test_head_that_does_not_come_in_time_is_ended(port: int) -> None:
    with connected(port) as idle, connected(port, b"GET / HTTP/1.1\r\nX-Slow: ") as late:
        assert status(beginning(late)) == 408
        assert beginning(idle) == b""


def test_second_head_of_a_connection_has_the_same_time(port: int) -> None:
    with connected(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as connection:
        assert status(beginning(connection)) == 200
        connection.sendall(b"GET / HT")
        assert status(beginning(connection)) == 408


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(b"GET / HTTP/1.1\r\nX: " + b"x" * 2_000, 431), (b"nonsense\r\n\r\n", 400)],
)
def test_head_that_cannot_be_read_is_refused(port: int, sent: bytes, expected: int) -> None:
    with connected(port, sent) as connection:
        assert status(beginning(connection)) == expected


def test_newest_connection_always_gets_a_place(port: int) -> None:
    others = [connected(port) for _ in range(8)]
    try:
        with connected(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as connection:
            assert status(beginning(connection)) == 200
    finally:
        for each in others:
            each.close()
