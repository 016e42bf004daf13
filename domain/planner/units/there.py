"""What is free on each GPU of a node that is there, as far as Ray says or its rules allow.

Ray reports the sum of what is free. A sum that is not whole may lie on several GPUs, each partly
used; the plan must not count on more than is certain.
"""

from collections.abc import Iterable, Mapping, Sequence

from domain.planner.amounts import STEPS, Amounts
from domain.planner.units.room import NOTHING, Parts, Split, pieces_of
from domain.planner.units.unit import UNIT_RESOURCES, Units, is_whole

type Copies = Sequence[tuple[Amounts, Split, int]]


def free_on(
    free: Amounts,
    total: Amounts,
    *,
    known: Mapping[str, Iterable[float]] = NOTHING,
    pieces_of_work: int = 0,
    planned: Copies = (),
    waiting: Copies = (),
) -> tuple[Amounts, Parts]:
    """Return what is free of a node, and what of that lies on partly used units.

    `known` is what is free on each unit, where Ray says so; `pieces_of_work` how much runs on the
    node, 0 where that is not known. `waiting` is what of `planned` still waits: the plan dealt all
    of that out to the units of this node.
    """
    sums, parts = dict(free), dict[str, tuple[int, ...]]()
    for name in sorted(UNIT_RESOURCES & total.keys()):
        if name in known:
            units = _known(known[name])
        elif is_whole(left := free.get(name, 0)):
            continue
        else:
            as_planned = _as_planned(name, left, total[name], planned, waiting)
            units = as_planned or _spread(left, total[name], pieces_of_work)
        sums[name] = units.whole * STEPS + sum(units.parts)
        parts[name] = units.parts
    return sums, {name: some for name, some in parts.items() if some} or NOTHING


def _known(free: Iterable[float]) -> Units:
    steps = sorted(round(amount * STEPS) for amount in free)
    parts = tuple(part for part in steps if 0 < part < STEPS)
    return Units(sum(part >= STEPS for part in steps), parts)


def _spread(free: int, total: int, pieces: int) -> Units:
    """Return the units where all work lies on as many of them as it can, evenly."""
    units, used = total // STEPS, total - free
    touched = max(min(units, pieces or units), -(-used // STEPS))
    whole = units - touched
    each = max(0, free - whole * STEPS) // touched if touched else 0
    return Units(whole, (each,) * touched if each else ())


def _as_planned(name: str, free: int, total: int, planned: Copies, waiting: Copies) -> Units | None:
    """Return the units with a place for all that still waits; None where more runs than planned."""
    wanted = _sum(name, waiting)
    if not wanted or wanted > free or total - free + wanted > _sum(name, planned):
        return None
    pieces = [
        piece
        for amounts, split, times in waiting
        if name in amounts
        for piece in pieces_of(amounts[name], split.get(name), times=times)
    ]
    empty = Units(total // STEPS).less(pieces)
    if empty is None:
        return None
    taken = [STEPS - part for part in empty.parts]
    full = total // STEPS - empty.whole - len(taken)
    rest = min(STEPS, (free - wanted) // empty.whole) if empty.whole else 0
    others = [rest] * empty.whole
    return _known(part / STEPS for part in (*taken, *[STEPS] * full, *others))


def _sum(name: str, copies: Copies) -> int:
    return sum(amounts.get(name, 0) * times for amounts, _, times in copies)
