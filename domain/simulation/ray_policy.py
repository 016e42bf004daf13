"""A model of Ray's own autoscaler, version 2, as far as it decides about nodes.

Every five seconds it puts what waits on the nodes that are there or come, and the rest on new ones.
It knows no price. docs/simulation.md says what the model leaves out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil

from domain.offerings import Market
from domain.planner.model import NodePhase, Offer, PlannedGroup
from domain.simulation.nodes import SimulatedNode
from domain.simulation.policy import ClusterSnapshot, PolicyDecision, WantedNode
from domain.simulation.ray_packing import Bin, NodeType, TypeKey, new_bin, packed

LOOP = 5
MOST_AT_ONCE = 10  # AUTOSCALER_MAX_CONCURRENT_LAUNCHES
RECOVERY = 600  # RAY_AUTOSCALER_AVAILABILITY_RECOVERY_S
IDLE = 60
# KubeRay's default, which is no limit; the cluster launcher's is 1: at most double at once.
UPSCALING = 1000.0


@dataclass(kw_only=True)
class Rays:
    """Ray's autoscaler, for one replay, with one idle time for all nodes."""

    types: Sequence[NodeType]
    idle_seconds: int = IDLE
    upscaling_speed: float = UPSCALING
    name: str = "ray"
    heeds_notices: bool = False
    watches_work: bool = False
    sample_seconds: int = 0
    _failed_at: dict[TypeKey, int] = field(default_factory=dict)
    _is_withholding: bool = False

    def next_look(self, state: ClusterSnapshot) -> int | None:
        """Return the next turn of its loop that could change something."""
        last = state.looked_at
        moments = [since + self.idle_seconds + 1 for _, since in state.idle()]
        moments = [due for due in moments if _turn(due) > last]
        if state.changed_at is not None:
            moments.append(state.changed_at)
        if self._is_withholding or last < 0:
            moments.append(last + 1)
        return _turn(max(min(moments), last + 1)) if moments else None

    def decide(self, state: ClusterSnapshot) -> PolicyDecision:
        """Return new nodes, as many as it starts at once, and the nodes that idle too long."""
        there = Counter(_key(node) for node in state.nodes.values())
        minimum = [
            new_bin(node_type)
            for node_type in self.types
            for _ in range(node_type.min_nodes - there[node_type.key])
        ]
        bins = [self._bin(node) for node in state.nodes.values()] + minimum
        bins = packed(state.demand(), bins, self.types, partial(self._preference, state.now))
        new = [node for node in bins if not node.name]
        launched = list(self._at_once(new, state))
        self._is_withholding = len(launched) < len(new)
        used = {node.name for node in bins if node.is_used}
        return PolicyDecision(
            launches=tuple(
                WantedNode(group=node.type.group, offer=node.type.offer) for node in launched
            ),
            drains=tuple(self._too_idle(state, used, there)),
        )

    def sample(self, state: ClusterSnapshot) -> None:
        """See nothing between its turns."""

    def refused(self, node: SimulatedNode, now: int) -> None:
        """Note the failure: among equals the type is less wanted for some minutes."""
        self._failed_at[_key(node)] = now

    def ready(self, node: SimulatedNode, now: int) -> None:
        """Do nothing: a failure is forgotten with time alone."""

    def _bin(self, node: SimulatedNode) -> Bin:
        node_type = next(candidate for candidate in self.types if candidate.key == _key(node))
        return Bin(type=node_type, name=node.name, total=node.total, free=dict(node.free))

    def _preference(self, now: int, one: NodeType) -> tuple[float, ...]:
        """Return what decides among equals: no late failure, then the type's priority."""
        failed = self._failed_at.get(one.key)
        recovered = 1.0 if failed is None else min(1.0, (now - failed) / RECOVERY)
        return recovered, one.priority

    def _at_once(self, new: Sequence[Bin], state: ClusterSnapshot) -> Iterator[Bin]:
        """Yield what is started in this turn; the rest is decided anew in the next."""
        ready = [node for node in state.nodes.values() if node.phase is NodePhase.READY]
        running = Counter(map(_key, ready))
        started, total = Counter[TypeKey](), 0
        for new_node in new:
            key = new_node.type.key
            if total < MOST_AT_ONCE and started[key] < self._step(running[key]):
                started[key] += 1
                total += 1
                yield new_node

    def _step(self, running: int) -> int:
        return max(1, ceil(self.upscaling_speed * max(1, running)))

    def _too_idle(
        self, state: ClusterSnapshot, used: set[str], there: Counter[TypeKey]
    ) -> Iterator[str]:
        least = {node_type.key: node_type.min_nodes for node_type in self.types}
        for node, since in sorted(state.idle(), key=lambda idle: (idle[1], idle[0].number)):
            if state.now - since <= self.idle_seconds or node.name in used:
                continue
            if there[_key(node)] > least[_key(node)]:
                there[_key(node)] -= 1
                yield node.name


def types_of(groups: Iterable[PlannedGroup], *, by_price: bool = False) -> tuple[NodeType, ...]:
    """Return our groups as Ray's node types: one for each machine and market, in the first zone.

    A minimum is kept with a group's first machine. Priorities put spot before on-demand, or with
    `by_price` what is cheap for its CPUs first.
    """
    types: dict[TypeKey, NodeType] = {}
    for group in groups:
        for place, offer in enumerate(group.offers):
            node_type = NodeType(
                group=group.name,
                offer=offer,
                min_nodes=0 if place else group.min_nodes,
                max_nodes=group.max_nodes,
                priority=_cheapness(offer) if by_price else float(offer.market is Market.SPOT),
            )
            types.setdefault(node_type.key, node_type)
    return tuple(types.values())


def _cheapness(offer: Offer) -> float:
    return -float(offer.hourly_usd or 0) / max(offer.resources.get("CPU", 0), 1)


def _turn(moment: int) -> int:
    return ceil(moment / LOOP) * LOOP


def _key(node: SimulatedNode) -> TypeKey:
    return node.group, node.offer.instance_type, node.offer.market
