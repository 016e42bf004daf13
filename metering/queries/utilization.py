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
    rows = _rows(source, cluster_ids, scope, node, until=min(until, now - SETTLED))
    with connection.cursor() as cursor:
        cursor.execute(_in_steps(source, rows, columns), rows.parameters | {"step": source.step})
        records = cursor.fetchall()
    return _series(source, records, measures, peaks=peaks)


def _series(
    source: RollupSource, records: Sequence[Sequence[Any]], measures: Sequence[str], *, peaks: bool
) -> Series:
    """Return the series of rows of a time, the measures' means and, with `peaks`, their peaks."""
    width = 1 + len(measures) * (2 if peaks else 1)
    times, *values = zip(*records, strict=True) if records else [()] * width
    return Series(
        step=source.step,
        times=times,
        means=dict(zip(measures, values, strict=False)),
        peaks=dict(zip(measures, values[len(measures) :], strict=True)) if peaks else {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOverTime:
    """The series of a range, and how its use was spread, by measure."""

    series: Series
    spread: dict[str, Spread]


def use_over_time(
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cluster_ids: Collection[UUID] | None = None,
    scope: Scope | None = None,
    node: str | None = None,
) -> UseOverTime:
    """Return the series of all measures and the spread of use; each row is read once."""
    source = source_of_series(since, until, now)
    rows = _rows(source, cluster_ids, scope, node, until=min(until, now - SETTLED))
    means = [f"{name}_mean" for name in MEASURES]
    p95, peak = _spread_columns(source, scope)
    spreads = [f"{name}_{kind}" for name in WITH_P95 for kind in ("mean", p95, peak)]
    query = f"""
        WITH read AS MATERIALIZED (
            SELECT bucket, {", ".join(dict.fromkeys([*means, *spreads]))} FROM {rows.sql}
        ), series AS ({_in_steps(source, _Rows("read", {}), means)}),
        spread AS (SELECT {_percentiles(p95, peak)} FROM read)
        SELECT series.*, spread.* FROM series CROSS JOIN spread ORDER BY 1
    """  # noqa: S608 - of constants
    with connection.cursor() as cursor:
        cursor.execute(query, rows.parameters | {"step": source.step})
        records = cursor.fetchall()
    width = 1 + len(means)
    series = _series(source, [record[:width] for record in records], MEASURES, peaks=False)
    values = records[0][width:] if records else (None,) * 3 * len(WITH_P95)
    spread = {
        name: Spread(*values[3 * index : 3 * index + 3]) for index, name in enumerate(WITH_P95)
    }
    return UseOverTime(series=series, spread=spread)


def _spread_columns(source: RollupSource, scope: Scope | None) -> tuple[str, str]:
    """Return which columns hold a bucket's 95th percentile and its peak."""
    if source.level.weight:
        return "p95", "max"
    return "mean", "mean" if scope else "max"


def _percentiles(p95: str, peak: str) -> str:
    return ", ".join(
        f"""percentile_cont(0.5) WITHIN GROUP (ORDER BY {name}_mean) AS {name}_half,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY {name}_{p95}) AS {name}_most,
            max({name}_{peak}) AS {name}_peak"""
        for name in WITH_P95
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table with its condition, and the condition's values."""

    sql: str
    parameters: dict[str, Any]


def _rows(
    source: RollupSource,
    cluster_ids: Collection[UUID] | None,
    scope: Scope | None,
    node: str | None,
    *,
    until: datetime,
) -> _Rows:
    if scope:
        return _of_scope(source, scope, until=until)
    return _of_clusters(source, cluster_ids, node, until=until)


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


def _in_steps(source: RollupSource, rows: _Rows, columns: Sequence[str]) -> str:
    """Return the SQL of the sums over clusters in each step of the source."""
    query = _by_bucket(rows, columns)
    return _by_step(query, columns) if source.step > source.level.length else query


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
