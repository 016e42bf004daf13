"""Cost with the names that people know."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from clusters.models import Cluster
from metering.queries import GroupTotal, cost_by_node


def node_costs(cluster: Cluster, *, first: date, last: date) -> Sequence[GroupTotal]:
    """Return what each node of the cluster cost, by its label, the dearest first."""
    found = cost_by_node(cluster.pk, first=first, last=last)
    nodes = cluster.nodes.filter(name__in=[row.key for row in found]).select_related("group")
    labels = {node.name: node.label for node in nodes}
    return [replace(row, name=labels.get(row.key, row.key)) for row in found]
