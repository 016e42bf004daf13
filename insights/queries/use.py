"""How much of what was there was held, used and wasted: by cluster, and by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clusters.models import Cluster, Node
from metering.queries import (
    Scope,
    UseLine,
    UseOrder,
    UsePage,
    Waste,
    cluster_uses,
    utilization_by_node,
    waste_by_node,
)

_RESOURCES = (("CPU", "cpu"), ("Memory", "memory"), ("GPU", "gpu"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A resource over a range: what was there, reserved and used; None is unknown."""

    capacity: float | None
    held: float | None
    used: float | None
    p50: float | None = None
    p95: float | None = None
    peak: float | None = None

    @property
    def used_percent(self) -> int | None:
        return _percent(self.used, self.capacity)

    @property
    def held_percent(self) -> int | None:
        return _percent(self.held, self.capacity)

    @property
    def spread(self) -> str:
        """How use was spread, in percent: "p50 12, p95 60, max 80"."""
        parts = (("p50", self.p50), ("p95", self.p95), ("max", self.peak))
        shares = [(word, _percent(value, self.capacity)) for word, value in parts]
        return ", ".join(f"{word} {share}%" for word, share in shares if share is not None)


def _percent(part: float | None, whole: float | None) -> int | None:
    return round(100 * part / whole) if whole and part is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """One cluster or node with its shares; `words` tell what it is, amounts are micro-dollars."""

    key: str  # the cluster's id, the node's name
    label: str
    words: str
    state: str
    shares: Sequence[tuple[str, Share]]  # in the order of the table's columns
    waste: Waste | None  # None: not known for this range


def use_by_cluster(
    window: str, scope: Scope, *, order: UseOrder, ascending: bool, start: int, size: int
) -> tuple[UsePage, list[UseRow]]:
    """Return `size` clusters of the scope behind the first `start`, and the sums over all."""
    found = cluster_uses(
        window,
        scope,
        order=order,
        ascending=ascending,
        offset=start,
        limit=size,
    )
    ids = [line.cluster_id for line in found.lines]
    clusters = Cluster.objects.filter(pk__in=ids, team=scope.team_id)
    known = clusters.select_related("owner").prefetch_related("version__template").in_bulk()
    rows = [_of_cluster(line, known[line.cluster_id]) for line in found.lines
            if line.cluster_id in known]  # fmt: skip
    return found, rows


def _of_cluster(line: UseLine, cluster: Cluster) -> UseRow:
    waste = Waste(held_unused=line.held_unused, unreserved=line.unreserved, paid=line.paid)
    return UseRow(
        key=str(line.cluster_id),
        label=cluster.name,
        words=f"{cluster.version} · {cluster.owner}",
        state=cluster.state,
        shares=[(label, _share_of_line(line, name)) for label, name in _RESOURCES],
        waste=waste,
    )


def _share_of_line(line: UseLine, name: str) -> Share:
    words = (("capacity", "capacity"), ("held", "held"), ("used", "used"),
             ("p50", "p50"), ("p95", "p95"), ("peak", "max"))  # fmt: skip
    values: dict[str, Any] = {key: getattr(line, f"{name}_{word}") for key, word in words}
    return Share(**values)


def use_by_node(cluster_id: UUID, *, since: datetime, now: datetime) -> list[UseRow]:
    """Return the shares of one cluster's nodes that were measured since then, most waste first."""
    nodes = Node.objects.filter(cluster=cluster_id).select_related("group")
    known: Mapping[str, Node] = {node.name: node for node in nodes}
    uses = utilization_by_node(
        cluster_id, since=since, until=now, now=now, node_count=max(1, len(known))
    )
    wastes = waste_by_node(cluster_id, since=since, now=now, node_count=len(known))
    rows = [
        UseRow(
            key=name,
            label=known[name].label,
            words=known[name].machine,
            state=known[name].state,
            shares=[(label, _share(use.means, word)) for label, word in _RESOURCES],
            waste=wastes.get(name, Waste()) if wastes is not None else None,
        )
        for name, use in uses.items()
        if name in known
    ]
    return sorted(rows, key=_most_wasted_first)


def _share(means: Mapping[str, float | None], name: str) -> Share:
    return Share(
        capacity=means[f"{name}_capacity"], held=means[f"{name}_held"], used=means[f"{name}_used"]
    )


def _most_wasted_first(row: UseRow) -> tuple[int, float, str]:
    wasted = row.waste.wasted if row.waste else 0
    return -wasted, -(row.shares[0][1].used_percent or 0), row.label
