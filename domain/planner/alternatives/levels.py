"""Demand with fallbacks: each takes the first of its selectors for which a node can be had.

Level by level: all that waits is placed together with its preferred selectors; what found no
place goes on to its next ones, on what the nodes have left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.demand import Bundle, Gang
from domain.planner.amounts import plain
from domain.planner.needs import gang_needs
from domain.planner.packing import Packing
from domain.planner.serving import best_served
from domain.planner.units.need import Need

# So many looks at a node or a machine for placement groups with fallbacks, each tried whole; those
# that are left then wait for the next pass.
STEPS = 1_000_000


def served(base: Packing, needs: Sequence[Need], gangs: Sequence[Gang]) -> Packing:
    """Return `base` with the demand on it."""
    waiting = [_possible(base, need) for need in _as_planned(base, needs)]
    settled, undecided = _settled(base, gangs)
    packing = best_served(base, waiting, settled)
    if undecided:
        packing = packing.fork()
        for gang in undecided:
            needs_of_gang = gang_needs(gang, base.candidates)
            packing.undecided += [(need, need.count) for need in needs_of_gang]
    while falling := [(need, count) for need, count in packing.left if need.fallbacks]:
        packing = packing.fork()
        packing.left = [(need, count) for need, count in packing.left if not need.fallbacks]
        waiting = [_possible(packing, need.fallback(count=count)) for need, count in falling]
        packing = best_served(packing, waiting, ())
    return packing


def by_level(base: Packing, needs: Sequence[Need]) -> Packing:
    """Return `base` with each need on the first nodes that take it, in the order given."""
    packing = base.fork()
    for need in needs:
        _placed(packing, need)
    return packing


def _placed(packing: Packing, need: Need) -> list[tuple[Need, int]]:
    """Place a need; return how many went where with which of its selectors."""
    left, placed = need.count, list[tuple[Need, int]]()
    for level in _levels(need):
        before, left = left, packing.place(replace(level, count=left))
        if left < before:
            placed.append((level, before - left))
        if not left:
            return placed
    packing.left.append((level, left))
    return placed


def _possible(packing: Packing, need: Need) -> Need:
    """Return the need with the first selectors that any node could meet, or with its last ones."""
    while need.fallbacks and not packing.could_take(need):
        need = need.fallback(count=need.count)
    return need


def _as_planned(base: Packing, needs: Sequence[Need]) -> list[Need]:
    """Return the needs, those for which a fallback's node is coming with its selectors.

    They stay there, even if the preferred node could be had by now.
    """
    result = list[Need]()
    for need in needs:
        left = need.count
        for level in _levels(need)[1:]:
            if coming := min(left, _planned(base, level)):
                result.append(replace(level, count=coming))
                left -= coming
        if left:
            result.append(replace(need, count=left))
    return result


def _planned(base: Packing, need: Need) -> int:
    return sum(
        times * run.count
        for run in base.runs
        for planned, times in run.planned
        if planned.key == need.key
    )


def _levels(need: Need) -> list[Need]:
    levels = [need]
    while levels[-1].fallbacks:
        levels.append(levels[-1].fallback(count=need.count))
    return levels


def _settled(base: Packing, gangs: Sequence[Gang]) -> tuple[list[Gang], list[Gang]]:
    """Return the placement groups without fallbacks, each with the first that fits whole.

    And those that the budget of work did not reach.
    """
    if not any(gang.fallbacks or _has_fallbacks(gang.bundles) for gang in gangs):
        return list(gangs), []
    packing, settled, steps = base.fork(), list[Gang](), STEPS
    for place, gang in enumerate(gangs):
        for bundles in (gang.bundles, *gang.fallbacks):
            first = replace(gang, bundles=bundles, fallbacks=())
            trial, chosen, steps = _trial(packing, first, steps=steps)
            if steps <= 0:
                return settled, [_preferred(gang) for gang in gangs[place:]]
            if not trial.left:
                trial.reopen()
                packing = trial
                settled.append(_as_chosen(first, chosen))
                break
        else:
            settled.append(_preferred(gang))
    return settled, []


def _trial(packing: Packing, gang: Gang, *, steps: int) -> tuple[Packing, list[Bundle], int]:
    """Return a packing with as much of the placement group on it as fits, its bundles as chosen.

    And how many looks are left. It ends with the first bundle that finds no place.
    """
    trial, chosen = packing.fork(), list[Bundle]()
    for need in gang_needs(gang, packing.candidates):
        steps -= (1 + len(need.fallbacks)) * (len(trial.runs) + len(trial.candidates))
        if steps <= 0 or trial.left:
            break
        chosen += _chosen(trial, need)
    return trial, chosen, steps


def _has_fallbacks(bundles: Sequence[Bundle]) -> bool:
    return any(bundle.fallbacks for bundle in bundles)


def _chosen(trial: Packing, need: Need) -> Iterator[Bundle]:
    """Place the need on the trial; yield its bundles, each with the selectors that it took."""
    for level, count in _placed(trial, need):
        bundle = Bundle(resources=plain(level.amounts), selectors=level.selectors)
        yield from (bundle for _ in range(count))


def _as_chosen(gang: Gang, bundles: Sequence[Bundle]) -> Gang:
    return replace(gang, bundles=tuple(bundles)) if _has_fallbacks(gang.bundles) else gang


def _preferred(gang: Gang) -> Gang:
    bundles = tuple(replace(bundle, fallbacks=()) for bundle in gang.bundles)
    return replace(gang, bundles=bundles, fallbacks=())
