"""Capacity, held and used over time, from the roll-up that fits the range."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from metering.measures import MEASURES, WITH_P95
from metering.models import Intake
from metering.queries.levels import RollupSource, Scope, source_of_means, source_of_series

# Within it each cluster reports: before, the newest step of a sum over clusters would lack some.
SETTLED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Measures over time. All columns are as long as `times`, the starts of steps with data.

    `means` and `peaks` are by measure (cores, bytes, GPUs, bytes a second); None is unknown.
    `peaks` is empty unless requested; a peak is of a node's samples or of a cluster's minutes, and
    of several clusters their sum.
    """

    step: timedelta
    times: tuple[datetime, ...]
    means: dict[str, tuple[float | None, ...]]
    peaks: dict[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the steps of a range: half used at most `p50`, 95 % at most `p95`; `peak` is the most.

    Steps are those of the chart. Of hours and days `p95` is of their own 95th percentiles. The
    peak of a node or cluster is of its samples or minutes, that of several clusters of the sums.
    """

    p50: float | None
    p95: float | None
    peak: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilization:
    """Means of each measure over a range, by measure; None is unknown."""

    means: dict[str, float | None]


def utilization_series(
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cluster_ids: Collection[UUID] | None = None,
    scope: Scope | None = None,
    node: str | None = None,
    measures: Sequence[str] = MEASURES,
    peaks: bool = False,
) -> Series:
    """Return at most 400 points of these clusters' sum (None: of all), or of one of their nodes.

    A `scope` names the clusters of a team; its roll-up has one row a step, and no peaks.
    """
    _check(measures)
    source = source_of_series(since, until, now)
    columns = [f"{name}_mean" for name in measures]
    columns += [f"{name}_max" for name in measures if peaks]
    if scope:
        rows = _of_scope(source, scope, until=min(until, now - SETTLED))
    else:
        rows = _of_clusters(source, cluster_ids, node, until=min(until, now - SETTLED))
    query = _by_bucket(rows, columns)
    if source.step > source.level.length:
        query = _by_step(query, columns)
    parameters = rows.parameters | {"step": source.step}
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows = cursor.fetchall()
    times, *values = zip(*rows, strict=True) if rows else [()] * (1 + len(columns))
    by_column = dict(zip(columns, values, strict=True))
    return Series(
        step=source.step,
        times=times,
        means={name: by_column[f"{name}_mean"] for name in measures},
        peaks={name: by_column[f"{name}_max"] for name in measures if peaks},
    )


def spread_of_use(
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cluster_ids: Collection[UUID] | None = None,
    scope: Scope | None = None,
    node: str | None = None,
) -> dict[str, Spread]:
    """Return how use was spread over the steps of the range, by measure."""
    source = source_of_series(since, until, now)
    end = min(until, now - SETTLED)
    if scope:
        rows = _of_scope(source, scope, until=end)
    else:
        rows = _of_clusters(source, cluster_ids, node, until=end)
    is_long = source.level.weight != ""
    p95, peak = ("p95", "max") if is_long else ("mean", "mean" if scope else "max")
    columns = [
        f"""percentile_cont(0.5) WITHIN GROUP (ORDER BY {name}_mean),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY {name}_{p95}), max({name}_{peak})"""
        for name in WITH_P95
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {rows.sql}", rows.parameters)  # noqa: S608 - of constants
        values = cursor.fetchone()
    return {name: Spread(*values[3 * index : 3 * index + 3]) for index, name in enumerate(WITH_P95)}


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table with its condition, and the condition's values."""

    sql: str
    parameters: dict[str, Any]


def _of_clusters(
    source: RollupSource, cluster_ids: Collection[UUID] | None, node: str | None, *, until: datetime
) -> _Rows:
    everywhere = "" if cluster_ids is None else "AND cluster_id = ANY(%(clusters)s)"
    return _Rows(
        f"""{source.table} WHERE bucket >= %(since)s AND bucket < %(until)s
            AND {_whose(node)} {everywhere}""",
        {
            "since": source.start, "until": until, "node": node,
            "clusters": list(cluster_ids or []),
        },
    )  # fmt: skip


def _of_scope(source: RollupSource, scope: Scope, *, until: datetime) -> _Rows:
    return _Rows(
        f"""{source.level.team_table} WHERE bucket >= %(since)s AND bucket < %(until)s
            AND team_id = %(team)s AND template_id = %(template)s AND owner_id = %(owner)s""",
        {"since": source.start, "until": until, **scope.parameters()},
    )


def _by_bucket(rows: _Rows, columns: Sequence[str]) -> str:
    """Return the SQL of the sums over clusters in each bucket."""
    return f"""
        SELECT bucket, {", ".join(f"sum({column}) AS {column}" for column in columns)}
        FROM {rows.sql} GROUP BY bucket ORDER BY bucket
    """  # noqa: S608 - of constants


def _by_step(buckets: str, columns: Sequence[str]) -> str:
    """Return the SQL of longer steps: the mean of their means, the maximum of their maxima."""
    binned = (f"{'avg' if column.endswith('_mean') else 'max'}({column})" for column in columns)
    return f"""
        SELECT date_bin(%(step)s, bucket, 'epoch') AS point, {", ".join(binned)}
        FROM ({buckets}) AS together GROUP BY point ORDER BY point
    """  # noqa: S608 - of constants


def utilization_by_cluster(
    cluster_ids: Collection[UUID],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    measures: Sequence[str] = MEASURES,
) -> dict[UUID, Utilization]:
    """Return the means over a range of those clusters that were measured in it."""
    source = source_of_means(since, until, now)
    by_key = _means("cluster_id", "node = ''", cluster_ids, source, until, measures)
    return {key: means for key, means in by_key.items() if isinstance(key, UUID)}


def utilization_by_node(
    cluster_id: UUID,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    node_count: int = 1,
    measures: Sequence[str] = MEASURES,
) -> dict[str, Utilization]:
    """Return the means over a range of those nodes of a cluster that were measured in it.

    The more nodes (`node_count`) the coarser the roll-up: at most 2,000 rows are read if any level
    is coarse enough for that.
    """
    source = source_of_means(since, until, now, each=node_count)
    by_key = _means("node", "node <> ''", [cluster_id], source, until, measures)
    return {key: means for key, means in by_key.items() if isinstance(key, str)}


def last_samples(cluster_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each of these clusters was measured last, where it ever was."""
    rows = Intake.objects.filter(cluster_id__in=cluster_ids).values_list("cluster_id", "last_at")
    return {cluster_id: last_at for cluster_id, last_at in rows if last_at}


def _means(
    key: str,
    condition: str,
    cluster_ids: Collection[UUID],
    source: RollupSource,
    until: datetime,
    measures: Sequence[str],
) -> dict[UUID | str, Utilization]:
    _check(measures)
    columns = ", ".join(source.mean(name) for name in measures)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {key}, {columns} FROM {source.table}
                WHERE cluster_id = ANY(%s) AND bucket >= %s AND bucket < %s AND {condition}
                GROUP BY {key}""",  # noqa: S608 - of constants
            [list(cluster_ids), source.start, until],
        )
        return {
            row[0]: Utilization(means=dict(zip(measures, row[1:], strict=True)))
            for row in cursor.fetchall()
        }


def _check(measures: Sequence[str]) -> None:
    # Their names become part of the query.
    if unknown := set(measures) - set(MEASURES):
        raise ValueError(f"Not measured: {', '.join(sorted(unknown))}; see metering.measures.")


def _whose(node: str | None) -> str:
    # Spelled out, so that the partial index for whole clusters can serve.
    return "node = ''" if node is None else "node = %(node)s"
