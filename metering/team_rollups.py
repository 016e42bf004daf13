"""Roll-ups of whole teams, so that a chart reads one row a step however many clusters there are.

A row is a step of all clusters of a team, or of those of a template, of a user, or of both;
`template_id` and `owner_id` are 0 where all count, and -1 stands for no template. They are computed
from the roll-ups of clusters, right after those and in the same transaction.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from metering.measures import MEASURES, WITH_P95
from retention.partitions import ensure
from retention.tables import TEAM_1H, TEAM_1M, TEAM_5M

ALL, NO_TEMPLATE = 0, -1
_KEY = "team_id, template_id, owner_id, bucket"
_SCOPES = "(team_id), (team_id, template_id), (team_id, owner_id), (team_id, template_id, owner_id)"
_MEANS = [f"{measure}_mean" for measure in MEASURES]
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def _insert(table: str, columns: Collection[str], select: str) -> str:
    updates = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    return f"""
        INSERT INTO {table} ({_KEY}, {", ".join(columns)}) {select}
        ON CONFLICT ({_KEY}) DO UPDATE SET {updates}
    """


def _of_clusters(step: str) -> str:
    """Return the SQL of steps that are the sums of the clusters' means."""
    sums = ", ".join(f"sum({mean})" for mean in _MEANS)
    return _insert(
        f"metering_team_{step}",
        _MEANS,
        f"""SELECT team_id, coalesce(template_id, {ALL}), coalesce(owner_id, {ALL}), bucket, {sums}
            FROM metering_rollup_{step} JOIN metering_meteredcluster USING (cluster_id)
            WHERE team_id = ANY(%(teams)s) AND node = ''
                AND bucket >= %(since)s AND bucket < %(until)s
            GROUP BY bucket, GROUPING SETS ({_SCOPES})""",  # noqa: S608 - of constants
    )


def _coarser(step: str, source: str, *, buckets: str, mean: str, peak: str, p95: str) -> str:
    """Return the SQL of one long step from the shorter ones; each five minutes counts once."""
    columns = ["buckets", *_MEANS]
    columns += [f"{measure}_max" for measure in MEASURES]
    columns += [f"{measure}_p95" for measure in WITH_P95]
    values = [buckets, *(mean.format(name) for name in MEASURES)]
    values += [f"max({peak.format(name)})" for name in MEASURES]
    values += [
        f"percentile_cont(0.95) WITHIN GROUP (ORDER BY {p95.format(name)})" for name in WITH_P95
    ]
    return _insert(
        f"metering_team_{step}",
        columns,
        f"""SELECT team_id, template_id, owner_id, %(since)s, {", ".join(values)} FROM {source}
            WHERE team_id = ANY(%(teams)s) AND bucket >= %(since)s AND bucket < %(until)s
            GROUP BY team_id, template_id, owner_id""",  # noqa: S608 - of constants
    )


_MINUTES, _FIVE_MINUTES = _of_clusters("1m"), _of_clusters("5m")
_HOURS = _coarser(
    "1h",
    "metering_team_5m",
    buckets="count(*)",
    mean="avg({}_mean)",
    peak="{}_mean",
    p95="{}_mean",
)
_DAYS = _coarser(
    "1d",
    "metering_team_1h",
    buckets="sum(buckets)",
    mean="sum({0}_mean * buckets) / sum(buckets) FILTER (WHERE {0}_mean IS NOT NULL)",
    peak="{}_max",
    p95="{}_p95",
)


def roll_up_teams(
    clusters: Collection[UUID], *, since: datetime, until: datetime, now: datetime
) -> None:
    """Compute the steps of these clusters' teams again; `since` and `until` are of one UTC hour.

    Takes part in the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT team_id FROM metering_meteredcluster WHERE cluster_id = ANY(%s)",
            [list(clusters)],
        )
        teams = [team_id for (team_id,) in cursor.fetchall()]
    if not teams:
        return
    hour, day = since.replace(minute=0), since.replace(hour=0, minute=0)
    for partitioned in (TEAM_1M, TEAM_5M, TEAM_1H):
        ensure(partitioned, [since])
    with connection.cursor() as cursor:
        window: dict[str, Any] = {"teams": teams, "since": since, "until": until}
        # Of a late sample only its own cluster's minutes are left: no sum of a team.
        if since >= TEAM_1M.oldest(now):
            cursor.execute(_MINUTES, window)
        cursor.execute(_FIVE_MINUTES, window)
        cursor.execute(_HOURS, {"teams": teams, "since": hour, "until": hour + _HOUR})
        cursor.execute(_DAYS, {"teams": teams, "since": day, "until": day + _DAY})
