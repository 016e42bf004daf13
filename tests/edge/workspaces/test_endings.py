"""What ends in the midst: browsers that stop, clusters that go, a database that is slow."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clusters.workspaces import access
from mobula.edge.workspaces import admission, application, pages, tunnel
from mobula.edge.workspaces.admission import Admission
from mobula.edge.workspaces.pages import Turned
from tests.edge.workspaces.conftest import ALICE, LAB, Door, Jupyter, upstream_that
from tests.stack.waiting import until


def _begins(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it")


def test_a_cluster_that_goes_before_the_answer_is_told(door: Door) -> None:
    with upstream_that(lambda _: None) as door.answers[ALICE], door.browser() as browser:
        answer = browser.get("/lab")
    assert answer.status_code == 502
    assert pages.AWAY in answer.text


def test_a_cluster_that_goes_within_an_answer_leaves_no_whole_one(door: Door) -> None:
    with (
        upstream_that(_begins) as door.answers[ALICE],
        door.browser() as browser,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        browser.get("/files/a")


def _open(door: Door, *lines: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", door.port), timeout=20)
    cookie = access.make_cookie(ALICE, workspace_id=LAB)
    head = [lines[0], f"Host: {door.host}", f"Cookie: mobula-workspace={cookie}", *lines[1:]]
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    return connection


def test_a_body_that_does_not_come_ends(
    door: Door, jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "STUCK_SECONDS", 0.3)
    put = f"PUT /workspaces/{LAB}/api/contents/a HTTP/1.1"
    with _open(door, put, f"Origin: {door.origin}", "Content-Length: 10") as connection:
        connection.sendall(b"half ")
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert pages.LATE.encode() in answer


def test_a_length_beside_a_chunked_body_does_not_count(door: Door, jupyter: Jupyter) -> None:
    put = f"PUT /workspaces/{LAB}/api/contents/a HTTP/1.1"
    framing = ("Transfer-Encoding: chunked", "Content-Length: 3")
    with _open(door, put, f"Origin: {door.origin}", *framing) as connection:
        connection.sendall(b"5\r\nwhole\r\n0\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
    assert jupyter.seen[0]["body"] == b"whole"
    assert "content-length" not in jupyter.seen[0]["headers"]


def _endless(head: bytes, ended: threading.Event) -> Callable[[socket.socket], None]:
    """Return an upstream that sends on until its connection ends."""

    def says(connection: socket.socket) -> None:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(b"x" * 2**16)
        except OSError:
            ended.set()

    return says


def test_a_browser_that_reads_nothing_is_left(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "STUCK_SECONDS", 0.3)
    ended = threading.Event()
    with (
        upstream_that(_endless(b"HTTP/1.1 200 OK\r\n\r\n", ended)) as door.answers[ALICE],
        _open(door, f"GET /workspaces/{LAB}/files/large HTTP/1.1"),
    ):
        assert ended.wait(10)


def test_a_socket_that_is_not_read_ends(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr(tunnel, "LINGER_SECONDS", 0.3)
    ended = threading.Event()
    head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    with (
        upstream_that(_endless(head, ended)) as door.answers[ALICE],
        door.socket(ALICE),
    ):
        assert ended.wait(10)
        until(lambda: not door.connections())  # not even for the end of what was sent


def test_a_browser_that_goes_is_not_waited_for(door: Door) -> None:
    left = threading.Event()

    def waits(connection: socket.socket) -> None:
        connection.settimeout(10)
        if connection.recv(1) == b"":
            left.set()

    with upstream_that(waits) as door.answers[ALICE]:
        with _open(door, f"GET /workspaces/{LAB}/api/slow HTTP/1.1"):
            time.sleep(0.3)
        assert left.wait(5)


def test_requests_at_the_same_time_ask_the_database_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def answer(question: Any) -> Any:
        asked.append(question)
        await asyncio.sleep(0.05)
        return access.Upstream("http://127.0.0.1:1", "t")

    monkeypatch.setattr(admission, "_asked", answer)
    cookie = access.make_cookie(ALICE, workspace_id=LAB)
    headers = [(b"cookie", f"mobula-workspace={cookie}".encode())]

    async def many() -> None:
        gate = Admission()
        monkeypatch.setattr(admission, "cookie_name", lambda: "mobula-workspace")
        await asyncio.gather(*(gate.upstream(headers, workspace_id=LAB) for _ in range(20)))

    asyncio.run(many())
    assert len(asked) == 1


def test_open_requests_of_all_workspaces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MOST_OPEN_IN_ALL", 2)
    gate = Admission()
    with gate.place(LAB), gate.place(uuid.uuid4()):
        with pytest.raises(Turned) as refusal, gate.place(uuid.uuid4()):
            pass
        assert (refusal.value.status, refusal.value.sentence) == (503, pages.FULL)
    with gate.place(uuid.uuid4()):
        pass


def test_a_database_that_is_busy_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "MOST_QUESTIONS", 1)
    monkeypatch.setattr(admission, "QUESTION_SECONDS", 0.1)

    async def never(_question: Any) -> Any:
        await asyncio.sleep(1)

    monkeypatch.setattr(admission, "_asked", never)

    async def two() -> list[Any]:
        gate = Admission()
        tries = (gate.enter(ticket, workspace_id=LAB) for ticket in ("a", "b"))
        return await asyncio.gather(*tries, return_exceptions=True)

    first, second = asyncio.run(two())
    assert isinstance(first, Turned)
    assert first.status == 404
    assert isinstance(second, Turned)
    assert (second.status, second.sentence) == (503, pages.DATABASE)
