"""What runs on a node, as far as Ray's resources and its agent tell."""

from __future__ import annotations

from math import ceil

from clusters.models import Node
from domain.demand.reserved import bundles_of, reserved
from domain.lifecycle import NodeState
from domain.planner.model import Work

_OBJECTS = "object_store_memory"


def work_of(node: Node) -> Work:
    """Return the work on a node; nobody counts tasks, so each CPU in use is one.

    What holds no CPU and no bundle is at least one task. Ray counts primary copies of objects only.
    """
    if node.state != NodeState.READY or node.idle_since is not None:
        return Work()
    actors = node.actors or 0
    bundles = len(bundles_of(node.total))
    tasks = ceil(_cpus_in_use(node) - 1e-6)
    return Work(
        tasks=tasks if tasks or actors or bundles else 1,
        actors=actors,
        bundles=bundles,
        object_bytes=int(_held(node, _OBJECTS)),
    )


def may_hold_actors(node: Node) -> bool:
    """Return whether actors live on the node; a busy one of which nobody knows may hold some."""
    return node.idle_since is None and node.actors != 0


def _cpus_in_use(node: Node) -> float:
    """A placement group takes its CPUs from the node, whether its tasks use them or not."""
    inside = [name for name in node.total if _is_cpu_of_a_group(name)]
    taken = sum(node.total[name] for name in inside)
    busy = sum(_held(node, name) for name in inside)
    return max(0.0, float(_held(node, "CPU") - taken + busy))


def _is_cpu_of_a_group(name: str) -> bool:
    held = reserved(name)
    return held is not None and held.resource == "CPU" and held.bundle is None


def _held(node: Node, name: str) -> float:
    return max(0.0, float(node.total.get(name, 0) - node.free.get(name, 0)))
