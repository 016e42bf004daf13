"""How long the pages' questions to metering take, with 2,000 nodes in 200 clusters for 30 days.

Run `python -m benchmarks.metering_queries`; it brings its own PostgreSQL, fills it with rows as
the roll-ups and the ledger would write them, and writes var/bench/metering_queries.json.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

import psutil

from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.pages.rollups import add_up  # noqa: E402
from metering import queries  # noqa: E402
from metering.measures import MEASURES, WITH_P95  # noqa: E402
from retention.partitions import ensure  # noqa: E402
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, SAMPLES  # noqa: E402

ROUNDS = 20
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
CLUSTERS = [UUID(int=number) for number in range(1, 201)]
DAYS = 30
CHARTED = [
    f"{resource}_{what}"
    for resource in ("cpu", "memory", "gpu")
    for what in ("capacity", "held", "used")
]


def fill_rollup(table: str, *, step: str, since: datetime, nodes: int) -> None:
    """Write a row for each step, cluster and node since then, in the order that they come."""
    names = [f"{measure}_mean" for measure in MEASURES] + [f"{measure}_max" for measure in MEASURES]
    weight = {"metering_rollup_1h": 12, "metering_rollup_1d": 288}.get(table)
    if table != "metering_rollup_1m":
        names += [f"{measure}_p95" for measure in WITH_P95]
    extra, value = (", buckets", f", {weight}") if weight else ("", "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {table} (cluster_id, node, bucket, samples, {", ".join(names)}{extra})
                SELECT lpad(to_hex(cluster), 32, '0')::uuid,
                    CASE node WHEN 0 THEN '' ELSE 'c' || cluster || '-workers-' || node END,
                    bucket, 60, {", ".join("random() * 100" for _ in names)}{value}
                FROM generate_series(%s::timestamptz, %s, %s::interval) AS bucket,
                    generate_series(1, {len(CLUSTERS)}) AS cluster,
                    generate_series(0, {nodes}) AS node
                ORDER BY bucket, node = 0, cluster, node""",  # noqa: S608
            [since, NOW, step],
        )
        cursor.execute(f"VACUUM ANALYZE {table}")


def fill_costs() -> None:
    """Write the sums of each cluster's days: a head, and workers in three rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO metering_costday (day, cluster_id, cluster_name, team_id, template_id,
                    template_name, owner_id, owner_name, "group", role, market, priced, seconds,
                    control, overhead, used, reserved_idle, infra_idle, total)
                SELECT day::date, lpad(to_hex(cluster), 32, '0')::uuid, 'cluster-' || cluster, 1,
                    cluster %% 15, 'template-' || cluster %% 15, cluster %% 40,
                    'user-' || cluster %% 40, part[1], part[2], part[3], true, 86400.5,
                    cluster, 2, 3, 4, 5, 14 + cluster
                FROM generate_series(%s::date, %s::date, '1 day') AS day,
                    generate_series(1, {len(CLUSTERS)}) AS cluster,
                    (VALUES (ARRAY['head', 'head', 'on_demand']),
                        (ARRAY['cpu', 'worker', 'on_demand']), (ARRAY['cpu', 'worker', 'spot']),
                        (ARRAY['gpu', 'worker', 'spot'])) AS of (part)""",  # noqa: S608
            [(NOW - timedelta(days=DAYS - 1)).date(), NOW.date()],
        )
        cursor.execute(import_module("metering.migrations.0005_teams").COST)
    add_up()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def fill() -> None:
    call_command("migrate", verbosity=0)
    days = [NOW - timedelta(days=ago) for ago in range(-1, DAYS + 1)]
    for partitioned in (SAMPLES, ROLLUP_1M, ROLLUP_5M, ROLLUP_1H):
        ensure(partitioned, days)
    fill_costs()
    month, day = NOW - timedelta(days=DAYS), NOW - timedelta(days=1)
    fill_rollup("metering_rollup_1d", step="1 day", since=month.replace(hour=0, minute=0), nodes=10)
    fill_rollup("metering_rollup_1h", step="1 hour", since=month.replace(minute=0), nodes=2)
    fill_rollup("metering_rollup_5m", step="5 minutes", since=day.replace(minute=0), nodes=4)
    fill_rollup("metering_rollup_1m", step="1 minute", since=NOW - timedelta(hours=7), nodes=4)


def milliseconds(ask: Callable[[], object]) -> dict[str, float]:
    """Return the median time of one question, and what it takes of a core here and in PostgreSQL.

    On a busy machine only the latter says something about the question.
    """
    ask()
    times, before = [], _core_seconds()
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begin)
    core = (_core_seconds() - before) / ROUNDS
    return {"median": round(1000 * statistics.median(times), 1), "core": round(1000 * core, 1)}


def _core_seconds() -> float:
    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + backend.user + backend.system


def questions() -> dict[str, Callable[[], object]]:
    last = NOW.date()
    first = last - timedelta(days=DAYS - 1)
    team = queries.CostFilter(team_ids=[1])
    calls: dict[str, Callable[[], object]] = {}
    for group in queries.GroupBy:
        calls[f"cost_by_day by {group}"] = lambda group=group: queries.cost_by_day(
            first=first, last=last, group_by=group, filters=team, top=7
        )
    for words, hours in (("1 h", 1), ("6 h", 6), ("24 h", 24), ("30 d", 720)):
        window = {"since": NOW - timedelta(hours=hours), "until": NOW, "now": NOW}
        calls[f"series of all, every measure, {words}"] = lambda window=window: (
            queries.utilization_series(cluster_ids=CLUSTERS, **window)
        )
        calls[f"series of all, cores, {words}"] = lambda window=window: queries.utilization_series(
            cluster_ids=CLUSTERS, measures=CHARTED[:3], **window
        )
        calls[f"series of one cluster, {words}"] = lambda window=window: queries.utilization_series(
            cluster_ids=CLUSTERS[:1], **window
        )
        calls[f"utilization_by_cluster, {words}"] = lambda window=window: (
            queries.utilization_by_cluster(CLUSTERS, **window)
        )
    return calls


def main() -> None:
    with SERVERS.postgres:
        fill()
        with connection.cursor() as cursor:  # so that all work is in one process
            cursor.execute("SET max_parallel_workers_per_gather = 0")
        results = {name: milliseconds(ask) for name, ask in questions().items()}
        connection.close()
    for name, result in results.items():
        print(f"{name}: {result['median']} ms, {result['core']} of a core")
    load = os.getloadavg()[0]
    target = Path("var/bench/metering_queries.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"goal_ms": 60, "load": load, "ms": results}, indent=2) + "\n")
    print(f"load {load:.1f}")


if __name__ == "__main__":
    main()
