"""How far a group can really grow under the limits of the whole cluster."""

from collections.abc import Mapping
from math import inf

from domain.catalogue.node_resources import Shapes
from domain.configuration.spec import ComputeConfig, WorkerGroup


def most_nodes(group: WorkerGroup, config: ComputeConfig) -> int:
    """The most nodes that a group itself and the cluster's number of nodes allow."""
    most = group.max_nodes if config.mobula.autoscaling else group.min_nodes
    nodes = config.mobula.max_nodes  # counts each host of a slice
    return most if nodes is None else min(most, nodes // group.hosts)


def room_of(
    config: ComputeConfig, shapes: Shapes, offered: Mapping[str, float] | None
) -> tuple[float, str]:
    """The most nodes of one group when no other runs, and the resource that says so."""
    room, because = inf, ""
    for name, most in config.max_resources.items():
        size = (offered or {}).get(name, 0)
        left = most - (shapes.head or {}).get(name, 0)
        if size > 0 and max(left, 0) // size < room:
            room, because = max(left, 0) // size, name
    return (room if room == inf else int(room)), because
