"""How often a need fits on a node, and what it leaves, where some resources come in units."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.planner.amounts import STEPS, Amounts
from domain.planner.units.unit import UNIT_RESOURCES, Pieces, Units, is_possible, is_whole

type Parts = Mapping[str, tuple[int, ...]]
"""Of each resource what is free on units that are partly used; all else that is free is whole."""

type Split = Mapping[str, tuple[int, ...]]
"""How a need's amounts lie, where they are several pieces that each lie on one unit."""

NOTHING: Mapping[str, tuple[int, ...]] = {}


def units_of(free: Amounts, parts: Parts, name: str) -> Units:
    """Return what is free of a resource as units."""
    some = parts.get(name, ())
    return Units(max(0, free.get(name, 0) - sum(some)) // STEPS, some)


def pieces_of(amount: int, split: tuple[int, ...] | None, *, times: int = 1) -> Pieces:
    """Return what lies together of a need that is placed so many times."""
    if not split:
        return ((amount, times),)
    return tuple((piece, split.count(piece) * times) for piece in sorted({*split}, reverse=True))


def split_of(bundles: Sequence[Amounts]) -> Split:
    """Return how the amounts of bundles lie that go to one node, where some are fractions."""
    pieces = {
        name: tuple(bundle[name] for bundle in bundles if name in bundle) for name in UNIT_RESOURCES
    }
    return {
        name: some
        for name, some in pieces.items()
        if len(some) > 1 and not all(map(is_whole, some))
    } or NOTHING


def broken_units(need: Amounts, split: Split) -> Iterator[str]:
    """Yield the resources of which Ray never gives so much: it refuses 1.5 GPUs."""
    for name in sorted(need.keys() & UNIT_RESOURCES):
        if not all(map(is_possible, split.get(name) or (need[name],))):
            yield name


def copies_in(
    free: Amounts,
    need: Amounts,
    *,
    at_most: int,
    parts: Parts = NOTHING,
    split: Split = NOTHING,
) -> int:
    """Return how many times `need` fits on a node, `at_most` that many."""
    for name, amount in need.items():
        there = free.get(name, 0)
        if there < amount:
            return 0
        at_most = min(at_most, there // amount)
        if name in UNIT_RESOURCES:
            pieces = pieces_of(amount, split.get(name))
            at_most = units_of(free, parts, name).times(pieces, at_most=at_most)
    return at_most


def parts_after(
    free: Amounts, parts: Parts, content: Iterable[tuple[Amounts, Split, int]]
) -> Parts | None:
    """Return what is free of partly used units once all of the content is there.

    None where the units do not hold it.
    """
    pieces: dict[str, list[tuple[int, int]]] = {}
    for amounts, split, times in content:
        for name in amounts.keys() & UNIT_RESOURCES:
            pieces.setdefault(name, []).extend(
                pieces_of(amounts[name], split.get(name), times=times)
            )
    after = dict(parts)
    for name, some in pieces.items():
        rest = units_of(free, parts, name).less(some)
        if rest is None:
            return None
        after[name] = rest.parts
    return {name: some for name, some in after.items() if some} or NOTHING
