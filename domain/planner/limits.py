"""How far each group may still grow, and what stops it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from domain.planner.amounts import STEPS, Amounts, add, exact
from domain.planner.model import Group, NodePhase, NodeView, PlanRequest
from domain.wording import price as usd

_ENDLESS = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    nodes: int  # how many more of the group there may be
    stop: str  # why not more, as part of a sentence


def ceiling(group: Group, *, autoscaling: bool) -> int:
    """Return the most nodes that `group` may have."""
    return group.max_nodes if autoscaling else floor(group)


def floor(group: Group) -> int:
    """Return the fewest nodes that `group` is kept at."""
    return min(group.min_nodes, group.max_nodes)


class Limits:
    """The cluster's nodes and resources so far, against its limits."""

    def __init__(self, request: PlanRequest, *, kept: Iterable[NodeView]) -> None:
        self._request = request
        self._most = exact(request.max_resources) | {
            name: 0 for name, amount in request.max_resources.items() if amount <= 0
        }
        self._nodes: Counter[str] = Counter()
        self._totals: dict[str, int] = exact(request.head_total)
        self._prices = {group.name: group.hourly_usd for group in request.groups}
        self._spent = request.head_usd_per_hour
        for node in kept:
            self._count(node.group, 1)
            add(self._totals, exact(node.total))

    def fork(self) -> Self:
        """Return a copy that can be thrown away."""
        copy = object.__new__(type(self))
        copy._request, copy._most, copy._prices = self._request, self._most, self._prices
        copy._spent = self._spent
        copy._nodes, copy._totals = self._nodes.copy(), self._totals.copy()
        return copy

    @property
    def totals(self) -> Amounts:
        return self._totals

    @property
    def nodes(self) -> Mapping[str, int]:
        return self._nodes

    def room(self, group: Group, brings: Amounts) -> Room:
        """Return how many more nodes of `group`, each of which `brings` so much, there may be."""
        return min(self._rooms(group, brings), key=lambda room: room.nodes)

    def take(self, group: Group, brings: Amounts, *, count: int) -> None:
        """Count `count` more nodes of `group`."""
        self._count(group.name, count)
        add(self._totals, brings, times=count)

    def give_back(self, node: NodeView) -> None:
        """Count `node` no more."""
        self._count(node.group, -1)
        add(self._totals, exact(node.total), times=-1)

    def _count(self, group: str, nodes: int) -> None:
        self._nodes[group] += nodes
        self._spent += (self._prices.get(group) or 0) * nodes

    def _rooms(self, group: Group, brings: Amounts) -> Iterable[Room]:
        most = ceiling(group, autoscaling=self._request.autoscaling)
        stop = (
            f"group {group.name} is at its maximum of {most}"
            if self._request.autoscaling
            else f"autoscaling is off and group {group.name} has its {most}"
        )
        yield Room(nodes=max(0, most - self._nodes[group.name]), stop=stop)
        if why := self._request.cooling.get(group.name):
            yield Room(nodes=0, stop=f"group {group.name} cannot grow now: {why}")
        for name in sorted(self._most.keys() & brings.keys()):
            free = max(0, self._most[name] - self._totals.get(name, 0))
            yield Room(
                nodes=free // brings[name],
                stop=f"max_resources.{name} = {self._most[name] / STEPS:g} is reached",
            )
        if (cap := self._request.max_usd_per_hour) is not None:
            yield self._affordable(group, cap)

    def _affordable(self, group: Group, cap: Decimal) -> Room:
        """A price that is not known could be any: such a group does not grow under a cap."""
        price = group.hourly_usd
        if price is None:
            stop = f"group {group.name} has no known price and the cap is {usd(cap)} an hour"
            return Room(nodes=0, stop=stop)
        left = max(Decimal(0), cap - self._spent)
        stop = f"one more {group.instance_type} would exceed the cap of {usd(cap)} an hour"
        return Room(nodes=int(left // price) if price else _ENDLESS, stop=stop)


def pending_or_ready(nodes: Iterable[NodeView]) -> list[NodeView]:
    """Return the nodes that count: those that leave count for nothing."""
    return [node for node in nodes if node.phase is not NodePhase.LEAVING]
