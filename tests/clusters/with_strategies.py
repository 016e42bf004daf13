"""A cluster with a schedule, a forecast and a rule, for tests of strategies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from clusters.models import Cluster, Node, ScalingSample
from clusters.scaling.strategies.floors import floors_of
from domain.demand import Demand, Shape

if TYPE_CHECKING:
    from domain.strategies.model import Floor

SCALING = """
  scaling:
    schedules:
      - {group: cpu, min_nodes: 3, cron: "* * * * *", minutes: 60, name: always}
    forecast: {mode: forecast_and_scale}
    rules:
      - {group: cpu, expression: "8 / queue", name: by-queue}
"""
WAITING = Demand(shapes=(Shape(resources={"CPU": 2.0}, count=2),))
RULE = {"group": "cpu", "expression": "8 / queue"}


def running(cluster: Cluster) -> Cluster:
    Cluster.objects.filter(pk=cluster.pk).update(state="running")
    cluster.runs.update(agent_seen_at=datetime.now(UTC), demand_at=datetime.now(UTC))
    cluster.refresh_from_db()
    return cluster


def add_node(cluster: Cluster, number: int = 1, **fields: object) -> Node:
    group = cluster.groups.get(name="cpu")
    fields = {"state": "ready", "total": {"CPU": 2}, "free": {"CPU": 1}} | fields
    return Node.objects.create(
        name=f"{cluster.handle}-{number}", cluster=cluster, group=group, run=cluster.run,
        role="worker",
        hourly_microusd=2_000_000, **fields,
    )  # fmt: skip


def floors(
    cluster: Cluster, demand: Demand = WAITING, *, moment: datetime | None = None
) -> tuple[Floor, ...]:
    nodes = list(cluster.nodes.select_related("group"))
    groups = list(cluster.groups.filter(role="worker"))
    moment = moment or datetime.now(UTC)
    return floors_of(cluster, groups, nodes, demand, moment=moment).get("cpu", ())


def kinds(cluster: Cluster, demand: Demand = WAITING) -> dict[str, int]:
    return {floor.kind: floor.nodes for floor in floors(cluster, demand)}


def sampled(cluster: Cluster, *, days: int, needed: Callable[[datetime], int]) -> None:
    """Give the cluster samples of so many days, one an hour."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [end - timedelta(hours=back) for back in range(1, days * 24 + 1)]
    ScalingSample.objects.bulk_create(
        ScalingSample(
            cluster=cluster, group="cpu", at=at, needed=needed(at), ready=needed(at),
            facts={"queue": float(needed(at)), "nodes": float(needed(at))},
        )
        for at in hours
    )  # fmt: skip
