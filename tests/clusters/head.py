"""A head agent on paper: says to the real endpoint what the test wants Ray to say."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from clusters.models import Cluster, Node

_seq = count(1)


class Head:
    """One run of a cluster, seen from its head."""

    def __init__(self, cluster: Cluster) -> None:
        from clusters.nodes.tokens import agent_token

        cluster.refresh_from_db()
        self.cluster = cluster
        self.token = agent_token(cluster)
        self.idle: dict[str, float] = {}  # node name -> seconds
        self.waiting: list[dict[str, Any]] = []
        self.drivers = 0
        self.silent: set[str] = set()  # nodes that Ray does not list

    @property
    def state(self) -> str:
        """The cluster's state now."""
        self.cluster.refresh_from_db()
        return self.cluster.state

    def pass_by(self) -> None:
        """Let the reconcile loop make one pass."""
        from clusters.reconcile.loop import reconcile

        reconcile(str(self.cluster.pk))

    def nodes(self, *, role: str = "worker") -> list[Node]:
        """The live nodes of the role, oldest first."""
        return list(self.cluster.nodes.filter(role=role).exclude(state="terminated").order_by("pk"))

    def body(self, **fields: Any) -> dict[str, Any]:
        """The report that says what the test arranged."""
        return {
            "protocol": 1,
            "cluster": str(self.cluster.pk),
            "run": self.cluster.run.number,
            "seq": next(_seq),
            "ray_version": self.cluster.image_version.ray_version,
            "python_version": self.cluster.image_version.python_version,
            "session": "session_1",
            "nodes": [self._node(n) for n in self._listed()],
            "dead": [],
            "demand": {"shapes": self.waiting, "gangs": [], "standing_requests": []},
            "samples": [],
            "jobs": [],
            "logs": [],
            "results": [],
            "drivers": self.drivers,
            "active_actors": None,
        } | fields

    def _listed(self) -> list[Node]:
        rows = self.cluster.nodes.filter(state__in=["launching", "booting", "ready", "draining"])
        return [node for node in rows.select_related("group") if node.name not in self.silent]

    def _node(self, node: Node) -> dict[str, Any]:
        idle = self.idle.get(node.name)
        total = node.group.resources
        return {
            "node": node.name,
            "ray_node_id": f"id-of-{node.name}",
            "group": node.group.name,
            "status": "RUNNING" if idle is None else "IDLE",
            "idle_seconds": idle,
            "total": total,
            "available": total if idle is not None else {},
            "address": "127.0.0.2",
        }

    def report(self, *, token: str | None = None, **fields: Any) -> dict[str, Any]:
        """The answer to a report; fails the test unless it is 200."""
        response = self.post(self.body(**fields), token=token)
        assert response.status_code == 200, response.content
        return dict(response.json())

    def post(self, body: object, *, token: str | None = None) -> Any:
        """Post any body to the endpoint."""
        return Client().post(
            "/agent/v1/sync",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token if token is None else token}"},
        )

    def wants(self, count: int, **resources: float) -> None:
        """Let Ray wait for `count` tasks of these resources."""
        self.waiting = [{"resources": resources, "count": count, "selectors": []}] if count else []
