"""Ray's resource state in Mobula's words: nodes, the dead, demand. Values in, values out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]


STATUSES = {1: "RUNNING", 3: "IDLE", 4: "DRAINING"}
DEAD = 2
OPERATORS = {1: "in", 2: "not_in"}
# Ray counts these among a node's resources; nobody holds them as they hold a CPU.
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


def demand(state: Any) -> Json:
    """Return what Ray waits for: shapes with their counts, gangs (placement groups) and floors."""
    constraints = state.cluster_resource_constraints
    floors = [request for constraint in constraints for request in _requests(constraint)]
    return {
        "shapes": _ordered([_shape(pending) for pending in state.pending_resource_requests]),
        "gangs": _ordered([_gang(pending) for pending in state.pending_gang_resource_requests]),
        "floors": _ordered([_floor(request) for request in floors]),
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
        # Ray before 2.9 says no activity, before 2.5x no labels.
        "activity": list(getattr(node, "node_activity", ())),
        "labels": dict(getattr(node, "labels", {})),
    }


def _shape(pending: Any) -> Json:
    return {
        "resources": dict(pending.request.resources_bundle),
        "count": pending.count,
        "selectors": _selectors(pending.request),
    }


def _selectors(request: Any) -> list[Json]:
    """Return the preferred label selector; the ones after it are Ray's fallbacks, not additions."""
    preferred = list(getattr(request, "label_selectors", ()))[:1]
    return [
        {
            "key": constraint.label_key,
            "operator": OPERATORS.get(constraint.operator, "in"),
            "values": list(constraint.label_values),
        }
        for selector in preferred
        for constraint in selector.label_constraints
    ]


def _gang(pending: Any) -> Json:
    """Return a placement group; Ray's details read ``<id>:<strategy>|<state>``."""
    identity, _, rest = pending.details.partition(":")
    return {
        "id": identity,
        "strategy": rest.partition("|")[0],
        "bundles": [dict(request.resources_bundle) for request in pending.requests],
    }


def _requests(constraint: Any) -> Any:
    # Ray 2.8 has the same field under another name.
    new = hasattr(constraint, "resource_requests")
    return constraint.resource_requests if new else constraint.min_bundles


def _floor(request: Any) -> Json:
    return {"resources": dict(request.request.resources_bundle), "count": request.count}


def _ordered(entries: list[Json]) -> list[Json]:
    # Ray lists them in hash order: without an order of ours every read would look like a change.
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
