"""(m) What a fleet of settled clusters costs: 1,000 clusters of ten nodes, their agents reporting.

Processor time of this process alone: a sweep, with every pass and look that it asks for, and a
report through Django's whole stack. Then the time from a report with new demand to the request to
the provider, while a worker sweeps and the other agents report. MOBULA_BENCH_CLUSTERS changes the
number of clusters.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import report
from tests.servers import prepare, running

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from celery.contrib.testing.worker import start_worker  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from benchmarks.fleet import agents  # noqa: E402
from benchmarks.fleet.paper import PaperDriver  # noqa: E402
from benchmarks.fleet.rows import write_fleet  # noqa: E402
from clusters import tasks  # noqa: E402
from clusters.models import Cluster, Run  # noqa: E402
from clusters.reconcile.loop import reconcile  # noqa: E402
from mobula.celery import app  # noqa: E402
from providers import registry  # noqa: E402

CLUSTERS = int(os.environ.get("MOBULA_BENCH_CLUSTERS", "1000"))
ROUNDS, REACTIONS, REPORTS = 3, 20, 300
REPORTING = 50  # agents that report each second while reactions are measured
SEEN_SECONDS = 5.0  # so often the others are taken to have reported
PATIENCE = 60.0  # seconds
DRIVER = PaperDriver()


def cpu(work: Callable[[], object]) -> float:
    """Return the processor seconds that the work takes in this process."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def sweep_all() -> None:
    """Sweep, as beat asks for it each second, until each cluster was looked at once more."""
    goal = DRIVER.looks + CLUSTERS
    while DRIVER.looks < goal:
        tasks.sweep()


def sweeps() -> list[float]:
    """Return the processor seconds of some sweeps, each once all clusters are due."""
    app.conf.task_always_eager = True
    times = []
    for _ in range(ROUNDS):
        time.sleep(DRIVER.facts.look_every_calm.total_seconds() + 0.5)
        Run.objects.update(agent_seen_at=now())
        begin = now()
        times.append(cpu(sweep_all))
        whole = Cluster.objects.filter(passed_at__gte=begin).count()
        print(f"sweep: {times[-1]:.2f} s of CPU, {whole} whole passes in it", flush=True)
    app.conf.task_always_eager = False
    return times


def report_times(fleet: Fleet, *, samples: bool = False) -> tuple[list[float], list[float]]:
    """Return the processor milliseconds of reports, the mean of each round.

    First those without news, then those that are stored whole, as each is once a minute. Each
    agent sends one of either kind, so that what is stored is never older than a moment.
    """
    unchanged, whole = [], []
    for _ in range(ROUNDS):
        some = random.sample(fleet.ids, min(REPORTS, len(fleet.ids)))
        Run.objects.update(report_digest="")  # the next report of each is stored whole
        spent = [0.0, 0.0]
        for each in some:
            for kind in range(2):
                body = agents.body(*each, samples=samples)
                spent[kind] += cpu(partial(agents.send, body, fleet.tokens[each[0]]))
        whole.append(spent[0] / len(some) * 1_000)
        unchanged.append(spent[1] / len(some) * 1_000)
    return unchanged, whole


def pass_ms(fleet: Fleet) -> float:
    """Return the processor milliseconds of a whole pass over a settled cluster."""
    some = fleet.ids[-200:]
    return cpu(lambda: [reconcile(cluster_id) for cluster_id, _ in some]) / len(some) * 1_000


def rounded(times: list[float]) -> list[float]:
    """Return times as they are written down."""
    return [round(each, 2) for each in times]


def queries(work: Callable[[], object]) -> int:
    """Return how many queries the work makes."""
    with CaptureQueriesContext(connection) as asked:
        work()
    return len(asked)


