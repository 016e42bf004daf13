"""Ways to put demand on a cluster, and the best of them."""

from collections.abc import Iterator, Sequence

from domain.demand import Gang
from domain.planner.gangs.one_by_one import gang_by_gang
from domain.planner.packing import Need, Packing, nodes_opened, unserved

# First fit looks at every node for every need: beyond so many it would take longer than the search.
FIRST_FIT_STEPS = 4_000


def best_served(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    """Return `base` with the demand on it: most of it first, then cheapest, then fewest nodes."""
    return min(_ways(base, needs, gangs), key=_quality)


def _quality(packing: Packing) -> tuple[int, float, int]:
    return unserved(packing), round(packing.cost(), 9), nodes_opened(packing.runs)


def _ways(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Iterator[Packing]:
    """Yield packings in which each placement group has all its bundles, or none of them."""
    # Late: numpy and HiGHS take half a second to load, and the web process may never plan.
    from domain.planner.gangs.rows import rows_of
    from domain.planner.together import placed_together

    if not base.by_price:
        yield _first_fit(base, needs, gangs)
        return
    together = _all_together(base, needs, gangs)
    if together:
        yield together
    else:
        rest = rows_of(needs, (), base.candidates)
        yield placed_together(gang_by_gang(base, gangs), rest)[0]
        # Where limits bind, what waits beside the groups may be more than they are.
        yield gang_by_gang(placed_together(base, rest)[0], gangs)
    items = len(needs) + len(gangs)
    if not together or items * (items + len(base.runs)) <= FIRST_FIT_STEPS:
        yield _first_fit(base, needs, gangs)


def _all_together(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing | None:
    """Return all demand placed at once, or None where some placement group is not complete."""
    from domain.planner.gangs.dealing import dealt
    from domain.planner.gangs.rows import is_dealt_later, rows_of
    from domain.planner.together import placed_together

    rooms = [run.free for run in base.runs]
    packing, complete = placed_together(base, rows_of(needs, gangs, base.candidates, rooms))
    if not complete:
        return None
    return dealt(packing, gangs) if is_dealt_later(gangs) else packing


def _first_fit(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    packing = gang_by_gang(base, gangs)
    for need in packing.take_planned(needs):
        packing.serve(need)
    return packing
