"""Cost with the names that people know."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from clusters.models import Cluster
from metering.queries import Cost, GroupTotal, cost_by_node

SHOWN_ROWS = 100


def shortened(totals: Sequence[GroupTotal]) -> Sequence[GroupTotal]:
    """Return the first hundred, and the rest as one row without a key: their sum stays the same."""
    rest = totals[SHOWN_ROWS:]
    if not rest:
        return totals
    name = f"{len(rest)} others (see the CSV)"
    row = GroupTotal(key="", name=name, cost=Cost.sum(total.cost for total in rest))
    return [*totals[:SHOWN_ROWS], row]


def node_costs(cluster: Cluster, *, first: date, last: date) -> Sequence[GroupTotal]:
    """Return what each node of the cluster cost, by its label, the most expensive first."""
    totals = shortened(cost_by_node(cluster.pk, first=first, last=last))
    nodes = cluster.nodes.filter(name__in=[row.key for row in totals]).select_related("group")
    labels = {node.name: node.label for node in nodes}
    return [replace(row, name=labels.get(row.key, row.name)) for row in totals]
