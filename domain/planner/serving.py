"""Ways to put demand on a cluster, and the best of them."""

from collections.abc import Iterator, Sequence

from domain.demand import Gang
from domain.planner.gangs.one_by_one import STEPS, one_by_one, steps_for
from domain.planner.gangs.waiting import GangForm, WaitingGangs
from domain.planner.packing import Packing
from domain.planner.units.need import Need

# First fit looks at every node for every need: beyond so many it would take longer than the search.
FIRST_FIT_STEPS = 4_000
# So large a part of what there is room for is planned at once where trying each takes too long.
CAUTION = 0.6


def best_served(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    """Return `base` with the demand on it: most of it first, then cheapest, then fewest nodes."""
    waiting = WaitingGangs.of(gangs, base.candidates)
    return min(_ways(base, needs, waiting), key=_quality)


def _quality(packing: Packing) -> tuple[int, float, int]:
    new_nodes = sum(run.count for run in packing.runs if run.candidate)
    waiting = sum(count for _, count in (*packing.left, *packing.undecided))
    return waiting, round(packing.cost(), 9), new_nodes


def _ways(base: Packing, needs: Sequence[Need], gangs: WaitingGangs) -> Iterator[Packing]:
    """Yield packings in which each placement group has all its bundles, or none of them."""
    # Late: numpy and HiGHS take half a second to load, and the web process may never plan.
    from domain.planner.gangs.rows import rows_of
    from domain.planner.together import placed_together

    each = [gang.bundles for gang in gangs.each]
    if not base.by_price:
        yield _filled(one_by_one(base, each), needs)
        return
    together, complete = _at_once(base, needs, gangs.forms)
    items = len(needs) + len(each)
    if complete:
        yield together
        if items * (items + len(base.runs)) <= FIRST_FIT_STEPS:
            yield _filled(one_by_one(base, each), needs)
        return
    rest = rows_of(needs)
    if steps_for(base, each) > STEPS and (part := _first_at_once(base, gangs, together)):
        yield placed_together(part, rest)[0]
        return
    placed = one_by_one(base, each)
    yield placed_together(placed, rest)[0]
    if needs:  # Where limits bind, what waits beside the groups may be more than they are.
        yield one_by_one(placed_together(base, rest)[0], each)
        if len(needs) * (len(needs) + len(placed.runs)) <= STEPS:
            yield _filled(placed, needs)


def _first_at_once(base: Packing, gangs: WaitingGangs, together: Packing) -> Packing | None:
    """Return the first placement groups at once, and some more one by one, if they are complete.

    They are well within what there was room for: all one by one would take too long.
    """
    first, others = gangs.split(gangs.share_of(together.left, part=CAUTION))
    packing, complete = _at_once(base, (), first.forms)
    if not complete:
        return None
    return one_by_one(packing, [gang.bundles for gang in others.each], steps=STEPS // 3)


def _at_once(
    base: Packing, needs: Sequence[Need], gangs: Sequence[GangForm]
) -> tuple[Packing, bool]:
    """Return all demand placed at once, and whether all placement groups are complete."""
    from domain.planner.gangs.dealing import dealt
    from domain.planner.gangs.rows import is_dealt_later, rows_of
    from domain.planner.together import placed_together

    rooms = [run.free for run in base.runs] + [machine.brings for machine in base.candidates]
    packing, complete = placed_together(base, rows_of(needs, gangs, rooms))
    if not complete or not is_dealt_later(gangs):
        return packing, complete
    apart = dealt(packing, gangs)
    return apart or packing, apart is not None


def _filled(packing: Packing, needs: Sequence[Need]) -> Packing:
    """Return the packing with the needs on it, by first fit."""
    packing = packing.fork()
    for need in packing.take_planned(needs):
        packing.serve(need)
    return packing
