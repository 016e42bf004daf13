"""The team's live clusters, with what they cost and whether they are idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Team
from clusters.ending import verdict_for
from clusters.models import Cluster, Node
from clusters.queries import live_clusters
from domain.idle import Activity, Verdict
from domain.lifecycle import ClusterState, NodeState
from metering.queries import RunningCost, accrued_since, running_costs

_NODE_FIELDS = ("cluster_id", "state", "role", "idle_since", "hourly_microusd")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLine:
    """One live cluster. Money in micro-dollars; `idle_hourly` is of its machines without work."""

    cluster: Cluster
    cost: RunningCost
    ready: int
    verdict: Verdict
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
        return f"{self.coming} starting or ending" if self.coming else ""

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
        """Return how many end by themselves before `moment`, if nothing changes."""
        ends = [line.verdict.stops_at for line in self.running]
        return sum(1 for end in ends if end and end < moment)


def fleet_of(team: Team, *, now: datetime) -> Fleet:
    """Return the team's live clusters in four queries, the dearest an hour first."""
    clusters = list(live_clusters(team))
    ids = [cluster.pk for cluster in clusters]
    costs = running_costs(ids, now=now)
    nodes = _nodes_by_cluster(ids)
    verdicts = {cluster.pk: verdict_for(cluster, nodes[cluster.pk]) for cluster in clusters}
    idle_since = {pk: found.idle_since for pk, found in verdicts.items() if found.idle_since}
    wasted = accrued_since(idle_since, now=now)
    lines = [
        _line(
            cluster,
            nodes=nodes[cluster.pk],
            cost=costs[cluster.pk],
            verdict=verdicts[cluster.pk],
            wasted=wasted.get(cluster.pk, 0),
        )
        for cluster in clusters
    ]
    return Fleet(lines=sorted(lines, key=lambda line: -line.cost.hourly_microusd))


def _nodes_by_cluster(ids: Sequence[UUID]) -> dict[UUID, list[Node]]:
    found: dict[UUID, list[Node]] = {pk: [] for pk in ids}
    live = Node.objects.filter(cluster__in=ids).exclude(state=NodeState.TERMINATED)
    for node in live.only(*_NODE_FIELDS):
        found[node.cluster_id].append(node)
    return found


def _line(
    cluster: Cluster, *, nodes: Sequence[Node], cost: RunningCost, verdict: Verdict, wasted: int
) -> ClusterLine:
    whole = verdict.state is Activity.IDLE
    ready = [node for node in nodes if node.state == NodeState.READY]
    # Of a cluster that does not report, nobody knows: it counts as active.
    known = verdict.state is not Activity.UNKNOWN
    idle = [node for node in ready if known and (whole or node.idle_since)]
    return ClusterLine(
        cluster=cluster,
        cost=cost,
        ready=len(ready),
        verdict=verdict,
        idle_hourly=sum(node.hourly_microusd or 0 for node in idle),
        wasted=wasted if whole else 0,
    )
