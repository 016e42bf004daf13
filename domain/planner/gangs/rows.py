"""What waits as rows: tasks, and the bundles of placement groups with what keeps them apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from domain.planner.amounts import Amounts, times_in
from domain.planner.arrays import Row
from domain.planner.explanation.causes import WORK
from domain.planner.gangs.waiting import GangForm
from domain.planner.units.need import Need

# So many different placement groups whose bundles lie apart have rows of their own.
MOST_APART = 12
# A node that may hold so many bundles of different groups loses nothing by such a limit.
PLENTY = 24


def rows_of(
    needs: Sequence[Need], forms: Sequence[GangForm] = (), rooms: Iterable[Amounts] = ()
) -> list[Row]:
    """Return the rows of what waits; equal placement groups share theirs.

    Bundles that may lie anywhere share a row with equal bundles and tasks; `rooms` are those of
    all nodes, there or new.
    """
    apart: list[Row] = []
    anywhere: dict[tuple[object, ...], Row] = {}
    for form in forms:
        for need in () if form.is_apart else form.bundles:
            _merge(anywhere, _row(need, form.count))
    for row in _apart([form for form in forms if form.is_apart], list(rooms)):
        if row.spread:
            apart.append(row)
        else:
            _merge(anywhere, row)
    for need in needs:
        _merge(anywhere, Row(need=need))
    return [*apart, *anywhere.values()]


def is_dealt_later(forms: Sequence[GangForm]) -> bool:
    """Return whether there are too many different placement groups to keep each apart in rows."""
    return sum(form.is_apart and len(form.bundles) > 1 for form in forms) > MOST_APART


def _apart(forms: Sequence[GangForm], rooms: Sequence[Amounts]) -> Iterator[Row]:
    """Yield the rows of bundles that lie apart; without `spread` where any node keeps to it."""
    mixed = [form for form in forms if len(form.bundles) > 1]
    alike: dict[tuple[object, ...], list[GangForm]] = {}
    for form in forms:
        if len(form.bundles) == 1:
            alike.setdefault(form.bundles[0].key, []).append(form)
    for number, same in enumerate(alike.values()):
        yield from _of_one_shape(same, rooms, name=f"alike {number}")
    if len(mixed) <= MOST_APART:
        for number, form in enumerate(mixed):
            yield from _own_rows(form, rooms, name=f"mixed {number}")
        return
    groups = sum(form.count for form in mixed)
    merged: dict[tuple[object, ...], Row] = {}
    for form in mixed:
        for need in form.bundles:
            _merge(merged, replace(_row(need, form.count), spread="mixed", groups=groups))
    yield from merged.values()


def _of_one_shape(
    forms: Sequence[GangForm], rooms: Sequence[Amounts], *, name: str
) -> Iterator[Row]:
    """Yield rows of groups of equal bundles that differ in how many those are.

    Where no node holds more than the bundles of all groups ÷ those of the largest, they can be
    dealt out (Gale and Ryser): all of them are one row. Else each form has its own.
    """
    need = forms[0].bundles[0]
    bundles = sum(form.bundles[0].count * form.count for form in forms)
    most = bundles // max(form.bundles[0].count for form in forms)
    meets = _may_meet([need], most, rooms)
    if meets and most < PLENTY and len(forms) <= MOST_APART:
        for number, form in enumerate(forms):
            yield from _own_rows(form, rooms, name=f"{name} {number}")
        return
    row = _row(replace(need, count=1), bundles)
    yield replace(row, spread=name, groups=most) if meets else row


def _own_rows(form: GangForm, rooms: Sequence[Amounts], *, name: str) -> Iterator[Row]:
    meets = _may_meet(form.bundles, form.count, rooms)
    for need in form.bundles:
        row = _row(need, form.count)
        yield replace(row, spread=name, groups=form.count) if meets else row


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
    key = row.need.key, tuple(sorted(row.need.split.items()))
    same = rows.get(key)
    if same is None:
        rows[key] = row
        return
    source = same.need.source if same.need.source == row.need.source else WORK
    need = replace(same.need, count=same.need.count + row.need.count, source=source)
    rows[key] = replace(same, need=need, is_gang=same.is_gang or row.is_gang)
