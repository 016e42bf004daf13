"""(n) 500 nodes at once on the double of AWS: until all are bound, and what pages take meanwhile.

Real processes: workers, beat and the web process, with a real PostgreSQL and Valkey. The double
answers over HTTP from this process, from where the agent reports; a third process asks for pages.
MOBULA_BENCH_NODES changes the number of nodes.
"""

from __future__ import annotations

import json
import logging
import math
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import report
from tests.servers import prepare, running

os.environ |= {  # before anything reads them: whom the double lets in
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count, Q  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from benchmarks.burst.account import NODES, Agent, launched, new_world  # noqa: E402
from clusters.models import Cluster  # noqa: E402
from domain.lifecycle import NodeRole, NodeState  # noqa: E402
from mobula.demo_cloud.aws import cloud as doubles  # noqa: E402
from mobula.stack import programs  # noqa: E402
from mobula.stack.health import answers  # noqa: E402
from mobula.stack.home import Home  # noqa: E402
from mobula.stack.process import Process, Program  # noqa: E402
from tests.e2e.waiting import eventually  # noqa: E402
from tests.guard import guarded_process  # noqa: E402
from tests.ray_nodes import free_port  # noqa: E402

BOUND = [NodeState.BOOTING, NodeState.READY]  # the node's own machine was seen running
PATIENCE_SECONDS = 300.0
QUIET_SECONDS = 5.0
GOAL_SECONDS, GOAL_CALLS, GOAL_PAGE_MS = 60, 10, 200
type Asked = tuple[float, str, float]
type Times = defaultdict[str, list[float]]


@contextmanager
def console() -> Iterator[str]:
    """Run Mobula's own programs; yield the address of the web process."""
    port = free_port()
    url = programs.address(port)
    environment = {**os.environ, "MOBULA_URL": url}
    home = Home(Path(os.environ["MOBULA_HOME"]))
    home.beat.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for program in (
            programs.web(port=port, environment=environment),
            programs.worker(environment=environment),
            programs.slow_worker(environment=environment),
            programs.beat(home, environment=environment),
        ):
            stack.enter_context(_process(program))
        eventually(lambda: answers(port, url=url), what="the web process answers")
        yield url


def _process(program: Program) -> Process:
    log = SERVERS.directory / f"{program.name}.log"
    return Process(program, log=log, pid_file=log.with_suffix(".pid"))


@contextmanager
def pages_asked(url: str, cluster: Cluster, user: User) -> Iterator[list[Asked]]:
    """Let a process ask for the pages of somebody who watches; yield what it was answered."""
    page, asked = f"/clusters/{cluster.pk}/", list[Asked]()
    tabs = [f"{page}?tab={tab}" for tab in ("overview", "nodes", "scaling", "events")]
    addresses = ["/", "/?part=live", "/clusters/", f"{page}?part=live", *tabs]
    client = Client()
    client.force_login(user)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    watcher = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.burst.watcher"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watcher.stdin
    assert watcher.stdout
    with guarded_process(watcher):
        print(
            json.dumps({"url": url, "cookies": cookies, "addresses": addresses}),
            file=watcher.stdin,
            flush=True,
        )
        reader = threading.Thread(target=lambda: asked.extend(map(json.loads, watcher.stdout)))
        reader.start()
        try:
            # What is loaded first is not what is measured.
            eventually(lambda: len(asked) >= 2 * len(addresses), what="each page was asked for")
            yield asked
        finally:
            watcher.stdin.close()
            watcher.wait()
            reader.join()
    assert watcher.returncode == 0, "a page was refused"


def by_address(asked: Sequence[Asked], *, since: float, until: float) -> Times:
    """Return the milliseconds of what was asked for between two moments, by address."""
    times = defaultdict[str, list[float]](list)
    for moment, address, milliseconds in asked:
        if since <= moment < until:
            times[address].append(milliseconds)
    return times


def seconds_until(cluster: Cluster, states: Sequence[NodeState], *, began: float) -> float:
    """Return when all workers were in one of these states, in seconds from `began`."""
    while time.perf_counter() - began < PATIENCE_SECONDS:
        rows = cluster.nodes.filter(role=NodeRole.WORKER).exclude(state=NodeState.TERMINATED)
        found = rows.aggregate(all=Count("pk"), done=Count("pk", filter=Q(state__in=states)))
        if found["all"] >= NODES and found["done"] == found["all"]:
            return time.perf_counter() - began
        time.sleep(0.1)
    return PATIENCE_SECONDS


def p95(times: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return round(sorted(times)[math.ceil(0.95 * len(times)) - 1], 1)


def main() -> None:
    """Measure and write var/bench/burst.json."""
    logging.disable(logging.INFO)
    before = report.machine()
    with running(SERVERS), doubles.running(new_world()) as double:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        team, user = Team.objects.earliest("pk"), User.objects.earliest("pk")
        with console() as url:
            cluster = launched(double, team, user)
            agent = Agent(cluster, double, url=url)
            with agent.reporting(), pages_asked(url, cluster, user) as asked:
                eventually(lambda: agent.head.state == "running", what="the head is ready")
                settled = time.time()
                time.sleep(QUIET_SECONDS)
                double.world.calls.clear()
                agent.wanted, began, asked_for = NODES, time.perf_counter(), time.time()
                bound = seconds_until(cluster, BOUND, began=began)
                calls = double.world.count()
                print(f"bound after {bound:.1f} s, with {dict(calls)}", flush=True)
                ready = seconds_until(cluster, [NodeState.READY], began=began)
                done = time.time()
                time.sleep(QUIET_SECONDS)
            machines = len(double.world.alive())
        connection.close()
    parts = {
        "quiet": by_address(asked, since=settled, until=asked_for),
        "meanwhile": by_address(asked, since=asked_for, until=done),
        "after": by_address(asked, since=done, until=math.inf),
    }
    every = [one for taken in parts["meanwhile"].values() for one in taken]
    assert machines == NODES + 1, f"{machines} machines for {NODES} nodes and a head"
    report.write(
        "burst",
        goal=GOAL_SECONDS,
        value=bound,
        unit=f"s until {NODES} nodes at once are bound, of which their machines boot 15 s",
        ready_seconds=round(ready, 1),
        run_instances={"value": calls["RunInstances"], "goal": GOAL_CALLS},
        calls=dict(calls),
        pages={"p95_ms": p95(every), "goal": GOAL_PAGE_MS, "requests": len(every)},
        p95_ms_of_pages={
            address: {part: p95(times[address]) for part, times in parts.items() if times[address]}
            for address in parts["meanwhile"]
        },
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
