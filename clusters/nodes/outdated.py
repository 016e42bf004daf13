"""Nodes that run with an earlier version, or earlier settings, than their cluster's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from clusters.models import Cluster, Node
from clusters.nodes.config import Basis, basis_of, basis_of_node, config_of
from domain.configuration.diff import Change, changes
from domain.configuration.effects import Effect
from domain.lifecycle import LEAVING_NODE_STATES, NodeRole
from domain.offerings import ProviderKind
from providers.registry import traits_of

_GROUPS = "worker_nodes["


def outdated_of(cluster: Cluster, nodes: Iterable[Node]) -> dict[str, list[Change]]:
    """Return what differs for each worker that a new node in its place would not be like."""
    found = {
        node.name: changed_for(cluster, node)
        for node in nodes
        if node.role == NodeRole.WORKER and node.state not in LEAVING_NODE_STATES
    }
    return {name: differences for name, differences in found.items() if differences}


def changed_for(cluster: Cluster, node: Node) -> list[Change]:
    """Return the changes of the cluster's version that reach this node's successor, not it."""
    own_basis = basis_of_node(cluster, node)
    if own_basis == basis_of(cluster):
        return []
    every = new_node_changes(cluster, own_basis)
    own = f"{_GROUPS}{node.group.name}]"
    return [c for c in every if c.path.startswith(own) or not c.path.startswith(_GROUPS)]


def new_node_changes(cluster: Cluster, old: Basis) -> list[Change]:
    """Return what only new nodes follow between another configuration and the cluster's."""
    return [
        change
        for change in changes_between(cluster, old, basis_of(cluster))
        if change.effect is Effect.NEW_NODES
    ]


def changes_between(cluster: Cluster, old: Basis, new: Basis) -> tuple[Change, ...]:
    """Return what differs between two configurations where this cluster runs."""
    provider = ProviderKind(cluster.cloud.provider)
    return _changes(old, new, cluster.environment, cluster.resource, provider)


@lru_cache(maxsize=256)  # every pass asks while outdated nodes live
def _changes(
    old: Basis, new: Basis, environment: str, resource: int, provider: ProviderKind
) -> tuple[Change, ...]:
    before, after = (config_of(basis, environment, resource) for basis in (old, new))
    return tuple(changes(before, after, rules=traits_of(provider).effects))


def labels_of_node(cluster: Cluster, node: Node) -> Mapping[str, str]:
    """Return the labels that the node was launched with."""
    labels: Mapping[str, str] = node.group.labels
    basis = basis_of_node(cluster, node)
    if basis == basis_of(cluster):
        return labels
    group = config_of(basis, cluster.environment, cluster.resource).group(node.group.name)
    return labels if group is None else group.labels
