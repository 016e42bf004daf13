"""Placement groups one after the other, by first fit, within a budget of work."""

from collections.abc import Sequence

from domain.planner.packing import Packing
from domain.planner.units.need import Need

# So many looks at a node or a machine; what is left then waits for the next pass.
STEPS = 150_000
# The last placement group may need more, since it opens nodes that are looked at again.
MOST_STEPS = 2_000_000


def steps_for(packing: Packing, bundles: Sequence[Sequence[Need]]) -> int:
    """Return how much work the lists of bundles are at least, each tried on the packing."""
    return sum(map(len, bundles)) * (len(packing.runs) + len(packing.candidates))


def one_by_one(
    packing: Packing, bundles: Sequence[Sequence[Need]], *, steps: int = STEPS
) -> Packing:
    """Return the packing with each list of bundles on it that fits whole.

    The budget counts work and no seconds: the same request gives the same plan on every machine.
    What it does not reach is noted as undecided.
    """
    packing = packing.fork()
    full: set[object] = set()  # what found no place: nor will it on what others leave
    for wanted in bundles:
        alike = tuple((_shape(need), need.count) for need in wanted)
        if alike in full or any(_shape(need) in full for need in wanted):
            packing.left += [(need, need.count) for need in wanted]
        elif steps <= 0:
            packing.undecided += [(need, need.count) for need in wanted]
        else:
            packing, blocked, taken = _tried(packing, wanted)
            steps -= taken
            if blocked is not None:
                full |= {alike, blocked}
    return packing


def _tried(packing: Packing, wanted: Sequence[Need]) -> tuple[Packing, object, int]:
    """Return the packing with a placement group on it, or as it was with what blocks such groups.

    None: it has its place, or it took too many looks. Where not even the first bundle found one,
    its shape blocks others. The last value is the looks.
    """
    trial, steps = packing.fork(), 0
    for place, need in enumerate(wanted):
        if steps > MOST_STEPS:
            packing.undecided += [(need, need.count) for need in wanted]
            return packing, None, steps
        steps += len(trial.runs) + len(trial.candidates)
        if left := trial.serve(need):
            nothing = place == 0 and left == need.count
            packing.left += [(need, need.count) for need in wanted]
            return packing, _shape(need) if nothing else (), steps
    trial.reopen()
    return trial, None, steps


def _shape(need: Need) -> object:
    return need.key, tuple(sorted(need.split.items()))
