"""(c) How long the server takes for each page of an installation with a busy month behind it.

200 clusters with 2,000 nodes (MOBULA_BENCH_CLUSTERS changes it), a month of roll-ups and cost
hours, and two more years of days in the ledger. MOBULA_BENCH_PAGES=insights measures those pages
alone. Each page is asked for by a signed-in member over HTTP from a real web process (uvicorn) with
a real PostgreSQL, one after the other; then once more in this process to count its queries.
"""

from __future__ import annotations

import logging
import math
import statistics
import time
from datetime import timedelta
from pathlib import Path

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

import os  # noqa: E402

import httpx  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from benchmarks.page_rows import CLUSTERS, fill  # noqa: E402
from clusters.models import Cluster, Job  # noqa: E402
from configurations.models import Template  # noqa: E402
from mobula.stack import programs  # noqa: E402
from mobula.stack.health import answers  # noqa: E402
from mobula.stack.process import Process  # noqa: E402
from tests.e2e.waiting import eventually  # noqa: E402
from tests.ray_nodes import free_port  # noqa: E402

PAGES = os.environ.get("MOBULA_BENCH_PAGES", "")
REQUESTS, WARM_UP = int(os.environ.get("MOBULA_BENCH_REQUESTS", "40")), 3


def addresses() -> list[str]:
    """Return every page, with the parameters that make it heavy."""
    cluster = Cluster.objects.get(name="cluster-0")
    job, template = Job.objects.filter(cluster=cluster).latest("-pk"), Template.objects.first()
    page = f"/clusters/{cluster.pk}/"
    middle = (timezone.now().date().replace(day=1) - timedelta(days=1)).replace(day=15)
    tabs = ("overview", "nodes", "scaling", "jobs", "events", "configuration")
    return [
        *("/", "/?part=live"),
        *("/clusters/", "/clusters/?state=all&page=4", "/clusters/?q=template-3"),
        "/clusters/launch/",
        *(f"{page}?tab={tab}" for tab in tabs),
        f"{page}?part=live",
        f"{page}jobs/{job.pk}/",
        *("/templates/", "/templates/new/", f"/templates/{template.pk if template else ''}/"),
        *(f"/insights/utilization/?range={length}" for length in ("1h", "6h", "24h", "7d", "30d")),
        *(f"/insights/utilization/?cluster={cluster.pk}&range={key}" for key in ("24h", "30d")),
        "/insights/idle/",
        *(f"/insights/cost/?group={key}" for key in ("cluster", "template", "user", "group")),
        *(f"/insights/cost/?range=365d&group={key}" for key in ("cluster", "user")),
        # Neither end is the first or last of a month: half a month of days is read at each.
        f"/insights/cost/?from={middle - timedelta(days=364)}&to={middle}",
        f"/insights/cost/?cluster={cluster.pk}",
        "/insights/rates/",
        *("/accounts/", "/accounts/team/", "/accounts/audit/"),
    ]


def measure(http: httpx.Client, address: str) -> dict[str, object] | None:
    """Return the page's times in milliseconds, bytes and queries; None: no such page."""
    first = http.get(address)
    if first.status_code != httpx.codes.OK:
        print(f"{address}: no such page")
        return None
    times = [_milliseconds(http, address) for _ in range(WARM_UP + REQUESTS)][WARM_UP:]
    times.sort()
    figures = {
        "p50": round(statistics.median(times), 1),
        "p95": round(times[math.ceil(0.95 * len(times)) - 1], 1),
        "bytes": len(first.content),
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


def all_pages() -> dict[str, dict[str, object]]:
    """Return each page's figures, asked of a web process of our own."""
    port = free_port()
    url = programs.address(port)
    environment = {**os.environ, "MOBULA_URL": url}
    log = SERVERS.directory / "web.log"
    web = Process(
        programs.web(port=port, environment=environment),
        log=log,
        pid_file=log.with_suffix(".pid"),
    )
    client = Client()
    client.force_login(User.objects.earliest("pk"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: session}
    with web, httpx.Client(base_url=url, cookies=cookies, timeout=120) as http:
        eventually(lambda: answers(port, url=url), what="the web process answers")
        print("     p50      p95  queries    bytes (times in ms)")
        overview = {"/", "/?part=live"}
        wanted = [each for each in addresses() if PAGES in each or each in overview]
        measured = {address: measure(http, address) for address in wanted}
    return {address: figures for address, figures in measured.items() if figures}


def main() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    before = report.machine()
    with SERVERS.postgres:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        began = time.perf_counter()
        fill(Team.objects.earliest("pk"), User.objects.earliest("pk"), now=timezone.now())
        print(f"all is written after {time.perf_counter() - began:.0f} s", flush=True)
        pages = all_pages()
        connection.close()
    report.write(
        "pages",
        goal=150,
        value=max(float(str(page["p95"])) for page in pages.values()),
        unit="ms, p95 of the slowest page",
        clusters=CLUSTERS,
        pages=pages,
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
