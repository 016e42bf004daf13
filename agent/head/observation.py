"""Ray's nodes in Mobula's words, the living and the dead. Values in, values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]


STATUSES = {1: "RUNNING", 3: "IDLE", 4: "DRAINING"}
DEAD = 2
# Ray counts these among a node's resources; no one holds them as they hold a CPU.
OBJECT_STORE = "object_store_memory"
NODE_MARK = "node:"


def living_nodes(state: Any) -> list[Json]:
    """Return every node that is not dead, in a stable order."""
    nodes = [_node(node) for node in state.node_states if node.status != DEAD]
    return sorted(nodes, key=lambda node: str(node["node"]) + str(node["ray_node_id"]))


def dead_nodes(state: Any) -> dict[str, str]:
    """Return our name of each dead node by Ray's node id."""
    return {
        node.node_id.hex(): node.instance_id for node in state.node_states if node.status == DEAD
    }


def held(node: Json) -> dict[str, float]:
    """Return what is taken of each resource of a node, as Ray accounts for it."""
    available = node["available"]
    return {
        name: max(0.0, total - available.get(name, 0.0))
        for name, total in node["total"].items()
        if name != OBJECT_STORE and not name.startswith(NODE_MARK)
    }


def _node(node: Any) -> Json:
    return {
        "node": node.instance_id,
        "ray_node_id": node.node_id.hex(),
        "group": node.ray_node_type_name,
        "status": STATUSES.get(node.status, "RUNNING"),
        "idle_seconds": node.idle_duration_ms / 1000,
        "total": dict(node.total_resources),
        "available": dict(node.available_resources),
        "address": node.node_ip_address,
        # Ray before 2.9 says no activity, before 2.5x no labels. The dynamic ones are those of
        # placement groups with a bundle here.
        "activity": list(getattr(node, "node_activity", ())),
        "labels": {
            **dict(getattr(node, "dynamic_labels", {})),
            **dict(getattr(node, "labels", {})),
        },
    }
