"""What waits as rows: tasks, and the bundles of placement groups with what keeps them apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from domain.demand import Gang, Strategy
from domain.planner.amounts import Amounts, times_in
from domain.planner.arrays import Row
from domain.planner.candidates import Candidate
from domain.planner.explanation.causes import WORK
from domain.planner.needs import alike, gang_needs
from domain.planner.packing import Need

# So many different placement groups whose bundles lie apart have rows of their own.
MOST_APART = 12

type Form = tuple[list[Need], int]
"""The bundles of one placement group, and how many equal ones there are."""


def rows_of(
    needs: Sequence[Need],
    gangs: Sequence[Gang],
    machines: Sequence[Candidate],
    rooms: Iterable[Amounts] = (),
) -> list[Row]:
    """Return the rows of what waits; equal placement groups share theirs.

    Bundles that may lie anywhere share a row with equal bundles and tasks; `rooms` are those of
    the nodes that are there.
    """
    rooms = [*rooms, *(machine.brings for machine in machines)]
    spread: list[Form] = []
    anywhere: dict[tuple[object, ...], Row] = {}
    for gang, count in alike(gangs):
        bundles = gang_needs(gang, machines)
        if gang.strategy is Strategy.STRICT_SPREAD:
            spread.append((bundles, count))
        else:
            for need in bundles:
                _merge(anywhere, _row(need, count))
    apart: list[Row] = []
    for row in _apart(spread, rooms):
        if row.spread:
            apart.append(row)
        else:
            _merge(anywhere, row)
    for need in needs:
        _merge(anywhere, Row(need=need))
    return [*apart, *anywhere.values()]


def is_dealt_later(gangs: Sequence[Gang]) -> bool:
    """Return whether there are too many different placement groups to keep each apart in rows."""
    forms = alike(gang for gang in gangs if gang.strategy is Strategy.STRICT_SPREAD)
    return sum(_is_mixed(gang) for gang, _ in forms) > MOST_APART


def _is_mixed(gang: Gang) -> bool:
    return any(bundle != gang.bundles[0] for bundle in gang.bundles)


def _apart(forms: Sequence[Form], rooms: Sequence[Amounts]) -> Iterator[Row]:
    """Yield the rows of bundles that lie apart; without `spread` where any node keeps to it."""
    mixed = [form for form in forms if len(form[0]) > 1]
    alike: dict[tuple[object, ...], list[Form]] = {}
    for bundles, count in forms:
        if len(bundles) == 1:
            alike.setdefault(bundles[0].key, []).append((bundles, count))
    for number, same in enumerate(alike.values()):
        yield from _of_one_shape(same, rooms, name=f"alike {number}")
    if len(mixed) <= MOST_APART:
        for number, (bundles, count) in enumerate(mixed):
            yield from _own_rows(bundles, count, rooms, name=f"mixed {number}")
        return
    groups = sum(count for _, count in mixed)
    merged: dict[tuple[object, ...], Row] = {}
    for bundles, count in mixed:
        for need in bundles:
            _merge(merged, replace(_row(need, count), spread="mixed", groups=groups))
    yield from merged.values()


def _of_one_shape(forms: Sequence[Form], rooms: Sequence[Amounts], *, name: str) -> Iterator[Row]:
    """Yield rows of groups of equal bundles that differ in how many those are.

    Where no node holds more than the bundles of all groups ÷ those of the largest, they can be
    dealt out (Gale and Ryser): all of them are one row. Else each form has its own.
    """
    bundles = sum(needs[0].count * count for needs, count in forms)
    most = bundles // max(needs[0].count for needs, _ in forms)
    if len(forms) <= MOST_APART and _may_meet([forms[0][0][0]], most, rooms):
        for number, (needs, count) in enumerate(forms):
            yield from _own_rows(needs, count, rooms, name=f"{name} {number}")
        return
    row = replace(_row(forms[0][0][0], 1), spread=name, groups=most)
    row = replace(row, need=replace(row.need, count=bundles))
    yield row if _may_meet([row.need], most, rooms) else replace(row, spread="", groups=0)


def _own_rows(
    bundles: Sequence[Need], count: int, rooms: Sequence[Amounts], *, name: str
) -> Iterator[Row]:
    meets = _may_meet(bundles, count, rooms)
    for need in bundles:
        row = _row(need, count)
        yield replace(row, spread=name, groups=count) if meets else row


def _may_meet(bundles: Sequence[Need], groups: int, rooms: Iterable[Amounts]) -> bool:
    """Return whether a node may hold more of the bundles than there are groups."""
    names = {name for need in bundles for name in need.amounts}
    least = {name: min(need.amounts.get(name, 0) for need in bundles) for name in names}
    least = {name: amount for name, amount in least.items() if amount}
    return any(times_in(room, least, at_most=groups + 1) > groups for room in rooms)


def _row(need: Need, count: int) -> Row:
    return Row(need=replace(need, count=need.count * count, apart=False), is_gang=True)


def _merge(rows: dict[tuple[object, ...], Row], row: Row) -> None:
    """Add the row to an equal one; it keeps its source only where all of it has the same."""
    same = rows.get(row.need.key)
    if same is None:
        rows[row.need.key] = row
        return
    source = same.need.source if same.need.source == row.need.source else WORK
    need = replace(same.need, count=same.need.count + row.need.count, source=source)
    rows[row.need.key] = replace(same, need=need, is_gang=same.is_gang or row.is_gang)
