"""What is launched: the new nodes of a plan, one launch for each machine and purpose."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from domain.demand import Shape
from domain.planner import choices
from domain.planner.candidates import Candidate
from domain.planner.limits import Limits
from domain.planner.model import Launch, NodeView, Pack, PlanRequest
from domain.planner.nodes.slices import by_slices
from domain.planner.packing import NodeRun


def launched(
    runs: Iterable[NodeRun],
    request: PlanRequest,
    *,
    candidates: Sequence[Candidate],
    limits: Limits,
) -> Iterator[Launch]:
    """Yield the launches, one for each machine and purpose, in the order of their opening."""
    for _, alike in groupby(_sorted_by_opening(list(runs)), key=_opening):
        yield _launch(list(alike), request, candidates=candidates, limits=limits)


def hourly_usd(
    limits: Limits, staying: Iterable[NodeView], launches: Iterable[Launch]
) -> Decimal | None:
    """Return what all workers cost once the plan is carried out; None where a price is missing."""
    total = Decimal(0)
    for node in staying:
        price = limits.price_of(node)
        if price is None:
            return None
        total += price
    for launch in launches:
        if launch.hourly_usd is None:
            return None
        total += launch.hourly_usd * launch.count
    return total


def shapes_of(run: NodeRun) -> Iterator[Shape]:
    """Yield what one node of a run is given to do."""
    for need, count in run.content:
        yield need.shape(count=count)


def _launch(
    runs: list[NodeRun],
    request: PlanRequest,
    *,
    candidates: Sequence[Candidate],
    limits: Limits,
) -> Launch:
    candidate = runs[0].candidate
    if candidate is None:
        raise ValueError("Only new nodes are launched.")
    # Hosts of slices that are for nothing keep their place.
    packs = [
        Pack(count=run.count, shapes=tuple(shapes_of(run)))
        for run in by_slices(runs)
        if run.content or candidate.hosts > 1
    ]
    return Launch(
        group=candidate.group.name,
        instance_type=candidate.offer.instance_type,
        market=candidate.offer.market,
        zone=candidate.offer.zone,
        count=sum(run.count for run in runs),
        hourly_usd=candidate.offer.hourly_usd,
        packs=tuple(packs),
        cause=choices.launch_cause(runs, request, candidates=candidates, limits=limits),
    )


def _opening(run: NodeRun) -> tuple[object, ...]:
    return (run.candidate.key if run.candidate else None), run.purpose


def _sorted_by_opening(runs: list[NodeRun]) -> list[NodeRun]:
    """Return the runs with those of one machine and purpose together, in the order of the first."""
    first: dict[object, int] = {}
    for place, run in enumerate(runs):
        first.setdefault(_opening(run), place)
    return sorted(runs, key=lambda run: first[_opening(run)])
