"""How much of what was there was held and used: by cluster, and by node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import Team
from clusters.models import Cluster, Node
from metering.queries import Utilization, utilization_by_cluster, utilization_by_node


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The mean of a resource over a range: what was there, reserved and used; None is unknown."""

    capacity: float | None
    held: float | None
    used: float | None

    @property
    def used_percent(self) -> int | None:
        return _percent(self.used, self.capacity)

    @property
    def held_percent(self) -> int | None:
        return _percent(self.held, self.capacity)


def _percent(part: float | None, whole: float | None) -> int | None:
    return round(100 * part / whole) if whole and part is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """One cluster or node with its shares; `words` tell what it is."""

    key: str  # the cluster's id, the node's name
    label: str
    words: str
    state: str
    cpu: Share
    memory: Share
    gpu: Share
    object_store: Share

    @property
    def shares(self) -> list[tuple[str, Share]]:
        """The shares with their resources' names, in the order of the table's columns."""
        return [
            ("CPU", self.cpu),
            ("Memory", self.memory),
            ("GPU", self.gpu),
            ("Object store", self.object_store),
        ]


def clusters_between(team: Team, *, since: datetime) -> QuerySet[Cluster]:
    """Return the team's clusters that were there after `since`, ended ones included."""
    there = Q(run__ended_at=None) | Q(run__ended_at__gte=since)
    # Many share a version: reading those once is faster than joining them to each.
    return Cluster.objects.filter(there, team=team).prefetch_related("version__template")


def use_by_cluster(clusters: QuerySet[Cluster], *, since: datetime, now: datetime) -> list[UseRow]:
    """Return the shares of those clusters that were measured since then, the busiest first."""
    known = {cluster.pk: cluster for cluster in clusters}
    uses = utilization_by_cluster(list(known), since=since, until=now, now=now)
    rows = [
        _row(str(pk), known[pk].name, str(known[pk].version), known[pk].state, use)
        for pk, use in uses.items()
    ]
    return sorted(rows, key=_busiest_first)


def use_by_node(cluster_id: UUID, *, since: datetime, now: datetime) -> list[UseRow]:
    """Return the shares of one cluster's nodes that were measured since then, the busiest first."""
    uses = utilization_by_node(cluster_id, since=since, until=now, now=now)
    nodes = Node.objects.filter(cluster=cluster_id, name__in=list(uses)).select_related("group")
    known: Mapping[str, Node] = {node.name: node for node in nodes}
    rows = [
        _row(name, known[name].label, known[name].machine, known[name].state, use)
        for name, use in uses.items()
        if name in known
    ]
    return sorted(rows, key=_busiest_first)


def _row(key: str, label: str, words: str, state: str, use: Utilization) -> UseRow:
    return UseRow(
        key=key,
        label=label,
        words=words,
        state=state,
        cpu=_share(use, "cpu"),
        memory=_share(use, "memory"),
        gpu=_share(use, "gpu"),
        object_store=_share(use, "object_store"),
    )


def _share(use: Utilization, name: str) -> Share:
    means = use.means
    return Share(
        capacity=means[f"{name}_capacity"],
        held=means.get(f"{name}_held"),
        used=means[f"{name}_used"],
    )


def _busiest_first(row: UseRow) -> tuple[float, str]:
    return -(row.cpu.used_percent or 0), row.label
