"""What consolidation may do in a cluster, and how long it takes its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from clusters.models import Node
from clusters.scaling.node_work import may_hold_actors
from domain.configuration.spec import ComputeConfig
from domain.configuration.spec import ConsolidationMode as Mode
from domain.planner.consolidation.score import Weights

# A proposal must still be found after so long before anything comes of it.
RECHECK_TIME = timedelta(seconds=15)
# Work that was moved is reported within so long: until then, where it will go counts as needed.
SETTLE_TIME = timedelta(seconds=10)
# The same recommendation is noted once in so long, and what is not worth it once in so long.
RECOMMEND_TIME, KEEP_TIME = timedelta(hours=1), timedelta(days=1)


def may_act(config: ComputeConfig, group: str, nodes: Sequence[Node]) -> bool:
    """Return whether a proposal for the group may be carried out.

    Actors may hold state that nobody can move: there, only the group's own word counts.
    """
    if config.consolidation_of(group) is not Mode.ACT:
        return False
    if config.settings_of(group).consolidation is Mode.ACT:
        return True
    return not any(node.group.name == group and may_hold_actors(node) for node in nodes)


def weights() -> Weights:
    """Return what disruption is measured with on this installation."""
    return Weights(**settings.DISRUPTION_WEIGHTS)


def move_time() -> timedelta:
    """Return how long what a node does has to end by itself before it is moved."""
    return timedelta(seconds=settings.MOVE_SECONDS)
