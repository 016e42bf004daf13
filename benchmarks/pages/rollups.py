"""The ledger and the roll-ups of the installation that pages are measured with."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from importlib import import_module

from django.db import connection
from django.db.backends.utils import CursorWrapper

from clusters.models import Cluster
from metering import windows
from metering.measures import MEASURES, WITH_P95
from metering.models import PARTS
from retention.partitions import ensure
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, TEAM_1H, TEAM_1M, TEAM_5M

CLUSTERS = int(os.environ.get("MOBULA_BENCH_CLUSTERS", "200"))
WORKERS, DAYS, TEMPLATES = 9, 30, 15
USUAL = 200  # up to so many clusters everything is written
SHARE = max(1, CLUSTERS // USUAL)
HOURLY = 400_000  # micro-dollars of one node
YEAR, SPENDERS = 730, 40  # days of the ledger before this month's; users who spent in them


def write_costs() -> None:
    """Write the hours of every node up to the last full one, and their sums by day."""
    part = HOURLY // len(PARTS)
    names = """cluster_name, team_id, template_id, template_name, owner_id, owner_name,
        "group", role, market"""
    amounts = ", ".join(f"{part} * nodes * count(*)" for _ in PARTS)
    hours = """generate_series(started_at, posted_until - interval '1 hour', '1 hour') AS hour"""
    # The ledger knows ids and names alone: that many users need not exist.
    spenders = f"""cluster_name, team_id, template_id, template_name,
        1 + substr(cluster_name, 9)::int % {SPENDERS},
        'user-' || substr(cluster_name, 9)::int % {SPENDERS}, "group", role, market"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO metering_costhour
                    (interval_id, cluster_id, hour, day, seconds, total, {", ".join(PARTS)})
                SELECT id, cluster_id, hour, (hour AT TIME ZONE 'UTC')::date, 3600,
                    {part * len(PARTS)}, {", ".join(str(part) for _ in PARTS)}
                FROM metering_interval, {hours}
                WHERE substr(cluster_name, 9)::int < {USUAL}
                    OR hour > posted_until - interval '27 hours'"""  # noqa: S608 - of constants
        )
        cursor.execute(
            f"""INSERT INTO metering_costday (day, cluster_id, {names}, priced, seconds, total,
                    {", ".join(PARTS)})
                SELECT (hour AT TIME ZONE 'UTC')::date AS day, cluster_id, {spenders}, true,
                    3600 * nodes * count(*), {part * len(PARTS)} * nodes * count(*), {amounts}
                FROM (SELECT cluster_id, {names}, started_at, posted_until, count(*) AS nodes
                    FROM metering_interval
                    GROUP BY cluster_id, {names}, started_at, posted_until) AS alike, {hours}
                GROUP BY day, cluster_id, {names}, nodes ORDER BY day"""  # noqa: S608 - of constants
        )
        _write_earlier_days(cursor)


def _write_earlier_days(cursor: CursorWrapper) -> None:
    """Write the days before the month's, in the order of days: each costs a little less or more."""
    names = """cluster_id, cluster_name, team_id, template_id, template_name, owner_id, owner_name,
        "group", role, market"""
    cursor.execute(
        f"""INSERT INTO metering_costday (day, {names}, priced, seconds, total, {", ".join(PARTS)})
            SELECT earlier::date, {names}, true, seconds, amount * {len(PARTS)},
                {", ".join("amount" for _ in PARTS)}
            FROM (SELECT DISTINCT ON (cluster_id, "group") * FROM metering_costday
                    ORDER BY cluster_id, "group", seconds DESC) AS recent,
                (SELECT min(day) AS first FROM metering_costday) AS month,
                generate_series(first - {YEAR}, first - 1, interval '1 day') AS earlier,
                LATERAL (SELECT used + (earlier::date - first + owner_id) * 7 AS amount) AS varied
            ORDER BY earlier"""  # noqa: S608 - of constants
    )


