"""How many nodes of a cluster its budgets of disruption let go now."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.timezone import now

from clusters.models import Node
from domain.configuration.spec import ComputeConfig, Disruption
from domain.lifecycle import LEAVING_NODE_STATES, NodeRole, NodeState
from domain.planner.consolidation.budgets import allowed


def left_to_go(config: ComputeConfig, nodes: Iterable[Node], *, reason: Disruption) -> int | None:
    """Return how many more workers may go for this reason; None: there is no budget.

    Whatever goes already counts, also what no budget could stop: interrupted nodes, and those that
    a person removed.
    """
    budgets = config.mobula.scaling.budgets
    if not budgets:
        return None
    workers = [node for node in nodes if node.role == NodeRole.WORKER]
    going = sum(node.state in LEAVING_NODE_STATES and node.ready_at is not None for node in workers)
    ready = sum(node.state == NodeState.READY for node in workers)
    return allowed(budgets, now(), nodes=ready + going, disrupting=going, reason=reason)
