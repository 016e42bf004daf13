"""Write new nodes of a cluster down, before their machines are asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import F

from clusters.leases import LeaseLost
from clusters.models import Cluster, Group, Node, ScalingDecision
from clusters.nodes.machine import machine_for
from domain.demand import Shape
from domain.planner import Launch
from providers.base import MOST_IN_BATCH


def add_nodes(
    cluster: Cluster,
    group: Group,
    *,
    count: int,
    decision: ScalingDecision | None = None,
    launch: Launch | None = None,
    zone: str = "",
) -> list[Node]:
    """Write `count` new nodes down under names never used before.

    The counter moves only for the holder of the lease, so that two workers, one of them late,
    can never both answer the same demand, and only for the version and the settings that were
    planned with. Without a launch they are the group's own machine, in `zone`.
    """
    held = Cluster.objects.filter(
        pk=cluster.pk,
        lease_token=cluster.lease_token,
        version_id=cluster.version_id,
        settings_id=cluster.settings_id,
    )
    if not held.update(next_node=F("next_node") + count):
        raise LeaseLost
    cluster.refresh_from_db(fields=["next_node"])
    machine = {"zone": zone, **machine_for(cluster, group, launch)}
    numbers = range(cluster.next_node - count, cluster.next_node)
    planned = _planned(launch, count=count)
    return Node.objects.bulk_create(
        Node(
            name=f"{cluster.handle}-{number}",
            **_batch(cluster, number - numbers.start, numbers),
            cluster=cluster,
            group=group,
            run_id=cluster.run_id,
            version_id=cluster.version_id,
            settings_id=cluster.settings_id,
            role=group.role,
            decision=decision,
            decision_reason=decision.reason if decision else "",
            planned=shapes,
            **machine,
        )
        for number, shapes in zip(numbers, planned, strict=True)
    )


def _batch(cluster: Cluster, place: int, numbers: range) -> dict[str, Any]:
    """Return which batch the node in a place of these is in: they are all of one kind."""
    first = place - place % MOST_IN_BATCH
    return {
        "batch": f"{cluster.handle}-{numbers[first]}",
        "batch_index": place - first,
        "batch_size": min(MOST_IN_BATCH, len(numbers) - first),
    }


def _planned(launch: Launch | None, *, count: int) -> list[list[dict[str, Any]]]:
    packs = launch.packs if launch else ()
    planned = [planned_rows(pack.shapes) for pack in packs for _ in range(pack.count)]
    return planned + [[] for _ in range(count - len(planned))]


def planned_rows(shapes: Sequence[Shape]) -> list[dict[str, Any]]:
    """Return what a node is for as its row keeps it: JSON has lists where a shape has tuples."""
    rows: list[dict[str, Any]] = json.loads(json.dumps([asdict(shape) for shape in shapes]))
    return rows
