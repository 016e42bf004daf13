"""The team's live clusters, with what they cost and whether they are idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Team
from clusters.models import Cluster
from clusters.queries.live import LiveCluster, live_clusters
from clusters.reconcile.termination import verdict_of
from domain.idle import Activity, IdleVerdict
from metering.queries import RunningCost, accrued_since, running_costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One live cluster as sums and orders need it. Money in micro-dollars."""

    live: LiveCluster
    cost: RunningCost

    @property
    def is_idle(self) -> bool:
        return self.live.is_running and self.live.activity is Activity.IDLE

    @property
    def is_blind(self) -> bool:
        return self.live.is_running and self.live.activity is Activity.UNKNOWN

    @property
    def idle_hourly(self) -> int:
        """Price of its machines without work: all of an idle cluster, or single nodes."""
        if self.live.activity is Activity.IDLE:
            return self.live.hourly
        # A cluster that does not report counts as active.
        return self.live.idle_hourly if self.live.activity is Activity.ACTIVE else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The live clusters of a team, the most expensive an hour first, and their sums."""

    standings: Sequence[Standing]

    @property
    def count(self) -> int:
        return len(self.standings)

    @property
    def running(self) -> list[Standing]:
        return [standing for standing in self.standings if standing.live.is_running]

    @property
    def coming(self) -> int:
        return len(self.standings) - len(self.running)

    @property
    def nodes(self) -> int:
        return sum(standing.cost.nodes for standing in self.standings)

    @property
    def unpriced_nodes(self) -> int:
        return sum(standing.cost.unpriced_nodes for standing in self.standings)

    @property
    def coming_words(self) -> str:
        return f"{self.coming} starting or terminating" if self.coming else ""

    @property
    def unpriced_words(self) -> str:
        return f"{self.unpriced_nodes} without a price" if self.unpriced_nodes else ""

    @property
    def accrued(self) -> int:
        return sum(standing.cost.accrued_microusd for standing in self.standings)

    @property
    def hourly(self) -> int:
        return sum(standing.cost.hourly_microusd for standing in self.standings)

    @property
    def idle_daily(self) -> int:
        return 24 * sum(standing.idle_hourly for standing in self.standings)

    @property
    def blind(self) -> int:
        return sum(standing.is_blind for standing in self.standings)

    def stopping_before(self, moment: datetime) -> int:
        """Return how many end automatically before `moment`, if nothing changes."""
        ends = [standing.live.stops_at for standing in self.running]
        return sum(1 for end in ends if end and end < moment)


def fleet_of(team: Team, *, now: datetime) -> Fleet:
    """Return all of the team's live clusters in two queries."""
    rows = live_clusters(team, now=now)
    costs = running_costs([row.pk for row in rows], now=now)
    standings = [Standing(live=row, cost=costs[row.pk]) for row in rows]
    return Fleet(standings=sorted(standings, key=lambda row: -row.cost.hourly_microusd))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLine:
    """One live cluster as a row shows it."""

    cluster: Cluster
    standing: Standing
    verdict: IdleVerdict
    wasted: int  # micro-dollars since it is idle as a whole

    @property
    def cost(self) -> RunningCost:
        return self.standing.cost


def lines_of(standings: Sequence[Standing], *, now: datetime) -> list[ClusterLine]:
    """Return the rows of those clusters that a page shows, with their signals."""
    rows = Cluster.objects.filter(pk__in=[standing.live.pk for standing in standings])
    known = rows.select_related("run", "owner", "version__template").in_bulk()
    shown = [(known[s.live.pk], s) for s in standings if s.live.pk in known]
    verdicts = {cluster.pk: verdict_of(cluster, busy=s.live.busy) for cluster, s in shown}
    idle_since = {pk: verdict.idle_since for pk, verdict in verdicts.items() if verdict.idle_since}
    wasted = accrued_since(idle_since, now=now)
    return [
        ClusterLine(
            cluster=cluster,
            standing=standing,
            verdict=verdicts[cluster.pk],
            wasted=wasted.get(cluster.pk, 0),
        )
        for cluster, standing in shown
    ]
