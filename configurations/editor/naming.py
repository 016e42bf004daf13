"""Which groups were renamed or removed in the form, so that what speaks of them follows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from configurations.editor.group_rows import GroupFormRow
from domain.configuration.following import names_used
from domain.configuration.spec import ComputeConfig


def changed_names(
    was: ComputeConfig, rows: Sequence[GroupFormRow], now: Sequence[str], *, others: Collection[str]
) -> dict[str, str | None]:
    """Return groups' new names by their old ones, None for a group that is gone.

    `now` are the names of the rows. A name that another group has says nothing of this one: while
    somebody types through such a name, what speaks of the group keeps its own last name.
    """
    had = [group.name for group in was.groups]
    kept: dict[int, str] = {}
    for row, name in zip(rows, now, strict=True):
        if row.at is not None:
            kept.setdefault(row.at, name)  # a second row is a copy of it
    changes: dict[str, str | None] = {}
    lost: list[str] = []
    for at, old in enumerate(had):
        new = kept.get(at)
        is_own = new is not None and now.count(new) == 1 and new not in others
        if new == old or (new is not None and not is_own):
            continue
        if had.count(old) > 1 or old in others:
            lost += [new] if new else []
        elif new is not None or old not in now:
            changes[old] = new
    if len(lost) == 1 and len(unknown := names_used(was) - {*had, *others}) == 1:
        changes[unknown.pop()] = lost[0]
    return changes


def names_elsewhere(config: ComputeConfig, part: int) -> set[str]:
    """Return the groups of the other cloud resources: what is shared may speak of them."""
    others = [one for index, one in enumerate(config.configs or ()) if index != part]
    return {group.name for one in others for group in one.groups}
