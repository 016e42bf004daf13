"""Ways to put demand on a cluster, and the best of them."""

from collections.abc import Iterator, Sequence

from domain.demand import Gang
from domain.planner.needs import gang_needs
from domain.planner.packing import Packing, unserved
from domain.planner.units.need import Need

# First fit looks at every node for every need: beyond so many it would take longer than the search.
FIRST_FIT_STEPS = 4_000


def best_served(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    """Return `base` with the demand on it: most of it first, then cheapest, then fewest nodes."""
    return min(_ways(base, needs, gangs), key=_quality)


def _quality(packing: Packing) -> tuple[int, float, int]:
    new_nodes = sum(run.count for run in packing.runs if run.candidate)
    return unserved(packing), round(packing.cost(), 9), new_nodes


def _ways(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Iterator[Packing]:
    """Yield packings in which each placement group has all its bundles, or none of them."""
    # Late: numpy and HiGHS take half a second to load, and the web process may never plan.
    from domain.planner.together import placed_together, rows_of

    if not base.by_price:
        yield _first_fit(base, needs, gangs)
        return
    together, complete = placed_together(base, rows_of(needs, gangs, base.candidates))
    if complete:
        yield together
    else:
        rest = rows_of(needs, (), base.candidates)
        yield placed_together(_gang_by_gang(base, gangs), rest)[0]
        # Where limits bind, what waits beside the groups may be more than they are.
        yield _gang_by_gang(placed_together(base, rest)[0], gangs)
    items = len(needs) + len(gangs)
    if not complete or items * (items + len(base.runs)) <= FIRST_FIT_STEPS:
        yield _first_fit(base, needs, gangs)


def _first_fit(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    packing = _gang_by_gang(base.fork(), gangs)
    for need in packing.take_planned(needs):
        packing.serve(need)
    return packing


def _gang_by_gang(packing: Packing, gangs: Sequence[Gang]) -> Packing:
    """Return the packing with each placement group that fits whole on it."""
    for gang in gangs:
        trial = packing.fork()
        wanted = gang_needs(gang, packing.candidates)
        if any(trial.serve(need) for need in wanted):
            packing = packing.fork()
            packing.left += [(need, need.count) for need in wanted]
        else:
            trial.reopen()
            packing = trial
    return packing
