"""The team's live clusters, with what they cost and whether they are idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, Sum

from accounts.models import Team
from clusters.models import Cluster, Node
from clusters.queries.clusters import live_clusters
from clusters.reconcile.termination import verdict_of
from domain.idle import Activity, IdleVerdict
from domain.lifecycle import ClusterState, NodeState
from metering.queries import RunningCost, accrued_since, running_costs


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLine:
    """One live cluster. Money in micro-dollars; `idle_hourly` is of its machines without work."""

    cluster: Cluster
    cost: RunningCost
    ready: int
    verdict: IdleVerdict
    idle_hourly: int
    wasted: int  # since it is idle as a whole

    @property
    def is_running(self) -> bool:
        return self.cluster.state == ClusterState.RUNNING

    @property
    def is_idle(self) -> bool:
        return self.is_running and self.verdict.state is Activity.IDLE

    @property
    def is_blind(self) -> bool:
        return self.is_running and self.verdict.state is Activity.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The live clusters of a team and their sums."""

    lines: Sequence[ClusterLine]

    @property
    def running(self) -> list[ClusterLine]:
        return [line for line in self.lines if line.is_running]

    @property
    def coming(self) -> int:
        return len(self.lines) - len(self.running)

    @property
    def nodes(self) -> int:
        return sum(line.cost.nodes for line in self.lines)

    @property
    def unpriced_nodes(self) -> int:
        return sum(line.cost.unpriced_nodes for line in self.lines)

    @property
    def coming_words(self) -> str:
        return f"{self.coming} starting or terminating" if self.coming else ""

    @property
    def unpriced_words(self) -> str:
        return f"{self.unpriced_nodes} without a price" if self.unpriced_nodes else ""

    @property
    def accrued(self) -> int:
        return sum(line.cost.accrued_microusd for line in self.lines)

    @property
    def hourly(self) -> int:
        return sum(line.cost.hourly_microusd for line in self.lines)

    @property
    def idle_daily(self) -> int:
        return 24 * sum(line.idle_hourly for line in self.lines)

    def stopping_before(self, moment: datetime) -> int:
        """Return how many end automatically before `moment`, if nothing changes."""
        ends = [line.verdict.stops_at for line in self.running]
        return sum(1 for end in ends if end and end < moment)


def fleet_of(team: Team, *, now: datetime) -> Fleet:
    """Return the team's live clusters in four queries, the most expensive an hour first."""
    clusters = list(live_clusters(team))
    costs = running_costs([cluster.pk for cluster in clusters], now=now)
    ready = _ready_nodes(team)
    verdicts = {
        cluster.pk: verdict_of(cluster, busy=ready.get(cluster.pk, NO_NODES).busy)
        for cluster in clusters
    }
    idle_since = {pk: verdict.idle_since for pk, verdict in verdicts.items() if verdict.idle_since}
    wasted = accrued_since(idle_since, now=now)
    lines = [
        _line(
            cluster,
            ready=ready.get(cluster.pk, NO_NODES),
            cost=costs[cluster.pk],
            verdict=verdicts[cluster.pk],
            wasted=wasted.get(cluster.pk, 0),
        )
        for cluster in clusters
    ]
    return Fleet(lines=sorted(lines, key=lambda line: -line.cost.hourly_microusd))


@dataclass(frozen=True, slots=True)
class ReadyNodes:
    """Of one cluster's ready nodes: how many, how many of them work, and prices an hour."""

    count: int
    busy: int
    hourly: int
    idle_hourly: int


NO_NODES = ReadyNodes(0, 0, 0, 0)


def _ready_nodes(team: Team) -> dict[UUID, ReadyNodes]:
    # Counted by the database: there may be thousands.
    idle = Q(idle_since__isnull=False)
    rows = (
        Node.objects.filter(cluster__team=team, state=NodeState.READY)
        .values_list("cluster")
        .annotate(
            count=Count("pk"),
            busy=Count("pk", filter=~idle),
            hourly=Sum("hourly_microusd", default=0),
            idle_hourly=Sum("hourly_microusd", filter=idle, default=0),
        )
    )
    return {cluster_id: ReadyNodes(*counts) for cluster_id, *counts in rows}


def _line(
    cluster: Cluster, *, ready: ReadyNodes, cost: RunningCost, verdict: IdleVerdict, wasted: int
) -> ClusterLine:
    prices = {
        Activity.IDLE: ready.hourly,
        Activity.ACTIVE: ready.idle_hourly,
        # A cluster that does not report counts as active.
        Activity.UNKNOWN: 0,
    }
    return ClusterLine(
        cluster=cluster,
        cost=cost,
        ready=ready.count,
        verdict=verdict,
        idle_hourly=prices[verdict.state],
        wasted=wasted if verdict.state is Activity.IDLE else 0,
    )