def write_teams(start: datetime, *, now: datetime) -> None:
    """Roll up by team what was written of clusters, as the migration does for what is there."""
    days = [start + timedelta(days=day) for day in range(DAYS + 2)]
    for partitioned in (TEAM_1M, TEAM_5M, TEAM_1H):
        ensure(partitioned, days)
    teams = import_module("metering.migrations.0005_teams")
    sums = [teams.sums(step) for step in ("1m", "5m")]
    sums += [teams.long_sums(step) for step in ("1h", "1d")]
    with connection.cursor() as cursor:
        for statement in (teams.CLUSTERS, *sums, teams.COST):
            cursor.execute(statement)
    add_up()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    began = time.perf_counter()
    windows.refresh(now)
    print(f"the ranges of use are computed in {time.perf_counter() - began:.1f} s", flush=True)


def add_up() -> None:
    """Write the days by scope and the balances, as the migrations do for what is there."""
    scopes = import_module("metering.migrations.0007_fill_cost_months")
    with connection.cursor() as cursor:
        cursor.execute(scopes.MONTHS)
        for (month,) in cursor.fetchall():
            cursor.execute(scopes.ADD_SCOPES, {"month": month})
    with connection.schema_editor() as editor:
        import_module("metering.migrations.0009_fill_balances").fill(None, editor)


def write_rollups(first: Cluster, *, start: datetime, now: datetime) -> None:
    """Write the month's roll-ups; of single nodes in full for `first`, for the others a part.

    Pages read single nodes of one cluster only, by key.
    """
    days = [start + timedelta(days=day) for day in range(DAYS + 2)]
    for partitioned in (ROLLUP_1M, ROLLUP_5M, ROLLUP_1H):
        ensure(partitioned, days)
    week, hours = now - timedelta(days=7), now - timedelta(hours=6)
    oldest = max(start, ROLLUP_5M.oldest(now))
    if CLUSTERS > USUAL:
        week, oldest = now - timedelta(hours=2), now - timedelta(days=2)
    everything, whole = ("AND true", []), ("AND node = ''", [])
    of_first = ("AND node <> '' AND cluster_id = %s", [first.pk])
    others = ("AND node <> '' AND cluster_id <> %s", [first.pk])
    _rollup("1d", "1 day", start.replace(hour=0), now, everything)
    for table, length, since, recent in (
        ("1h", "1 hour", start, week),
        ("5m", "5 minutes", oldest, hours if CLUSTERS <= USUAL else now),
        ("1m", "1 minute", hours - timedelta(hours=1), now),
    ):
        _rollup(table, length, since, now, whole)
        _rollup(table, length, since, now, of_first)
        _rollup(table, length, recent, now, others)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO metering_intake (cluster_id, accepted, last_at)
               SELECT id, 1000000, %s FROM clusters_cluster""",
            [now],
        )


def _rollup(
    step: str, length: str, since: datetime, until: datetime, which: tuple[str, list[object]]
) -> None:
    names = [f"{measure}_{kind}" for measure in MEASURES for kind in ("mean", "max")]
    names += [] if step == "1m" else [f"{measure}_p95" for measure in WITH_P95]
    condition, values = which
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO metering_rollup_{step}
                    (cluster_id, node, bucket, samples, {", ".join(names)})
                SELECT cluster_id, node, bucket, 60, {", ".join("amount" for _ in names)}
                FROM (SELECT random() * 8 AS amount,
                          date_bin(%s::interval, moment, 'epoch') AS bucket
                      FROM generate_series(%s::timestamptz, %s, %s::interval) AS moment
                ) AS buckets, (
                    SELECT id AS cluster_id, '' AS node FROM clusters_cluster
                    UNION ALL SELECT cluster_id, name FROM clusters_node
                ) AS everybody
                WHERE true {condition}""",  # noqa: S608 - of constants
            [length, since, until, length, *values],
        )
