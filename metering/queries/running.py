"""What clusters cost so far, from their nodes' intervals: right to the second, posted or not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

# The same running total as domain.pricing.interval_microusd; a test compares the two.
_TOTAL = """div(
    interval.hourly_microusd * (extract(epoch FROM greatest({until} - interval.started_at, '0'))
    * 1000000)::numeric, 3600000000
)"""
_END = "least(interval.ended_at, %(now)s)"
_RUNNING = f"""
    SELECT interval.cluster_id,
        coalesce(sum(interval.hourly_microusd) FILTER (WHERE interval.ended_at IS NULL), 0)::bigint,
        coalesce(sum({_TOTAL.format(until=_END)}), 0)::bigint,
        count(*) FILTER (WHERE interval.ended_at IS NULL),
        count(*) FILTER (WHERE interval.ended_at IS NULL AND interval.hourly_microusd IS NULL)
    FROM unnest(%(clusters)s::uuid[]) AS wanted (cluster_id)
    JOIN metering_interval AS interval ON interval.cluster_id = wanted.cluster_id
    GROUP BY interval.cluster_id
"""  # noqa: S608 - of constants
_SINCE = f"""
    SELECT interval.cluster_id, coalesce(sum(
            {_TOTAL.format(until=_END)} - {_TOTAL.format(until=f"least(wanted.since, {_END})")}
        ), 0)::bigint
    FROM unnest(%(clusters)s::uuid[], %(since)s::timestamptz[]) AS wanted (cluster_id, since)
    JOIN metering_interval AS interval ON interval.cluster_id = wanted.cluster_id
    GROUP BY interval.cluster_id
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCost:
    """A cluster's price an hour now and what came to so far, in micro-dollars.

    Both leave out nodes without a known price; `unpriced_nodes` of its `nodes` have none now.
    """

    hourly_microusd: int = 0
    accrued_microusd: int = 0
    nodes: int = 0
    unpriced_nodes: int = 0


def running_costs(cluster_ids: Collection[UUID], *, now: datetime) -> dict[UUID, RunningCost]:
    """Return the running cost of each of these clusters, in one query."""
    costs = dict.fromkeys(cluster_ids, RunningCost())
    if not costs:
        return costs
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING, {"clusters": list(costs), "now": now})
        for cluster_id, hourly, so_far, nodes, unpriced in cursor.fetchall():
            costs[cluster_id] = RunningCost(
                hourly_microusd=hourly,
                accrued_microusd=so_far,
                nodes=nodes,
                unpriced_nodes=unpriced,
            )
    return costs


def accrued(cluster_ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """Return the micro-dollars each cluster has cost up to `now`, in one query."""
    costs = running_costs(cluster_ids, now=now)
    return {cluster_id: cost.accrued_microusd for cluster_id, cost in costs.items()}


def accrued_since(since: Mapping[UUID, datetime], *, now: datetime) -> dict[UUID, int]:
    """Return the micro-dollars each cluster has cost from its moment in `since` up to `now`."""
    amounts = dict.fromkeys(since, 0)
    if not since:
        return amounts
    parameters: dict[str, Any] = {
        "clusters": list(since),
        "since": list(since.values()),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, parameters)
        return amounts | dict(cursor.fetchall())
