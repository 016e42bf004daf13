"""Which node a machine is, from the key that it made when it joined."""

from __future__ import annotations

from clusters.agent.credentials import Credentials
from clusters.agent.sync import is_over
from clusters.models import Node, NodeJoin
from clusters.nodes.tokens import hashed
from domain.lifecycle import NodeState

_ENDING = {NodeState.TERMINATING, NodeState.TERMINATED}


def node_of(given: Credentials | None) -> Node | None:
    """Return the node whose machine has this key; None when none does."""
    if given is None:
        return None
    rows = NodeJoin.objects.select_related(
        "node__cluster__run", "node__cluster__image_version", "node__cluster__team"
    )
    grant = rows.filter(key_hash=hashed(given.token)).first()
    return grant.node if grant else None


def cluster_of(given: Credentials | None) -> str | None:
    """Return the id of the cluster that a join token or a machine's key belongs to."""
    if given is None:
        return None
    digest = hashed(given.token)
    rows = NodeJoin.objects.filter(key_hash=digest) | NodeJoin.objects.filter(token_hash=digest)
    found = rows.values_list("node__cluster_id", flat=True).first()
    return str(found) if found else None


def has_ended(node: Node) -> bool:
    """Return whether the node's machine has nothing left to do."""
    return node.state in _ENDING or node.run_id != node.cluster.run_id or is_over(node.cluster)
