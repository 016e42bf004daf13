"""Nodes of one cluster with what they share."""

from __future__ import annotations

from django.db.models import QuerySet

from clusters.models import Cluster, Group, Node


def nodes_with_groups(cluster: Cluster, rows: QuerySet[Node]) -> tuple[list[Node], list[Group]]:
    """Return the nodes, which must be of `cluster`, with it and their groups, and all its groups.

    Joined, each of hundreds of rows would make an object of its own of what they share.
    """
    nodes = list(rows)
    groups = list(cluster.groups.all())  # afterwards: a node's group is there before the node
    by_id = {group.pk: group for group in groups}
    for node in nodes:
        node.cluster, node.group = cluster, by_id[node.group_id]
    return nodes, groups
