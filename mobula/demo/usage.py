"""What the sample nodes measured: hours of each, from which days, minutes and cost follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from clusters.models import Cluster
from metering.measures import MEASURES, WITH_P95
from metering.models import Intake, MeteredCluster
from metering.team_rollups import ALL
from mobula.demo.calendar import HOUR
from mobula.demo.sample import Sample
from retention.partitions import ensure
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, TEAM_1H, TEAM_1M, TEAM_5M

SAMPLES, BUCKETS = 720, 12  # of an hour: one in five seconds, and its five minutes
# Pages read five minutes for a day and minutes for some hours.
FIVE_MINUTES, MINUTES = timedelta(hours=26), timedelta(hours=7)
_COLUMNS = (
    *(f"{measure}_{kind}" for measure in MEASURES for kind in ("mean", "max")),
    *(f"{measure}_p95" for measure in WITH_P95),
)


def write_usage(samples: Sequence[Sample], *, now: datetime) -> None:
    """Write the roll-ups of every node and cluster, up to `now`."""
    ids = [sample.cluster.pk for sample in samples]
    hours = {
        session.start + hour * HOUR
        for sample in samples
        for session in sample.sessions
        for hour in range(len(session.load))
    }
    for tables, moments in (
        ((ROLLUP_1H, TEAM_1H), hours),
        ((ROLLUP_5M, TEAM_5M), _every_hour(now - FIVE_MINUTES, now)),
        ((ROLLUP_1M, TEAM_1M), _every_hour(now - MINUTES, now)),
    ):
        for table in tables:
            ensure(table, moments)
    MeteredCluster.objects.bulk_create(_metered(sample.cluster) for sample in samples)
    _copy(row for sample in samples for row in _hours_of(sample))
    with connection.cursor() as cursor:
        cursor.execute(_CLUSTER_HOURS, [ids])
        cursor.execute(_DAYS, [ids])
        for name, length, since in (
            ("5m", timedelta(minutes=5), now - FIVE_MINUTES),
            ("1m", timedelta(minutes=1), now - MINUTES),
        ):
            values: dict[str, Any] = {"ids": ids, "step": length, "since": since}
            cursor.execute(_finer(name), values | {"until": now - length})
        for step in ("1m", "5m", "1h", "1d"):
            cursor.execute(_of_teams(step), [ids])
    Intake.objects.bulk_create(Intake(cluster_id=pk, accepted=1, last_at=now) for pk in ids)


def _every_hour(since: datetime, until: datetime) -> list[datetime]:
    return [since + hour * HOUR for hour in range((until - since) // HOUR + 1)] + [until]


def _metered(cluster: Cluster) -> MeteredCluster:
    return MeteredCluster(
        cluster_id=cluster.pk,
        team_id=cluster.team_id,
        template_id=cluster.version.template_id,
        owner_id=cluster.owner_id,
    )


def _hours_of(sample: Sample) -> Iterator[Sequence[object]]:
    """Yield the row of each node and hour."""
    random = Random(sample.cluster.name)  # noqa: S311 - to look like life, no secret
    for node, session, life in sample.nodes:
        for hour in range(life.first, life.first + life.hours):
            values = _measures(sample, node.group.role == "head", session.load[hour], random)
            scale = (node.group.vcpus, node.group.memory_bytes, node.group.gpus)
            means = _of_node(values, *scale)
            row = [amount for name in MEASURES for amount in (means[name], _peak(means, name))]
            row += [_peak(means, name) for name in WITH_P95]
            yield (
                sample.cluster.pk,
                node.name,
                session.start + hour * HOUR,
                SAMPLES,
                BUCKETS,
                *row,
            )


def _measures(sample: Sample, is_head: bool, load: float, random: Random) -> tuple[float, float]:
    """Return which part of its capacity a node held and used in an hour."""
    if is_head:
        return 0.0, 0.05 + 0.05 * load
    held = sample.template.held * load * (0.9 + 0.1 * random.random())
    return held, 0.01 + held * sample.template.used * (0.8 + 0.3 * random.random())


def _of_node(
    parts: tuple[float, float], vcpus: float, memory: int, gpus: float
) -> dict[str, float | None]:
    held, used = parts
    means: dict[str, float | None] = dict.fromkeys(MEASURES)
    for name, capacity in (("cpu", vcpus), ("memory", float(memory)), ("gpu", gpus)):
        if capacity:
            means[f"{name}_capacity"] = capacity
            means[f"{name}_held"] = capacity * held
            means[f"{name}_used"] = capacity * min(used, 1.0)
    means["object_store_capacity"] = 0.3 * memory
    means["object_store_used"] = 0.1 * memory * used
    means["disk_used"] = 40e9 + 20e9 * used
    means["disk_read_bps"] = means["disk_write_bps"] = 5e6 * used
    means["net_in_bps"] = means["net_out_bps"] = 20e6 * used
    return means


def _peak(means: dict[str, float | None], name: str) -> float | None:
    mean, most = means[name], means.get(f"{name.partition('_')[0]}_capacity")
    if mean is None or name.endswith("capacity"):
        return mean
    return min(1.3 * mean, most) if most else 1.3 * mean


def _copy(rows: Iterable[Sequence[object]]) -> None:
    columns = ", ".join(("cluster_id", "node", "bucket", "samples", "buckets", *_COLUMNS))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY metering_rollup_1h ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


_CLUSTER_HOURS = f"""
    INSERT INTO metering_rollup_1h
        (cluster_id, node, bucket, samples, buckets, {", ".join(_COLUMNS)})
    SELECT cluster_id, '', bucket, sum(samples), 12,
        {", ".join(f"sum({name})" for name in _COLUMNS)}
    FROM metering_rollup_1h WHERE cluster_id = ANY(%s) AND node <> ''
    GROUP BY cluster_id, bucket
