"""The head and the nodes that are there, as the packing fills them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from domain.demand import Resources, Shape
from domain.offerings import Market
from domain.planner.amounts import Amounts, exact
from domain.planner.candidates import labels_of
from domain.planner.model import NodeView, Offer
from domain.planner.packing import Need, NodeRun
from domain.planner.units.room import NOTHING, Split
from domain.planner.units.there import free_on

type Waiting = Mapping[tuple[object, ...], int]


def run_of_head(room: Resources, total: Resources) -> NodeRun:
    """Return the head."""
    free, parts = free_on(exact(room), exact(total))
    return NodeRun(free=free, parts=parts, labels={})


def runs_of(
    nodes: Iterable[tuple[NodeView, Resources]],
    offers: Mapping[tuple[str, str, Market, str], Offer],
    shapes: Iterable[Shape],
) -> Iterator[NodeRun]:
    """Yield nodes with the room that each has; equal ones of one group together are one run.

    `shapes` is what waits.
    """
    waiting: dict[tuple[object, ...], int] = {}
    for shape in shapes:
        key = Need.of(shape).key
        waiting[key] = waiting.get(key, 0) + shape.count
    runs = ((node.group, _run(node, room, offers, waiting)) for node, room in nodes)
    for _, alike in groupby(runs, key=_kind):
        same = [run for _, run in alike]
        names = tuple(name for run in same for name in run.names)
        yield replace(same[0], count=len(same), names=names)


def _run(
    node: NodeView,
    room: Resources,
    offers: Mapping[tuple[str, str, Market, str], Offer],
    waiting: Waiting,
) -> NodeRun:
    planned = tuple((Need.of(shape), shape.count) for shape in node.planned)
    free: Amounts = exact(room)
    parts = NOTHING
    if room is not node.total:
        free, parts = free_on(
            free,
            exact(node.total),
            known=node.units,
            pieces_of_work=node.work.pieces,
            planned=_copies(planned),
            waiting=_copies((need, min(n, waiting.get(need.key, 0))) for need, n in planned),
        )
    return NodeRun(
        free=free,
        parts=parts,
        labels=labels_of(node, offers),
        names=(node.name,),
        planned=planned,
    )


def _copies(content: Iterable[tuple[Need, int]]) -> list[tuple[Mapping[str, int], Split, int]]:
    return [(need.amounts, need.split, times) for need, times in content if times]


def _kind(item: tuple[str, NodeRun]) -> tuple[object, ...]:
    group, run = item
    return group, run.labels, run.free, run.parts, run.planned