class Fleet:
    """The clusters with their agents' tokens; iterated as (id, handle)."""

    def __init__(self) -> None:
        team, owner = Team.objects.earliest("pk"), User.objects.earliest("pk")
        self.tokens = write_fleet(team, owner, DRIVER, clusters=CLUSTERS)
        self.asking: set[str] = set()  # whose agents report demand, and nothing else any more
        self.ids = [(str(pk), h) for pk, h in Cluster.objects.values_list("pk", "handle")]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.ids)

    def settle(self) -> None:
        """Let every agent report, and every cluster have the pass that makes it settled.

        It stays so for three minutes at least: what needs settled clusters is measured next.
        """
        for cluster_id, handle in self:
            agents.send(agents.body(cluster_id, handle), self.tokens[cluster_id])
            reconcile(cluster_id)


def _report_on(fleet: Fleet, over: threading.Event) -> None:
    """Have the same agents report each second: all would need more than this process."""
    some = random.sample(fleet.ids, min(REPORTING, len(fleet.ids)))
    seen = 0.0
    while not over.is_set():
        for cluster_id, handle in some:
            if over.wait(1 / len(some)):
                break
            if cluster_id not in fleet.asking:
                agents.send(agents.body(cluster_id, handle), fleet.tokens[cluster_id])
        if time.monotonic() - seen > SEEN_SECONDS:
            seen = time.monotonic()
            Run.objects.update(agent_seen_at=now())
    connection.close()


@contextmanager
def at_work(fleet: Fleet) -> Iterator[None]:
    """A worker, a beat that sweeps, and agents that report, all in threads of this process."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(1.0):
            tasks.sweep.apply_async(expires=5)

    threads = [threading.Thread(target=each) for each in (beat, partial(_report_on, fleet, over))]
    options: dict[str, Any] = {"pool": "solo", "perform_ping_check": False, "loglevel": "ERROR"}
    with start_worker(app, **options):
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()


def reactions(fleet: Fleet) -> list[float]:
    """Return how many seconds pass from a report of demand until the provider is asked."""
    times = []
    with at_work(fleet):
        time.sleep(5)
        for cluster_id, handle in random.sample(fleet.ids, REACTIONS):
            before = set(DRIVER.launched)
            body = agents.body(cluster_id, handle, waiting=4 * 12)
            fleet.asking.add(cluster_id)
            begin = time.perf_counter()
            agents.send(body, fleet.tokens[cluster_id])
            while not (new := set(DRIVER.launched) - before):
                if time.perf_counter() - begin > PATIENCE:
                    print(f"nothing was launched for {handle} within {PATIENCE} s", flush=True)
                    return [*times, PATIENCE]
                time.sleep(0.005)
            times.append(min(DRIVER.launched[name] for name in new) - begin)
            # Its nodes never join: its passes each second are not what is measured.
            Cluster.objects.filter(pk=cluster_id).update(wake_at=now() + timedelta(hours=1))
            time.sleep(random.uniform(0.2, 1.2))  # noqa: S311
    return times


def main() -> None:
    """Measure and write var/bench/fleet.json."""
    logging.disable(logging.INFO)
    before = report.machine()
    registry.open_driver = lambda _account: DRIVER
    with running(SERVERS):
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        fleet = Fleet()
        unchanged, whole = report_times(fleet)
        with_samples, whole_with_samples = report_times(fleet, samples=True)
        fleet.settle()
        print("all clusters are settled", flush=True)
        one = fleet.ids[-1]
        told = agents.body(*one)
        details = {
            "report_ms": rounded(unchanged),
            "report_with_samples_ms": rounded(with_samples),
            "whole_report_ms": rounded(whole),
            "whole_report_with_samples_ms": rounded(whole_with_samples),
            "queries_of_a_report": queries(lambda: agents.send(told, fleet.tokens[one[0]])),
            "queries_of_a_pass": queries(lambda: reconcile(one[0])),
            "pass_ms": round(pass_ms(fleet), 1),
        }
        print(details, flush=True)
        swept = sweeps()
        reacted = reactions(fleet)
        connection.close()
    report.write(
        "fleet",
        goal=10,
        value=sorted(swept)[len(swept) // 2],
        unit=f"s of CPU to look at {CLUSTERS:,} settled clusters once",
        reaction=report.seconds(reacted),
        **details,
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
