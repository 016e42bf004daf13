"""Samples become minutes and five minutes, those an hour, hours a day; per node and cluster.

Only what samples came for is computed, always as a whole, so that late samples and repeated runs
give the same rows. A row with node '' is the whole cluster.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from metering.measures import MEASURES, WITH_P95
from metering.models import Cursor, PendingBucket
from metering.team_rollups import roll_up_teams
from retention.partitions import ensure
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, SAMPLES

_LOCK = 0x6D6F6203
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_MEANS = [f"{measure}_mean" for measure in MEASURES]
_PEAKS = [f"{measure}_max" for measure in MEASURES]
_P95S = [f"{measure}_p95" for measure in WITH_P95]


def _insert(table: str, columns: Iterable[str], select: str) -> str:
    updates = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    return f"""
        INSERT INTO {table} (cluster_id, node, bucket, {", ".join(columns)})
        {select}
        ON CONFLICT (cluster_id, node, bucket) DO UPDATE SET {updates}
    """


def _each(pattern: str, measures: Iterable[str] = MEASURES) -> str:
    """Return the pattern once for each measure, with commas between."""
    return ", ".join(pattern.format(measure) for measure in measures)


def _p95(suffix: str = "") -> str:
    return _each(f"percentile_cont(0.95) WITHIN GROUP (ORDER BY {{}}{suffix})", WITH_P95)


# The bounds beside the join let the planner leave the other partitions alone.
_NEW_SAMPLES = """
    FROM metering_sample AS sample
    JOIN unnest(%(clusters)s::uuid[], %(buckets)s::timestamptz[]) AS pending (cluster_id, bucket)
        ON pending.cluster_id = sample.cluster_id
        AND pending.bucket = date_bin('5 minutes', sample.at, 'epoch')
    WHERE sample.at >= %(since)s AND sample.at < %(until)s
"""
# A cluster's value in a minute is the sum of its nodes' means in that minute: nodes that come and
# go count for as long as they are there, and nodes need not be sampled at the same moment.
_MINUTES = _insert(
    "metering_rollup_1m",
    ["samples", *_MEANS, *_PEAKS],
    f"""WITH node_minute AS MATERIALIZED (
            SELECT sample.cluster_id, sample.node,
                date_trunc('minute', sample.at, 'UTC') AS minute, count(*) AS samples,
                {_each("avg({0}) AS {0}_mean")}, {_each("max({0}) AS {0}_max")}
            {_NEW_SAMPLES}
            GROUP BY sample.cluster_id, sample.node, minute
        )
        SELECT * FROM node_minute
        UNION ALL
        SELECT cluster_id, '', minute, sum(samples),
            {_each("sum({}_mean)")}, {_each("sum({}_mean)")}
        FROM node_minute GROUP BY cluster_id, minute""",  # noqa: S608 - of constants
)
_NODES = _insert(
    "metering_rollup_5m",
    ["samples", *_MEANS, *_PEAKS, *_P95S],
    f"""SELECT sample.cluster_id, sample.node, pending.bucket,
            count(*), {_each("avg({})")}, {_each("max({})")}, {_p95()}
        {_NEW_SAMPLES}
        GROUP BY sample.cluster_id, sample.node, pending.bucket""",
)
_CLUSTERS = _insert(
    "metering_rollup_5m",
    ["samples", *_MEANS, *_PEAKS, *_P95S],
    f"""SELECT minute.cluster_id, '', pending.bucket,
            sum(samples), {_each("avg({}_mean)")}, {_each("max({}_max)")}, {_p95("_mean")}
        FROM metering_rollup_1m AS minute
        JOIN unnest(%(clusters)s::uuid[], %(buckets)s::timestamptz[])
            AS pending (cluster_id, bucket)
            ON pending.cluster_id = minute.cluster_id
            AND pending.bucket = date_bin('5 minutes', minute.bucket, 'epoch')
        WHERE minute.bucket >= %(since)s AND minute.bucket < %(until)s AND minute.node = ''
        GROUP BY minute.cluster_id, pending.bucket""",  # noqa: S608 - of constants
)


def _coarser(table: str, source: str, *, buckets: str, mean: str) -> str:
    """Return the SQL for one bucket of `table`; each five minutes within count once."""
    return _insert(
        table,
        ["samples", "buckets", *_MEANS, *_PEAKS, *_P95S],
        f"""SELECT cluster_id, node, %(since)s, sum(samples), {buckets},
                {_each(mean)}, {_each("max({}_max)")}, {_p95("_p95")}
            FROM {source}
            WHERE cluster_id = ANY(%(clusters)s) AND bucket >= %(since)s AND bucket < %(until)s
            GROUP BY cluster_id, node""",  # noqa: S608 - of constants
    )


_HOURS = _coarser(
    "metering_rollup_1h", "metering_rollup_5m", buckets="count(*)", mean="avg({}_mean)"
)
_DAYS = _coarser(
    "metering_rollup_1d",
    "metering_rollup_1h",
    buckets="sum(buckets)",
    mean="sum({0}_mean * buckets) / sum(buckets) FILTER (WHERE {0}_mean IS NOT NULL)",
)

# Rows that a sender is just writing to are skipped: they stay for the next round.
_DONE = """
    DELETE FROM metering_pendingbucket WHERE ctid = ANY(ARRAY(
        SELECT pending.ctid FROM metering_pendingbucket AS pending
        JOIN unnest(%(clusters)s::uuid[], %(buckets)s::timestamptz[], %(revisions)s::bigint[])
            AS done (cluster_id, bucket, revision) USING (cluster_id, bucket, revision)
        FOR UPDATE OF pending SKIP LOCKED
    ))
