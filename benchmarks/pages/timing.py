"""How long the server takes for pages, asked of a real web process by somebody who is signed in."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mobula.stack import programs
from mobula.stack.health import answers
from mobula.stack.process import Process
from tests.e2e.waiting import eventually
from tests.ray_nodes import free_port

REQUESTS, WARM_UP = int(os.environ.get("MOBULA_BENCH_REQUESTS", "40")), 3


def page_times(
    addresses: Sequence[str], *, user: User, directory: Path, beside: str = ""
) -> dict[str, dict[str, object]]:
    """Return the figures of each page that exists, as `user` sees it in the team they look at.

    The web process writes its log into `directory`. With `beside`, each request is followed by one
    for that page, and `ratio` says how many times longer the page took: other work on the machine
    slows down both.
    """
    port = free_port()
    url = programs.address(port)
    environment = {**os.environ, "MOBULA_URL": url}
    log = directory / "web.log"
    web = Process(
        programs.web(port=port, environment=environment),
        log=log,
        pid_file=log.with_suffix(".pid"),
    )
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: session}
    with web, httpx.Client(base_url=url, cookies=cookies, timeout=120) as http:
        eventually(lambda: answers(port, url=url), what="the web process answers")
        print("     p50      p95  queries    bytes (times in ms)")
        measured = {address: _measure(http, address, beside=beside) for address in addresses}
    return {address: figures for address, figures in measured.items() if figures}


def _measure(http: httpx.Client, address: str, *, beside: str) -> dict[str, object] | None:
    """Return the page's times in milliseconds, bytes and queries; None: no such page."""
    first = http.get(address)
    if first.status_code != httpx.codes.OK:
        print(f"{address}: no such page")
        return None
    asked = [address, beside] if beside else [address]
    rounds = [[_milliseconds(http, each) for each in asked] for _ in range(WARM_UP + REQUESTS)]
    times, *others = map(sorted, zip(*rounds[WARM_UP:], strict=True))
    ratios = [statistics.median(times) / statistics.median(other) for other in others]
    figures = {
        "p50": round(statistics.median(times), 1),
        "p95": round(times[math.ceil(0.95 * len(times)) - 1], 1),
        "bytes": len(first.content),
        **({"ratio": round(ratios[0], 2)} if ratios else {}),
        **_queries(http, address),
    }
    numbers = f"{figures['p50']:8} {figures['p95']:8} {figures['queries']:4} {figures['bytes']:8}"
    print(f"{numbers}  {address}", flush=True)
    return figures


def _milliseconds(http: httpx.Client, address: str) -> float:
    began = time.perf_counter()
    answer = http.get(address)
    taken = time.perf_counter() - began
    assert answer.status_code == httpx.codes.OK, address
    return 1000 * taken


def _queries(http: httpx.Client, address: str) -> dict[str, object]:
    """Return how many queries the page makes, and the slowest of them."""
    client = Client(headers={"host": "127.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = http.cookies[settings.SESSION_COOKIE_NAME]
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    slowest = max(captured.captured_queries, key=lambda query: float(query["time"]))
    return {
        "queries": len(captured),
        "slowest_query_ms": round(1000 * float(slowest["time"])),
        "slowest_query": slowest["sql"][:300],
    }