"""  # noqa: S608 - of constants
_DAYS = f"""
    INSERT INTO metering_rollup_1d
        (cluster_id, node, bucket, samples, buckets, {", ".join(_COLUMNS)})
    SELECT cluster_id, node, date_trunc('day', bucket, 'UTC'), sum(samples), sum(buckets),
        {", ".join(f"{'avg' if name.endswith('mean') else 'max'}({name})" for name in _COLUMNS)}
    FROM metering_rollup_1h WHERE cluster_id = ANY(%s)
    GROUP BY 1, 2, 3
"""  # noqa: S608 - of constants


def _of_teams(step: str) -> str:
    """Return the SQL of the team's steps: sums of its clusters', as metering.team_rollups has."""
    names = _COLUMNS if step in {"1h", "1d"} else [n for n in _COLUMNS if n.endswith("mean")]
    more, amounts = ("buckets, ", "max(buckets), ") if step in {"1h", "1d"} else ("", "")
    scopes = "(team_id), (team_id, template_id), (team_id, owner_id), "
    return f"""
        INSERT INTO metering_team_{step}
            (team_id, template_id, owner_id, bucket, {more}{", ".join(names)})
        SELECT team_id, coalesce(template_id, {ALL}), coalesce(owner_id, {ALL}), bucket,
            {amounts}{", ".join(f"sum({name})" for name in names)}
        FROM metering_rollup_{step} JOIN metering_meteredcluster USING (cluster_id)
        WHERE cluster_id = ANY(%s) AND node = ''
        GROUP BY bucket, GROUPING SETS ({scopes}(team_id, template_id, owner_id))
    """  # noqa: S608 - of constants


def _finer(table: str) -> str:
    """Return the SQL for the parts of the latest hours, each a little off its hour's value."""
    names = [name for name in _COLUMNS if table == "5m" or not name.endswith("p95")]
    wobbling = (
        name if "capacity" in name else f"{name} * (0.92 + 0.08 * random())" for name in names
    )
    return f"""
        INSERT INTO metering_rollup_{table} (cluster_id, node, bucket, samples, {", ".join(names)})
        SELECT cluster_id, node, moment, 12, {", ".join(wobbling)}
        FROM metering_rollup_1h, generate_series(
            bucket, bucket + '59 minutes'::interval, %(step)s
        ) AS moment
        WHERE cluster_id = ANY(%(ids)s) AND bucket >= date_trunc('hour', %(since)s)
            AND moment >= %(since)s AND moment <= %(until)s
    """  # noqa: S608 - of constants