"""


@dataclass(frozen=True, slots=True)
class _Pending:
    """Five-minute buckets of one hour that have new samples, and at which revision."""

    hour: datetime
    clusters: list[UUID]
    buckets: list[datetime]
    revisions: list[int]


def roll_up(now: datetime) -> int:
    """Bring the roll-ups up to date, newest hour first; return how many buckets were computed.

    A bucket is five minutes of one cluster.
    """
    # A sample may be a little ahead of the clock here.
    computed, before = 0, now + _HOUR
    while pending := _roll_up_newest(before, now):
        computed += len(pending.buckets)
        before = pending.hour
    return computed


def forget(now: datetime) -> None:
    """Delete the cursors and the buckets whose samples would be refused anyway."""
    oldest = SAMPLES.oldest(now)
    Cursor.objects.filter(at__lt=oldest).delete()
    PendingBucket.objects.filter(bucket__lt=oldest).delete()


@transaction.atomic
def _roll_up_newest(before: datetime, now: datetime) -> _Pending | None:
    with connection.cursor() as cursor:
        # Two at the same time would only wait for each other's rows.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
    pending = _newest_pending(before)
    if pending:
        _compute(pending, now)
    return pending


def _newest_pending(before: datetime) -> _Pending | None:
    rows = PendingBucket.objects.filter(bucket__lt=before)
    newest = rows.order_by("-bucket").values_list("bucket", flat=True).first()
    if newest is None:
        return None
    hour = newest.replace(minute=0)
    values = rows.filter(bucket__gte=hour).values_list("cluster_id", "bucket", "revision")
    clusters, buckets, revisions = zip(*values, strict=True)
    return _Pending(hour, list(clusters), list(buckets), list(revisions))


def _compute(pending: _Pending, now: datetime) -> None:
    # Minutes of late samples are soon dropped again, but the cluster's five minutes need them now.
    ensure(ROLLUP_1M, pending.buckets)
    ensure(ROLLUP_5M, pending.buckets)
    ensure(ROLLUP_1H, [pending.hour])
    last = max(pending.buckets) + timedelta(minutes=5)
    window: dict[str, Any] = {"clusters": pending.clusters, "buckets": pending.buckets}
    window |= {"since": min(pending.buckets), "until": last}
    clusters = list(set(pending.clusters))
    day = pending.hour.replace(hour=0)
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, window)
        cursor.execute(_NODES, window)
        cursor.execute(_CLUSTERS, window)
        cursor.execute(_HOURS, _bucket(clusters, pending.hour, _HOUR))
        cursor.execute(_DAYS, _bucket(clusters, day, _DAY))
        roll_up_teams(clusters, since=window["since"], until=last, now=now)
        cursor.execute(_DONE, {**window, "revisions": pending.revisions})


def _bucket(clusters: list[UUID], since: datetime, length: timedelta) -> dict[str, Any]:
    return {"clusters": clusters, "since": since, "until": since + length}
