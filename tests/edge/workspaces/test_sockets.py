"""WebSockets through the proxy."""

from __future__ import annotations

import socket
import time

import pytest

from clusters.workspaces.access import Closed, Guest, Upstream
from mobula.edge.workspaces import tunnel
from tests.edge.workspaces.conftest import ALICE, LAB, MALLORY, Door, Jupyter
from tests.ray_nodes import free_port


def answer(connection: socket.socket) -> bytes:
    """Return the head of the answer."""
    head = b""
    while b"\r\n\r\n" not in head and (piece := connection.recv(4096)):
        head += piece
    return head


def masked(text: bytes) -> bytes:
    """Return a text frame as browsers send it; the mask is zeros."""
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text


def test_a_socket_passes_both_ways(door: Door, jupyter: Jupyter) -> None:
    with door.socket(ALICE) as connection:
        head = answer(connection)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert b"sec-websocket-protocol: v1.kernel.websocket.jupyter.org" in head
        for text in (b"one", b"two"):
            connection.sendall(masked(text))
            assert connection.recv(64) == bytes([0x81, 3]) + text
    (seen,) = jupyter.seen
    assert seen["headers"]["authorization"] == "token token-of-jupyter"
    assert not {"cookie", "origin"} & seen["headers"].keys()
    assert seen["query"] == b"session=1"


@pytest.mark.parametrize("guest", [None, MALLORY])
def test_anybody_else_gets_404_on_a_socket(
    door: Door, jupyter: Jupyter, guest: Guest | None
) -> None:
    with door.socket(guest) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 404 ")
    assert jupyter.seen == []


@pytest.mark.parametrize("origin", ["", "null", "http://127.0.0.1:8000", "http://evil.example"])
def test_a_socket_of_another_site_is_refused(door: Door, jupyter: Jupyter, origin: str) -> None:
    with door.socket(ALICE, origin=origin) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 403 ")
    assert jupyter.seen == []


def test_a_dead_upstream_gives_502(door: Door) -> None:
    door.answers[ALICE] = Upstream(f"http://127.0.0.1:{free_port()}", "t")
    with door.socket(ALICE) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 502 ")


def test_a_stopped_workspace_gives_503(door: Door) -> None:
    door.answers[ALICE] = Closed("It is stopped.")
    with door.socket(ALICE) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 503 ")


def test_an_upstream_that_never_answers_gives_504(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "HANDSHAKE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        door.answers[ALICE] = Upstream(f"http://127.0.0.1:{server.getsockname()[1]}", "t")
        with door.socket(ALICE) as connection:
            assert answer(connection).startswith(b"HTTP/1.1 504 ")


def test_an_open_socket_ends_when_access_does(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel, "AGAIN_SECONDS", 0.2)
    with door.socket(ALICE) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 101 ")
        time.sleep(0.6)
        connection.sendall(masked(b"still"))
        assert connection.recv(64).endswith(b"still")
        door.answers.clear()
        assert connection.recv(64) in {b"", b"\x88\x00", b"\x88\x02\x03\xe8"}


def test_the_end_of_jupyter_ends_the_socket(door: Door, jupyter: Jupyter) -> None:
    with door.socket(ALICE) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 101 ")
        connection.sendall(b"\x88\x80\0\0\0\0")  # close
        closing = connection.recv(64)
        assert closing[:1] == b"\x88"
        assert connection.recv(64) == b""
    assert jupyter.seen[0]["path"] == f"/workspaces/{LAB}/api/kernels/k/channels"
