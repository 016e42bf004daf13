"""Bodies are bounded before Django sees them: neither memory nor disk grows."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest

from tests.edge.attacks import MIB, Server, chunked, declared, status

PATHS = ["/", "/templates/new/", "/environments/dev/", "/agent/v1/sync", "/static/x"]
ROOM = 60 * MIB  # what the process may grow by, whatever is sent to it


@pytest.fixture(autouse=True)
def bounded(server: Server) -> Iterator[None]:
    """Fail the test if the process has grown, in memory or on disk."""
    with server.http() as http:
        http.get("/accounts/sign-in/")
    before = server.memory
    yield
    assert server.memory - before < ROOM
    assert server.on_disk == 0


@pytest.mark.parametrize("method", [declared, chunked])
@pytest.mark.parametrize("path", PATHS)
def test_300_mib_are_refused_wherever_they_are_sent(
    server: Server, method: Callable[..., Iterator[bytes]], path: str
) -> None:
    cookie = "Cookie: mobula-session=0123456789abcdef0123456789abcdef"
    answer = server.send(method(path, 300 * MIB, cookie))
    assert status(answer) in {0, 401, 413}


def test_client_that_waits_for_100_continue_sends_nothing(server: Server) -> None:
    request = next(declared("/templates/new/", 300 * MIB, "Expect: 100-continue"))
    assert status(server.send([request])) == 413


def test_method_without_a_body_takes_none(server: Server) -> None:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello"
    assert status(server.send([request])) == 413


def test_anonymous_body_is_small(server: Server) -> None:
    with server.http() as http:
        assert http.post("/templates/new/", content=b"x" * 65_537).status_code == 413
        assert http.post("/templates/new/", content=b"x" * 65_536).status_code in {302, 403}


def test_gzip_bomb_without_a_token_is_not_read(server: Server) -> None:
    bomb = gzip.compress(b"[" + b"[]," * (11 * MIB))
    with server.http() as http:
        for headers in ({}, {"Authorization": "Bearer " + "0" * 64}):
            answer = http.post(
                "/agent/v1/sync", content=bomb, headers={"Content-Encoding": "gzip", **headers}
            )
            assert answer.status_code == 401


def test_head_that_is_too_long_is_refused(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        yield b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for number in range(2_000):
            yield b"X-%d: %s\r\n" % (number, b"x" * 1_000)

    assert status(server.send(endless())) in {0, 400, 431}
    with server.http() as http:
        assert http.get("/", headers={"X-Long": "x" * 40_000}).status_code in {400, 431}
