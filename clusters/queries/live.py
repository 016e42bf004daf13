"""Every live cluster of a team in one query, for what pages count and sum over thousands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Team
from clusters.agent_report import is_fresh
from domain.idle import Activity, IdleInput, activity, end_by_rule
from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterState, NodeState

# Demand is examined here: a report may hold thousands of shapes.
_QUERY = """
    SELECT cluster.id, cluster.name, cluster.state,
        cluster.idle_minutes, cluster.max_lifetime_minutes,
        run.started_at, run.idle_since, run.hold_until, run.agent_seen_at,
        run.drivers, run.actors,
        (jsonb_path_exists(run.demand, '$.shapes[*] ? (@.count > 0)')
            OR jsonb_path_exists(run.demand, '$.gangs[*]'))::int,
        coalesce(ready.nodes, 0), coalesce(ready.busy, 0),
        coalesce(ready.hourly, 0), coalesce(ready.idle_hourly, 0)
    FROM clusters_cluster AS cluster JOIN clusters_run AS run ON run.id = cluster.run_id
    LEFT JOIN (
        SELECT cluster_id, count(*) AS nodes, count(*) FILTER (WHERE idle_since IS NULL) AS busy,
            sum(hourly_microusd)::bigint AS hourly,
            (sum(hourly_microusd) FILTER (WHERE idle_since IS NOT NULL))::bigint AS idle_hourly
        FROM clusters_node
        WHERE state = %(ready)s
            AND cluster_id IN (SELECT id FROM clusters_cluster WHERE team_id = %(team)s)
        GROUP BY cluster_id
    ) AS ready ON ready.cluster_id = cluster.id
    WHERE cluster.team_id = %(team)s AND cluster.state <> ALL(%(ended)s)
    ORDER BY cluster.name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCluster:
    """One live cluster: whether it works, and its ready nodes with their prices an hour."""

    pk: UUID
    name: str
    state: str
    activity: Activity
    stops_at: datetime | None
    ready: int
    busy: int
    hourly: int  # micro-dollars of the ready nodes
    idle_hourly: int  # of those without work

    @property
    def is_running(self) -> bool:
        return self.state == ClusterState.RUNNING


def live_clusters(team: Team, *, now: datetime) -> list[LiveCluster]:
    """Return the team's clusters that are up, coming up or going, by name, in one query."""
    parameters: dict[str, Any] = {
        "team": team.pk,
        "ready": NodeState.READY.value,
        "ended": [state.value for state in ENDED_CLUSTER_STATES],
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, parameters)
        return [_live(row, now) for row in cursor.fetchall()]


def _live(row: tuple[Any, ...], moment: datetime) -> LiveCluster:
    pk, name, state, idle_minutes, max_lifetime_minutes, started_at, idle_since, *rest = row
    hold_until, seen, drivers, actors, waiting, ready, busy, hourly, idle_hourly = rest
    if is_fresh(seen, moment=moment):
        known = IdleInput(
            drivers=drivers, actors=actors, waiting=waiting, held=busy, hold_until=hold_until
        )
    else:
        known = IdleInput(drivers=None, actors=None, waiting=None, held=None, hold_until=hold_until)
    answer = activity(known, now=moment)
    return LiveCluster(
        pk=pk,
        name=name,
        state=state,
        activity=answer,
        stops_at=end_by_rule(
            idle_since=(idle_since or moment) if answer is Activity.IDLE else None,
            started_at=started_at,
            idle_minutes=idle_minutes,
            max_lifetime_minutes=max_lifetime_minutes,
        ),
        ready=ready,
        busy=busy,
        hourly=hourly,
        idle_hourly=idle_hourly,
    )
