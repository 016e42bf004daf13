"""How far each group may still grow, and what stops it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Self

from domain.offerings import Market
from domain.planner.amounts import STEPS, Amounts, add, exact
from domain.planner.candidates import Candidate, of_node
from domain.planner.explanation.causes import Machine, Stop, StopKind
from domain.planner.model import NodePhase, NodeView, PlannedGroup, PlanRequest

ENDLESS = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    nodes: int  # how many more there may be
    stop: Stop  # why not more


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit: what one node of a candidate takes of it, and what is left."""

    takes: float
    room: float
    key: tuple[str, ...]  # candidates with the same key share it


def ceiling(group: PlannedGroup, *, autoscaling: bool) -> int:
    """Return the most nodes that `group` may have."""
    return group.max_nodes if autoscaling else floor(group)


def floor(group: PlannedGroup) -> int:
    """Return the fewest nodes that `group` is kept at, whatever strategies ask for beyond."""
    return min(group.min_nodes, group.max_nodes)


def raised_floor(group: PlannedGroup) -> int:
    """Return the fewest nodes that `group` is kept at now, within its maximum."""
    return min(max([group.min_nodes, *(floor.nodes for floor in group.floors)]), group.max_nodes)


class Limits:
    """The cluster's nodes and resources so far, against its limits."""

    def __init__(self, request: PlanRequest, *, kept: Iterable[NodeView]) -> None:
        self._request = request
        self._most = exact(request.max_resources) | {
            name: 0 for name, amount in request.max_resources.items() if amount <= 0
        }
        self._nodes: Counter[str] = Counter()
        self._on_demand: Counter[str] = Counter()
        self._rented: Counter[tuple[str, ...]] = Counter()
        self._totals: dict[str, int] = exact(request.head_total)
        self._spent = request.head_usd_per_hour
        self._offers = of_node(request)
        for node in kept:
            self._nodes[node.group] += 1
            self._on_demand[node.group] += node.market is Market.ON_DEMAND
            self._spent += self.price_of(node) or 0
            add(self._totals, exact(node.total))

    def fork(self) -> Self:
        """Return a copy that can be thrown away."""
        copy = object.__new__(type(self))
        copy._request, copy._most, copy._offers = self._request, self._most, self._offers
        copy._spent, copy._rented = self._spent, self._rented.copy()
        copy._nodes, copy._totals = self._nodes.copy(), self._totals.copy()
        copy._on_demand = self._on_demand.copy()
        return copy

    @property
    def totals(self) -> Amounts:
        return self._totals

    @property
    def nodes(self) -> Mapping[str, int]:
        return self._nodes

    def price_of(self, node: NodeView) -> Decimal | None:
        """Return what a node costs in dollars an hour; None: not known."""
        if node.hourly_usd is not None:
            return node.hourly_usd
        offer = self._offers.get((node.group, node.instance_type, node.market, node.zone))
        return offer.hourly_usd if offer else None

    def room(self, candidate: Candidate) -> Room:
        """Return how many more nodes of a candidate there may be."""
        nodes, kind, resource = min(self._rooms(candidate), key=itemgetter(0))
        nodes -= nodes % candidate.hosts
        return Room(nodes=nodes, stop=self._stop(candidate, kind, resource))

    def limits(self, candidate: Candidate) -> Iterator[Limit]:
        """Yield the same as numbers, for candidates of which at least one more may be rented."""
        group, name = candidate.group, candidate.group.name
        most = ceiling(group, autoscaling=self._request.autoscaling)
        yield Limit(takes=1, room=most - self._nodes[name], key=("group", name))
        if (few := self._on_demand_left(candidate)) is not None:
            yield Limit(takes=1, room=few, key=("on_demand", name))
        if (quota := candidate.offer.quota) is not None:
            key = _rented(candidate)
            yield Limit(takes=1, room=quota - self._rented[key], key=("quota", *key))
        for resource in sorted(self._most.keys() & candidate.brings.keys()):
            left = self._most[resource] - self._totals.get(resource, 0)
            takes = candidate.brings[resource] / STEPS
            yield Limit(takes=takes, room=left / STEPS, key=("resource", resource))
        if (cap := self._request.max_usd_per_hour) is not None:
            takes = float(candidate.charge or 0)
            yield Limit(takes=takes, room=float(cap - self._spent), key=("price",))

    def take(self, candidate: Candidate, *, count: int) -> None:
        """Count `count` more nodes of a candidate."""
        self._nodes[candidate.group.name] += count
        if candidate.offer.market is Market.ON_DEMAND:
            self._on_demand[candidate.group.name] += count
        self._rented[_rented(candidate)] += count
        self._spent += (candidate.charge or 0) * count
        add(self._totals, candidate.brings, times=count)

    def give_back(self, node: NodeView) -> None:
        """Count `node` no more."""
        self._nodes[node.group] -= 1
        self._on_demand[node.group] -= node.market is Market.ON_DEMAND
        self._spent -= self.price_of(node) or 0
        add(self._totals, exact(node.total), times=-1)

    def _rooms(self, candidate: Candidate) -> Iterator[tuple[int, StopKind, str]]:
        """Yield what each limit leaves, which limit it is, and the resource that it limits."""
        group, offer = candidate.group, candidate.offer
        autoscaling = self._request.autoscaling
        most = ceiling(group, autoscaling=autoscaling)
        kind = StopKind.GROUP_MAXIMUM if autoscaling else StopKind.AUTOSCALING_OFF
        yield max(0, most - self._nodes[group.name]), kind, ""
        if (few := self._on_demand_left(candidate)) is not None:
            yield few, StopKind.ON_DEMAND_MAXIMUM, ""
        if group.cooling:
            yield 0, StopKind.GROUP_COOLING, ""
        if offer.cooling:
            yield 0, StopKind.OFFER_COOLING, ""
        if offer.quota is not None:
            yield max(0, offer.quota - self._rented[_rented(candidate)]), StopKind.QUOTA, ""
        for name in sorted(self._most.keys() & candidate.brings.keys()):
            free = max(0, self._most[name] - self._totals.get(name, 0))
            yield free // candidate.brings[name], StopKind.MAX_RESOURCES, name
        if (cap := self._request.max_usd_per_hour) is not None:
            yield self._affordable(candidate, cap)

    def _stop(self, candidate: Candidate, kind: StopKind, resource: str) -> Stop:
        """Return the limit with what its sentence names, and no more: equal ones are told once."""
        group = candidate.group
        match kind:
            case StopKind.GROUP_MAXIMUM | StopKind.AUTOSCALING_OFF:
                most = ceiling(group, autoscaling=self._request.autoscaling)
                return Stop(kind=kind, group=group.name, nodes=most, hosts=group.hosts)
            case StopKind.ON_DEMAND_MAXIMUM:
                return Stop(kind=kind, group=group.name, nodes=group.most_on_demand or 0)
            case StopKind.GROUP_COOLING:
                return Stop(kind=kind, group=group.name, cooling=group.cooling)
            case StopKind.OFFER_COOLING:
                return Stop(
                    kind=kind, machine=machine_of(candidate), cooling=candidate.offer.cooling
                )
            case StopKind.QUOTA:
                return Stop(kind=kind, machine=machine_of(candidate))
            case StopKind.MAX_RESOURCES:
                return Stop(kind=kind, resource=resource, amount=self._most[resource] / STEPS)
        cap = self._request.max_usd_per_hour or Decimal(0)
        if kind is StopKind.UNKNOWN_PRICE:
            return Stop(kind=kind, group=group.name, cap_usd=cap)
        return Stop(kind=kind, instance_type=candidate.offer.instance_type, cap_usd=cap)

    def _on_demand_left(self, candidate: Candidate) -> int | None:
        """Return how many more on-demand nodes a spot group may have; None: any number."""
        most = candidate.group.most_on_demand
        if most is None or candidate.offer.market is not Market.ON_DEMAND:
            return None
        return max(0, most - self._on_demand[candidate.group.name])

    def _affordable(self, candidate: Candidate, cap: Decimal) -> tuple[int, StopKind, str]:
        """A price that is not known could be any: such a machine is not rented under a cap."""
        if candidate.charge is None:
            return 0, StopKind.UNKNOWN_PRICE, ""
        left = max(Decimal(0), cap - self._spent)
        nodes = int(left // candidate.charge) if candidate.charge else ENDLESS
        return nodes, StopKind.COST_CAP, ""


def machine_of(candidate: Candidate) -> Machine:
    """Return what a candidate rents."""
    offer = candidate.offer
    return Machine(instance_type=offer.instance_type, market=offer.market, zone=offer.zone)


def pending_or_ready(nodes: Iterable[NodeView]) -> list[NodeView]:
    """Return the nodes that count: those that leave count for nothing."""
    return [node for node in nodes if node.phase is not NodePhase.LEAVING]


def _rented(candidate: Candidate) -> tuple[str, ...]:
    offer = candidate.offer
    return offer.instance_type, offer.market, offer.zone
