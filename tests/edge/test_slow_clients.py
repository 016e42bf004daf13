"""Slow clients and crowds: the page of the next one comes all the same."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mobula.edge import limits
from tests.edge.attacks import Server, seconds_of

pytestmark = pytest.mark.django_db(transaction=True)
SLOW = 32
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
POST = (
    b"POST /accounts/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
)
REPORT = (
    b"POST /agent/v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    b"Authorization: Bearer 0123456789012345678901234567890123456789\r\n\r\n{"
)


@pytest.mark.parametrize(
    "request_", [b"", HEAD, POST, REPORT], ids=["idle", "head", "body", "sync"]
)
def test_32_slow_clients_do_not_stop_the_33rd(
    server: Server, session: Mapping[str, str], request_: bytes
) -> None:
    with server.http(session) as http, server.slow_clients(SLOW, request_):
        assert max(seconds_of(http, "/") for _ in range(3)) < 5.0


def test_clients_that_do_not_read_hold_no_connection_of_the_database(
    server: Server, session: Mapping[str, str]
) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in session.items())
    request = f"GET /machines/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
    sockets = [unread(server.port) for _ in range(SLOW)]
    try:
        for each in sockets:
            each.sendall(request)
        with server.http(session) as http:
            assert max(seconds_of(http, "/") for _ in range(3)) < 10.0
    finally:
        for each in sockets:
            each.close()


def unread(port: int) -> socket.socket:
    """Return a connection that takes almost nothing before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    connection.connect(("127.0.0.1", port))
    return connection


def test_100_requests_of_signed_in_users_at_once_all_get_their_page(
    server: Server, session: Mapping[str, str]
) -> None:
    pages = ["/", "/clusters/", "/templates/", "/machines/", "/accounts/"] * 20
    clients = httpx.Limits(max_connections=100)
    with (
        httpx.Client(
            base_url=server.url, cookies=dict(session), timeout=120, limits=clients
        ) as http,
        ThreadPoolExecutor(100) as threads,
    ):
        answers = list(threads.map(http.get, pages))
    assert {answer.status_code for answer in answers} == {200}


def test_more_connections_than_there_may_be_end_the_oldest(
    server: Server, session: Mapping[str, str]
) -> None:
    with (
        server.slow_clients(limits.MOST_CONNECTIONS + 20, b"GET /"),
        server.http(session) as http,
    ):
        assert seconds_of(http, "/") < 10.0
