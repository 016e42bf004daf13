"""A group's nodes as a whole, of which those that could go are a share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.planner.candidates import Candidate
from domain.planner.consolidation.score import Score, Weights
from domain.planner.model import NodeView, PlannedGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What the shares of a group's nodes are shares of."""

    group: PlannedGroup
    cost: Decimal
    disruption: float
    prices: Mapping[str, Decimal]
    weights: Weights
    threshold: float

    def score(self, nodes: Sequence[NodeView], *, new: Decimal = Decimal(0)) -> Score:
        """Return the score of giving up `nodes` for a new node of that price."""
        return Score(
            savings=float(self.saved(nodes, new=new) / self.cost) if self.cost else 0,
            disruption=sum(self.weights.of(node.work) for node in nodes) / self.disruption,
            threshold=self.threshold,
        )

    def saved(self, nodes: Sequence[NodeView], *, new: Decimal = Decimal(0)) -> Decimal:
        return sum((self.prices[node.name] for node in nodes), -new)


def twin_of(pool: Pool, nodes: Sequence[NodeView], new: Candidate | None) -> NodeView | None:
    """Return the node that may as well stay, since what would take its place is another like it."""
    if new is None or len(nodes) < 2 or new.group is not pool.group:
        return None
    alike = [node for node in nodes if node.instance_type == new.offer.instance_type]
    return max(alike, key=lambda node: pool.weights.of(node.work), default=None)
