"""New nodes of a plan in the making, as rooms for standing requests, and what these ask of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from domain.planner import choices
from domain.planner.packing import NodeRun
from domain.planner.standing.keeping import Room
from domain.planner.units.need import Content, Need


def new_rooms(runs: Sequence[NodeRun]) -> Iterator[Room]:
    """Yield each new node with all that it brings."""
    for place, run in enumerate(runs):
        if run.candidate:
            candidate = run.candidate
            room = Room(name=_name(place), total=run.empty, labels=candidate.labels)
            yield from (room for _ in range(run.count))


def with_standing(
    runs: Sequence[NodeRun], contents: Iterable[tuple[str, Content]]
) -> list[NodeRun]:
    """Return the new nodes with the labels that standing requests need of them.

    Nodes that nothing waiting is put on are for the standing requests from then on.
    """
    held: dict[str, list[Content]] = defaultdict(list)
    for name, content in contents:
        held[name].append(content)
    result: list[NodeRun] = []
    for place, run in enumerate(runs):
        mine = held[_name(place)]
        result += [answering(run, content) for content in mine]
        if rest := run.count - len(mine):
            result.append(replace(run, count=rest, selectors=()))
    return list(_together(result))


def answering(run: NodeRun, content: Content, *, count: int = 1) -> NodeRun:
    """Return new nodes of a run that standing requests need."""
    selectors = tuple(selector for need, _ in content for selector in need.selectors)
    purpose = run.purpose if run.content else choices.standing(content)
    return replace(run, count=count, selectors=selectors, purpose=purpose)


def without(needs: Iterable[Need], left: Iterable[tuple[Need, int]]) -> list[Need]:
    """Return the needs that have a place."""
    missing = Counter[tuple[object, ...]]()
    for need, count in left:
        missing[_shape(need)] += count
    served = [replace(need, count=need.count - missing[_shape(need)]) for need in needs]
    return [need for need in served if need.count > 0]


def _shape(need: Need) -> tuple[object, ...]:
    """What stays the same of a need when it goes on to its fallbacks."""
    return tuple(sorted(need.amounts.items())), need.every_selectors


def _together(runs: Iterable[NodeRun]) -> Iterator[NodeRun]:
    """Yield the runs, equal ones that follow each other as one."""
    last: NodeRun | None = None
    for run in runs:
        if last is not None and replace(last, count=run.count) == run:
            last = replace(last, count=last.count + run.count)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def _name(place: int) -> str:
    return f"new/{place}"
