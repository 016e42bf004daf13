"""How Ray's autoscaler packs: of all nodes, the one that requests would use best takes what it can.

Written after `_try_schedule` and `_compute_score` of Ray 2.60's `autoscaler/v2/scheduler.py`, with
equal requests counted instead of tried one by one. As there, fractions of GPUs add up, though Ray's
scheduler gives each on one GPU.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from domain.demand import Demand, Gang, Resources, Strategy
from domain.offerings import Market
from domain.planner.amounts import STEPS, Amounts, add, exact, less, times_in
from domain.planner.model import Offer

type TypeKey = tuple[str, str, Market]
type Prefer = Callable[["NodeType"], tuple[float, ...]]
type PackingScore = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """One of Ray's node types: what a group may rent at one market is one."""

    group: str
    offer: Offer
    min_nodes: int = 0
    max_nodes: int = 10  # of the group: its types share it
    priority: float = 0  # decides among types that would be used equally well

    @property
    def key(self) -> TypeKey:
        return self.group, self.offer.instance_type, self.offer.market


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`count` equal requests; those with the same `apart` go to nodes of their own."""

    amounts: Amounts
    count: int
    apart: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A node as requests are put on it; without a name it is a new one."""

    type: NodeType
    name: str = ""
    total: Amounts
    free: Amounts
    asked: frozenset[str] = frozenset()  # resources of what was put on it in this pass
    apart: frozenset[int] = frozenset()  # placement groups that have a bundle here

    @property
    def is_used(self) -> bool:
        return bool(self.asked)

    @property
    def key(self) -> object:
        """What makes two nodes the same to requests."""
        return self.type.key, tuple(sorted(self.free.items())), self.asked, self.apart

    def laden(self, requests: Sequence[Request]) -> tuple["Bin", list[Request]]:
        """Return the node with all it can take of the requests in their order, and the rest."""
        free, resources, apart, left = self.free, self.asked, self.apart, list[Request]()
        for request in requests:
            times = 0 if request.apart in apart and request.apart is not None else request.count
            times = times_in(
                free, request.amounts, at_most=min(times, 1) if _is_apart(request) else times
            )
            if times:
                free = less(free, request.amounts, times=times)
                resources |= frozenset(request.amounts)
                apart |= {request.apart} if request.apart is not None else set()
            if times < request.count:
                left.append(replace(request, count=request.count - times))
        return replace(self, free=free, asked=resources, apart=apart), left

    def score(self) -> PackingScore:
        """Return how well it is used: GPUs spared, kinds of resources, least and mean use."""
        uses = [
            amount / STEPS * ((amount - self.free[name]) / amount) ** 3
            for name, amount in self.total.items()
            if amount
        ]
        spares_gpu = not self.total.get("GPU") or "GPU" in self.asked
        matching = len(self.asked & self.total.keys())
        return (float(spares_gpu), float(matching), min(uses, default=0), sum(uses) / len(uses))


def new_bin(one: NodeType) -> Bin:
    """Return an empty new node."""
    total = exact(one.offer.resources)
    return Bin(type=one, total=total, free=total)


def packed(
    demand: Demand, bins: Sequence[Bin], types: Sequence[NodeType], prefer: Prefer
) -> list[Bin]:
    """Return the nodes and the new ones with the demand on them; placement groups come first."""
    there = list(bins)
    for requests in _gangs_of(demand):
        everything, left = _placed(requests, there, types, prefer)
        if not left:  # whole or not at all
            there = everything
    return _placed(_tasks_of(demand), there, types, prefer)[0]


def _placed(
    requests: Sequence[Request], bins: Sequence[Bin], types: Sequence[NodeType], prefer: Prefer
) -> tuple[list[Bin], list[Request]]:
    there, left = _filled(bins, requests, prefer)
    counts = Counter(node.type.group for node in there)
    room = {node_type.group: node_type.max_nodes - counts[node_type.group] for node_type in types}
    new, left = _opened(types, left, room, prefer)
    return there + new, left


def _filled(
    bins: Sequence[Bin], requests: Sequence[Request], prefer: Prefer
) -> tuple[list[Bin], list[Request]]:
    """Return the nodes that are there with what fits on them, and what does not."""
    rest, done, left = list(bins), list[Bin](), _in_order(requests)
    while left and (best := _best(rest, left, prefer)):
        place, laden, left = best
        rest.pop(place)
        done.append(laden)
    return done + rest, left


def _opened(
    types: Sequence[NodeType], requests: Sequence[Request], room: dict[str, int], prefer: Prefer
) -> tuple[list[Bin], list[Request]]:
    """Return the new nodes for the requests, and what still waits; takes them out of `room`."""
    pool, new, left = list(map(new_bin, types)), list[Bin](), _in_order(requests)
    while left:
        pool = [node for node in pool if room[node.type.group] > 0]
        best = _best(pool, left, prefer)
        if best is None:
            break
        place, laden, left = best
        room[laden.type.group] -= 1
        new.append(laden)
        pool.append(pool.pop(place))  # of equals, Ray takes another one the next time
    return new, left


def _in_order(requests: Iterable[Request]) -> list[Request]:
    """Return the requests as Ray tries them: constrained ones, then those of most resources."""
    return sorted(requests, key=_size, reverse=True)


def _gangs_of(demand: Demand) -> Iterator[list[Request]]:
    """Yield the requests of each placement group, the most constrained and largest first."""
    gangs = sorted(demand.gangs, key=lambda gang: (_constraints(gang), len(gang.bundles)))
    for number, gang in enumerate(reversed(gangs)):
        if gang.strategy is Strategy.STRICT_PACK:
            together: dict[str, int] = {}
            for bundle in gang.bundles:
                add(together, exact(bundle.resources))
            yield [Request(amounts=together, count=1)]
        else:
            apart = number if gang.strategy is Strategy.STRICT_SPREAD else None
            yield [_request(bundle.resources, apart=apart) for bundle in gang.bundles]


def _tasks_of(demand: Demand) -> list[Request]:
    """Return the requests of tasks and actors."""
    return [_request(shape.resources, count=shape.count) for shape in demand.shapes]


def _request(resources: Resources, *, count: int = 1, apart: int | None = None) -> Request:
    return Request(amounts=exact(resources), count=count, apart=apart)


def _best(
    bins: Sequence[Bin], requests: Sequence[Request], prefer: Prefer
) -> tuple[int, Bin, list[Request]] | None:
    """Return the place of the best node, the node with the requests, and what it leaves."""
    scored: list[tuple[tuple[PackingScore, tuple[float, ...]], int, Bin, list[Request]]] = []
    seen = set[object]()
    for place, node in enumerate(bins):
        if node.key in seen:
            continue
        seen.add(node.key)
        laden, left = node.laden(requests)
        if laden.free != node.free:
            scored.append(((laden.score(), prefer(node.type)), place, laden, left))
    if not scored:
        return None
    _, place, laden, left = max(scored, key=lambda item: item[0])  # of equals the first
    return place, laden, left


def _is_apart(request: Request) -> bool:
    return request.apart is not None


def _constraints(gang: Gang) -> int:
    return (
        len(gang.bundles) if gang.strategy in {Strategy.STRICT_SPREAD, Strategy.STRICT_PACK} else 0
    )


def _size(one: Request) -> tuple[object, ...]:
    total = sum(amount / STEPS for amount in one.amounts.values())
    return _is_apart(one), len(one.amounts), total, sorted(one.amounts.items())
