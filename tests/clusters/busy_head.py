"""A head whose nodes are in use, for tests of consolidation and of spot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clusters.models import Cluster, Command, Consolidation, Node
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

TWO_TYPES = TEXT + "  groups:\n"


class BusyHead(Head):
    """A head whose nodes are busy with a part of what they have."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.cpus: dict[str, float] = {}  # of each node, in use
        self.actors: dict[str, int] = {}

    def _node(self, node: Node) -> dict[str, Any]:
        item = super()._node(node)
        total = node.promised
        free = total | {"CPU": total["CPU"] - self.cpus.get(node.name, 0)}
        return item | {
            "total": total,
            "available": free,
            "actors": self.actors.get(node.name, 0),
        }

    def grows(self, *cpus: float) -> list[Node]:
        """So many workers, ready for long, with so many CPUs in use."""
        self.wants(len(cpus), CPU=2.0)
        self.report()
        self.pass_by()
        self.report()
        self.wants(0)
        nodes = self.nodes()
        self.cpus |= {node.name: busy for node, busy in zip(nodes, cpus, strict=True)}
        self.ages(timedelta(hours=1))
        self.report()
        return nodes

    def ages(self, by: timedelta) -> None:
        """Let the ready nodes have been there for longer."""
        for node in self.nodes():
            node.requested_at -= by
            node.ready_at = node.ready_at and node.ready_at - by
            node.save()

    def looks(self, *, times: int = 1, after: float = 16) -> None:
        """Let passes look again, each so many seconds after the one before."""
        for _ in range(times):
            for row in Consolidation.objects.all():
                row.looked_at -= timedelta(seconds=after)
                row.since = row.since and row.since - timedelta(seconds=after)
                row.save()
            self.report()
            self.pass_by()

    def drained(self) -> list[tuple[str, str]]:
        """The nodes that drain, with what Ray is told to be the reason."""
        rows = Command.objects.filter(cluster=self.cluster, kind="drain").order_by("node__pk")
        return [(row.body["node"], row.body["reason"]) for row in rows]

    def decided(self, *kinds: str) -> list[str]:
        rows = self.cluster.decisions.filter(kind__in=kinds).order_by("pk")
        return list(rows.values_list("reason", flat=True))
