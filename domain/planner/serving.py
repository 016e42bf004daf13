"""Ways to put demand on a cluster, and the best of them."""

from collections.abc import Iterator, Sequence

from domain.demand import Gang
from domain.planner.gangs.one_by_one import STEPS, one_by_one
from domain.planner.gangs.waiting import GangForm, WaitingGangs
from domain.planner.packing import Need, Packing, nodes_opened, unserved

# First fit looks at every node for every need: beyond so many it would take longer than the search.
FIRST_FIT_STEPS = 4_000


def best_served(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    """Return `base` with the demand on it: most of it first, then cheapest, then fewest nodes."""
    waiting = WaitingGangs.of(gangs, base.candidates)
    return min(_ways(base, needs, waiting), key=_quality)


def _quality(packing: Packing) -> tuple[int, float, int]:
    return unserved(packing), round(packing.cost(), 9), nodes_opened(packing.runs)


def _ways(base: Packing, needs: Sequence[Need], gangs: WaitingGangs) -> Iterator[Packing]:
    """Yield packings in which each placement group has all its bundles, or none of them."""
    # Late: numpy and HiGHS take half a second to load, and the web process may never plan.
    from domain.planner.gangs.rows import rows_of
    from domain.planner.together import placed_together

    each = [gang.bundles for gang in gangs.each]
    if not base.by_price:
        yield _filled(one_by_one(base, each), needs)
        return
    together = _all_together(base, needs, gangs.forms)
    items = len(needs) + len(each)
    if together:
        yield together
        if items * (items + len(base.runs)) <= FIRST_FIT_STEPS:
            yield _filled(one_by_one(base, each), needs)
        return
    rest, placed = rows_of(needs), one_by_one(base, each)
    yield placed_together(placed, rest)[0]
    # Where limits bind, what waits beside the groups may be more than they are.
    yield one_by_one(placed_together(base, rest)[0], each)
    if len(needs) * (len(needs) + len(placed.runs)) <= STEPS:
        yield _filled(placed, needs)


def _all_together(
    base: Packing, needs: Sequence[Need], gangs: Sequence[GangForm]
) -> Packing | None:
    """Return all demand placed at once, or None where some placement group is not complete."""
    from domain.planner.gangs.dealing import dealt
    from domain.planner.gangs.rows import is_dealt_later, rows_of
    from domain.planner.together import placed_together

    rooms = [run.free for run in base.runs] + [machine.brings for machine in base.candidates]
    packing, complete = placed_together(base, rows_of(needs, gangs, rooms))
    if not complete:
        return None
    return dealt(packing, gangs) if is_dealt_later(gangs) else packing


def _filled(packing: Packing, needs: Sequence[Need]) -> Packing:
    """Return the packing with the needs on it, by first fit."""
    packing = packing.fork()
    for need in packing.take_planned(needs):
        packing.serve(need)
    return packing
