"""Which nodes that are there are kept for standing requests, so that what is kept is cheapest."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.demand import Demand
from domain.planner.alternatives import served
from domain.planner.amounts import Amounts, exact, plain
from domain.planner.candidates import candidates, labels_of, of_node
from domain.planner.limits import Limits, raised_floor
from domain.planner.model import NodeView, Offer, PlannedGroup, PlanRequest, Ranking
from domain.planner.nodes.slices import by_name
from domain.planner.packing import NodeRun, Packing
from domain.planner.scale_in import may_idle
from domain.planner.units.need import Content, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A node, with all that it has, used or not; `usd` None: it stays anyway."""

    name: str  # several new nodes may share one
    total: Amounts
    labels: Mapping[str, str]
    usd: Decimal | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What standing requests lie on: the nodes with what each holds, and what has no place."""

    contents: tuple[tuple[str, Content], ...]
    left: int
    usd: float

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.contents}


def rooms_of(
    request: PlanRequest, nodes: Sequence[NodeView], *, needed: Collection[str], limits: Limits
) -> list[Room]:
    """Return the nodes with what keeping each of them costs, in the order of their names."""
    stays = _kept_anyway(request, nodes, needed=needed, limits=limits)
    offers = of_node(request)
    ranks = {group.name: group.rank for group in request.groups}
    return [
        Room(
            name=node.name,
            total=exact(node.total),
            labels=labels_of(node, offers),
            usd=None if node.name in stays else limits.charge_of(node),
            rank=ranks[node.group],
        )
        for node in sorted(nodes, key=by_name)
    ]


def _kept_anyway(
    request: PlanRequest, nodes: Sequence[NodeView], *, needed: Collection[str], limits: Limits
) -> set[str]:
    """Return the nodes that stay whether a standing request needs them or not.

    Those are the busy ones, those that start, those that work is put on, and as many of each group
    as its minimum asks for: the cheapest, since the dearest idle ones go first.
    """
    stays = {node.name for node in nodes if node.name in needed or not may_idle(node)}
    for group in request.groups:
        own = [node for node in nodes if node.group == group.name]
        idle = [node for node in own if node.name not in stays]
        idle.sort(key=lambda node: (limits.charge_of(node), by_name(node)))
        # New nodes of the plan count, too: they keep the minimum as well.
        least = raised_floor(group) - (limits.nodes.get(group.name, 0) - len(idle))
        stays |= {node.name for node in idle[: max(0, least)]}
    return stays


def kept_cheapest(
    needs: Sequence[Need], *, head: NodeRun, rooms: Sequence[Room], ranking: Ranking
) -> Kept:
    """Return the rooms that hold all needs, and cost the least beyond those that stay anyway.

    First all that stays is filled, then the search chooses among the others. Where that finds no
    place for all, or keeps anything, it chooses among all of them at once.
    """
    keys = {s.key for need in needs for level in need.every_selectors for s in level}
    stays = [room for room in rooms if room.usd is None]
    others = [room for room in rooms if room.usd is not None]
    first = _kept(needs, head, stays, others, keys=keys, ranking=ranking)
    if not first.left and not first.usd:
        return first
    second = _kept(needs, head, (), rooms, keys=keys, ranking=ranking)
    return min((first, second), key=lambda kept: (kept.left, round(kept.usd, 9)))


def _kept(
    needs: Sequence[Need],
    head: NodeRun,
    stays: Iterable[Room],
    others: Iterable[Room],
    *,
    keys: Collection[str],
    ranking: Ranking,
) -> Kept:
    kinds = _kinds(others, keys)
    offered = PlanRequest(
        groups=tuple(_group(number, same) for number, same in enumerate(kinds)),
        nodes=(),
        demand=Demand(),
        ranking=ranking,
    )
    base = Packing(
        candidates=candidates(offered),
        runs=[head, *_runs(stays, keys)],
        limits=Limits(offered, kept=()),
        by_price=ranking is Ranking.PRICE,
    )
    packing = served(base, needs, ())
    contents = [(name, run.content) for run in packing.runs if run.content for name in run.names]
    used = Counter[str]()
    usd = 0.0
    for run in packing.runs:
        if run.candidate is None or not run.content:
            continue
        kind = run.candidate.group.name
        chosen = kinds[int(kind)][used[kind] : used[kind] + run.count]
        used[kind] += run.count
        usd += sum(float(room.usd or 0) for room in chosen)
        contents += [(room.name, run.content) for room in chosen]
    return Kept(contents=tuple(contents), left=sum(count for _, count in packing.left), usd=usd)


def _kinds(rooms: Iterable[Room], keys: Collection[str]) -> list[list[Room]]:
    """Return equal rooms together: only the labels that something asks for tell them apart."""
    kinds: dict[tuple[object, ...], list[Room]] = defaultdict(list)
    for room in rooms:
        kinds[*_kind(room, keys), room.usd, room.rank].append(room)
    return list(kinds.values())


def _kind(room: Room, keys: Collection[str]) -> tuple[object, ...]:
    labels = sorted((key, value) for key, value in room.labels.items() if key in keys)
    return tuple(labels), tuple(sorted(room.total.items()))


def _group(number: int, rooms: Sequence[Room]) -> PlannedGroup:
    """Return equal rooms as a group that may have so many nodes."""
    offer = Offer(
        instance_type="",
        resources=plain(rooms[0].total),
        labels=rooms[0].labels,
        hourly_usd=rooms[0].usd or Decimal(0),
    )
    return PlannedGroup(
        name=f"{number}",
        offers=(offer,),
        min_nodes=0,
        max_nodes=len(rooms),
        idle_seconds=0,
        rank=rooms[0].rank,
    )


def _runs(rooms: Iterable[Room], keys: Collection[str]) -> Iterator[NodeRun]:
    kinds: dict[tuple[object, ...], list[Room]] = defaultdict(list)
    for room in rooms:
        kinds[_kind(room, keys)].append(room)
    for same in kinds.values():
        yield NodeRun(
            free=same[0].total,
            labels=same[0].labels,
            count=len(same),
            names=tuple(room.name for room in same),
        )
