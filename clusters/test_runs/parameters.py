"""How big a shipped workload is as a test: a minute or two, on whatever nodes there can be."""

from __future__ import annotations

from collections.abc import Sequence

from clusters.models import Group
from clusters.workloads import Workload
from domain.lifecycle import NodeRole


def values_for(workload: Workload, groups: Sequence[Group]) -> dict[str, float]:
    """Return the workload's defaults, scaled down to what a cluster of these groups can run."""
    values = {parameter.name: parameter.default for parameter in workload.parameters}
    if "cpus" not in values:
        return values
    biggest = max((_cpus(group) for group in groups if _most_nodes(group)), default=0)
    cpus = values["cpus"] = min(values["cpus"], biggest) or values["cpus"]
    # How many such tasks fit on all nodes that there can be, and on how many nodes.
    places = sum(int(_cpus(group) / cpus) * _most_nodes(group) for group in groups)
    nodes = sum(_most_nodes(group) for group in groups if _cpus(group) >= cpus)
    most = {"tasks": 2 * places, "actors": places, "bundles": nodes}
    for name in values.keys() & most.keys():
        values[name] = max(1, min(values[name], most[name]))
    return values


def _cpus(group: Group) -> float:
    return float(group.resources.get("CPU", 0))


def _most_nodes(group: Group) -> int:
    return 1 if group.role == NodeRole.HEAD else group.max_nodes
