"""How far the replacement of outdated nodes has come, and which version the cluster had before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clusters.models import Cluster, Event, Node
from configurations.models import Version
from domain.events import EventKind
from domain.lifecycle import NodeState


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunReplacement:
    """The nodes that are to be replaced for the cluster's version, those that are gone included."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The progress of a replacement that runs or is paused."""

    total: int
    replaced: int
    draining: int

    @property
    def words(self) -> str:
        """The progress in words: "2 of 5 nodes replaced"."""
        nodes = "node" if self.total == 1 else "nodes"
        words = f"{self.replaced} of {self.total} {nodes} replaced"
        return f"{words}, {self.draining} draining" if self.draining else words


def last_replacement(cluster: Cluster) -> BegunReplacement | None:
    """Return what was begun last, if it was for the version that the cluster has now."""
    row = _last(cluster, EventKind.CLUSTER_REPLACEMENT_STARTED, EventKind.CLUSTER_UPDATED)
    if row is None or row.kind == EventKind.CLUSTER_UPDATED:
        return None
    return BegunReplacement(nodes=tuple(row.fields.get("nodes", ())))


def replacement_of(cluster: Cluster, nodes: Iterable[Node]) -> Replacement | None:
    """Return how many of the nodes that were to be replaced are gone; `nodes` are the live ones."""
    begun = last_replacement(cluster)
    if begun is None or not begun.nodes:
        return None
    live = {node.name: node.state for node in nodes}
    left = [live[name] for name in begun.nodes if name in live]
    return Replacement(
        total=len(begun.nodes),
        replaced=len(begun.nodes) - len(left),
        draining=sum(state == NodeState.DRAINING for state in left),
    )


def version_before(cluster: Cluster) -> Version | None:
    """Return the version that the last update moved the cluster from; None without an update."""
    row = _last(cluster, EventKind.CLUSTER_UPDATED)
    number = str(row.fields.get("from", "")).rpartition(":")[2] if row else ""
    if not number.isdecimal():
        return None
    rows = Version.objects.filter(template=cluster.version.template_id, number=number)
    return rows.exclude(pk=cluster.version_id).select_related("template").defer("text").first()


def _last(cluster: Cluster, *kinds: EventKind) -> Event | None:
    return cluster.events.filter(kind__in=kinds).order_by("-pk").first()
