"""Capacity, held and used over time, from the roll-up that fits the range."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from metering.measures import MEASURES
from metering.models import Intake
from metering.partitions import ROLLUP_1H, ROLLUP_5M

MAX_POINTS = 400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_5M, _1H, _1D = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
_STEPS = (
    _5M, 2 * _5M, 3 * _5M, 6 * _5M,
    _1H, 2 * _1H, 3 * _1H, 4 * _1H, 6 * _1H, 12 * _1H,
    _1D, 2 * _1D, 7 * _1D, 28 * _1D,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Measures over time. All columns are as long as `times`, the starts of steps with data.

    `means` and `peaks` are by measure (cores, bytes, GPUs, bytes a second); None is unknown.
    A peak is of a node's samples or of a cluster's minutes; of several clusters, their sum.
    """

    step: timedelta
    times: tuple[datetime, ...]
    means: dict[str, tuple[float | None, ...]]
    peaks: dict[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """Means of each measure over a range, by measure; None is unknown."""

    means: dict[str, float | None]


def utilisation_series(
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cluster_ids: Collection[UUID] | None = None,
    node: str | None = None,
    measures: Sequence[str] = MEASURES,
) -> Series:
    """Return at most 400 points of these clusters' sum (None: of all), or of one of their nodes."""
    _check(measures)
    source = _source(since, until, now)
    means = ", ".join(f"sum({name}_mean) AS {name}_mean" for name in measures)
    peaks = ", ".join(f"sum({name}_max) AS {name}_max" for name in measures)
    binned = ", ".join(
        [f"avg({name}_mean)" for name in measures] + [f"max({name}_max)" for name in measures]
    )
    everywhere = cluster_ids is None
    query = f"""
        SELECT date_bin(%(step)s, bucket, 'epoch') AS point, {binned}
        FROM (
            SELECT bucket, {means}, {peaks} FROM {source.table}
            WHERE bucket >= %(since)s AND bucket < %(until)s AND {_whose(node)}
                {"" if everywhere else "AND cluster_id = ANY(%(clusters)s)"}
            GROUP BY bucket
        ) AS together
        GROUP BY point ORDER BY point
    """  # noqa: S608 - of constants
    asked: dict[str, Any] = {"step": source.step, "since": source.start, "until": until}
    asked |= {"node": node, "clusters": list(cluster_ids or [])}
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * (1 + 2 * len(measures))
    return Series(
        step=source.step,
        times=columns[0],
        means=dict(zip(measures, columns[1:], strict=False)),
        peaks=dict(zip(measures, columns[1 + len(measures) :], strict=True)),
    )


def utilisation_by_cluster(
    cluster_ids: Collection[UUID],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    measures: Sequence[str] = MEASURES,
) -> dict[UUID, Utilisation]:
    """Return the means over a range of those clusters that were measured in it."""
    source = _source(since, until, now)
    found = _means("cluster_id", "node = ''", cluster_ids, source, until, measures)
    return {key: means for key, means in found.items() if isinstance(key, UUID)}


def utilisation_by_node(
    cluster_id: UUID,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    measures: Sequence[str] = MEASURES,
) -> dict[str, Utilisation]:
    """Return the means over a range of those nodes of a cluster that were measured in it."""
    source = _source(since, until, now)
    found = _means("node", "node <> ''", [cluster_id], source, until, measures)
    return {key: means for key, means in found.items() if isinstance(key, str)}


def last_samples(cluster_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each of these clusters was measured last, where it ever was."""
    rows = Intake.objects.filter(cluster_id__in=cluster_ids).values_list("cluster_id", "last_at")
    return {cluster_id: last_at for cluster_id, last_at in rows if last_at}


def _means(
    key: str,
    condition: str,
    cluster_ids: Collection[UUID],
    source: "_Source",
    until: datetime,
    measures: Sequence[str],
) -> dict[UUID | str, Utilisation]:
    _check(measures)
    columns = ", ".join(f"avg({name}_mean)" for name in measures)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {key}, {columns} FROM {source.table}
                WHERE cluster_id = ANY(%s) AND bucket >= %s AND bucket < %s AND {condition}
                GROUP BY {key}""",  # noqa: S608 - of constants
            [list(cluster_ids), source.start, until],
        )
        return {
            row[0]: Utilisation(means=dict(zip(measures, row[1:], strict=True)))
            for row in cursor.fetchall()
        }


@dataclass(frozen=True, slots=True)
class _Source:
    """Which roll-up to read from where on, and the length of a step."""

    table: str
    start: datetime
    step: timedelta


def _source(since: datetime, until: datetime, now: datetime) -> _Source:
    """Return the coarsest roll-up that is fine enough for 400 points and still kept."""
    # One point more than whole steps: a range seldom starts on one.
    wanted = (step for step in _STEPS if (until - since) / step + 1 <= MAX_POINTS)
    step = next(wanted, _STEPS[-1])
    if step < _1H and since >= ROLLUP_5M.oldest(now):
        table, resolution = ROLLUP_5M.table, _5M
    elif step < _1D and since >= ROLLUP_1H.oldest(now):
        table, resolution = ROLLUP_1H.table, _1H
    else:
        table, resolution = "metering_rollup_1d", _1D
    step = max(step, resolution)
    return _Source(table, since - (since - _EPOCH) % step, step)


def _check(measures: Sequence[str]) -> None:
    # Their names become part of the query.
    if unknown := set(measures) - set(MEASURES):
        raise ValueError(f"Not measured: {', '.join(sorted(unknown))}; see metering.measures.")


def _whose(node: str | None) -> str:
    # Spelled out, so that the partial index for whole clusters can serve.
    return "node = ''" if node is None else "node = %(node)s"
