"""Floods of reports: authenticated first, in turns, never more than a cluster's share."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.clusters.agent.machine import PaperMachine
from tests.clusters.head import Head
from tests.edge.attacks import MIB, Server, declared, seconds_of, status

pytestmark = pytest.mark.django_db(transaction=True)


def post(http: httpx.Client, head: Head, body: Mapping[str, Any] | bytes) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {head.token}", "Content-Encoding": "gzip"}
    return http.post("/agent/v1/sync", content=gzip.compress(content), headers=headers)


def test_report_is_taken_with_and_without_the_header_that_names_the_cluster(
    server: Server, head: Head
) -> None:
    headers = {"Authorization": f"Bearer {head.token}"}
    with server.http() as http:
        named = {"X-Mobula-Cluster": str(head.cluster.pk)}
        other = {"X-Mobula-Cluster": "00000000-0000-0000-0000-000000000000"}
        for more, expected in (({}, 200), (named, 200), (other, 401), ({}, 200)):
            answer = http.post("/agent/v1/sync", json=head.body(), headers={**headers, **more})
            assert answer.status_code == expected, answer.text


def test_unknown_token_is_refused_before_the_body_is_sent(server: Server) -> None:
    request = next(declared("/agent/v1/sync", MIB, f"Authorization: Bearer {'0' * 64}"))
    began = time.monotonic()
    assert status(server.send([request])) == 401
    assert time.monotonic() - began < 5


def test_gzip_bomb_with_a_token_is_refused_and_takes_little_memory(
    server: Server, head: Head
) -> None:
    with server.http() as http:
        post(http, head, head.body())
        before = server.memory
        assert post(http, head, b'{"a":"' + b" " * (300 * MIB) + b'"}').status_code == 413
        assert post(http, head, b"[" + b"[]," * (2 * MIB) + b"0]").status_code == 413
        assert server.memory - before < 60 * MIB


def test_cluster_that_reports_too_often_is_told_when_to_come_again(
    server: Server, head: Head
) -> None:
    body = head.body()
    with server.http() as http, ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: post(http, head, body), range(100)))
    codes = {answer.status_code for answer in answers}
    assert codes == {200, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert "too often" in refused.json()["error"]


def test_machines_of_nodes_have_a_share_of_their_own(server: Server, head: Head) -> None:
    node = head.nodes(role="head")[0]
    type(node).objects.filter(pk=node.pk).update(address="10.0.0.9")
    machine = PaperMachine(node)
    body = {"index": 0, "address": "10.0.0.9", "secret": machine.secret}
    with server.http() as http, ThreadPoolExecutor(8) as threads:
        joined = http.post(
            "/agent/v1/nodes/join", json=body, headers={"Authorization": f"Bearer {machine.token}"}
        )
        assert joined.status_code == 200, joined.text
        key = {"Authorization": f"Bearer {machine.secret}"}

        def report(_: int) -> httpx.Response:
            return http.post("/agent/v1/nodes/report", json={"phases": []}, headers=key)

        answers = list(threads.map(report, range(100)))
        assert {answer.status_code for answer in answers} == {200}
        assert post(http, head, head.body()).status_code == 200
        large = http.post("/agent/v1/nodes/report", content=b" " * (64 * 1024 + 1), headers=key)
        assert large.status_code == 413
        assert http.get("/agent/v1/nodes/agent", headers=key).content[:2] == b"PK"


def flood(server: Server, token: str, body: bytes, *, until: float) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}
    with server.http() as http:
        while time.monotonic() < until:
            http.post("/agent/v1/sync", content=body, headers=headers)


def large_demand() -> dict[str, Any]:
    shapes = [{"resources": {f"r{n}": 1.0 for n in range(100)}, "count": 1, "selectors": []}]
    return {"shapes": shapes * 2_000, "gangs": [], "standing_requests": []}


@contextmanager
def flooded(server: Server, head: Head, *, seconds: float) -> Iterator[None]:
    """The head's cluster floods the server with the largest reports that are read."""
    body = gzip.compress(json.dumps(head.body(demand=large_demand())).encode())
    with ThreadPoolExecutor(8) as threads:
        until = time.monotonic() + seconds
        for _ in range(8):
            threads.submit(flood, server, head.token, body, until=until)
        time.sleep(1.0)
        yield


def test_flood_of_one_cluster_starves_neither_another_cluster_nor_the_pages(
    server: Server, session: Mapping[str, str], head: Head, launch: Any
) -> None:
    other = Head(launch("two"))
    with server.http(session) as http:

        def once() -> float:
            began = time.monotonic()
            assert post(http, other, other.body()).status_code == 200
            return time.monotonic() - began + seconds_of(http, "/")

        calm = max(once() for _ in range(3))
        with flooded(server, head, seconds=6.0):
            assert max(once() for _ in range(4)) < max(8.0, 20 * calm)
