"""Placement groups one after the other, by first fit, within a budget of work."""

from collections.abc import Sequence

from domain.planner.packing import Packing
from domain.planner.units.need import Need

# So many looks at a node or a machine; what is left then waits for the next pass.
STEPS = 150_000


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
            steps -= steps_for(packing, [wanted])
            packing, blocked = _tried(packing, wanted)
            if blocked is not None:
                full |= {alike, blocked}
    return packing


def _tried(packing: Packing, wanted: Sequence[Need]) -> tuple[Packing, object]:
    """Return the packing with a placement group on it, or as it was with what blocks such groups.

    None: it has its place. Where not even the first bundle found one, its shape blocks others.
    """
    trial = packing.fork()
    for place, need in enumerate(wanted):
        if left := trial.serve(need):
            nothing = place == 0 and left == need.count
            packing.left += [(need, need.count) for need in wanted]
            return packing, _shape(need) if nothing else ()
    trial.reopen()
    return trial, None


def _shape(need: Need) -> object:
    return need.key, tuple(sorted(need.split.items()))
