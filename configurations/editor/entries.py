"""Schedules, rules and budgets as rows of the form: how they are posted, bound, and read again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from configurations.editor.forms.base import as_posted
from configurations.editor.lists.entry import Entry
from configurations.editor.lists.entry_kinds import KINDS, MOST_ENTRIES, EntryKind
from configurations.editor.lists.environments import with_environments
from configurations.editor.tables.ranks import with_ranks
from configurations.editor.tables.shapes import Override
from configurations.editor.values import Written, entry_values_of, entry_with_values
from domain.configuration.spec import ComputeConfig, Scaling


@dataclass(frozen=True)
class EntryList:
    """One of the lists as the page shows it; `rows` is None where it is too long for that."""

    name: str
    kind: EntryKind
    rows: list[Entry] | None

    @property
    def keys(self) -> str:
        """The rows' keys as they are posted."""
        return ",".join(row.key for row in self.rows or ())

    @property
    def said(self) -> str:
        """What is in the list, on one line."""
        if self.rows is None:
            return f"more than {MOST_ENTRIES}: change them in the YAML"
        return ", ".join(row.name for row in self.rows) or "none"


def shown_lists(lists: Lists) -> list[EntryList]:
    """All lists in the order of the page, but for those that are part of another."""
    return [EntryList(name, kind, lists.get(name)) for name, kind in KINDS.items() if kind.section]


type RowFields = Mapping[str, Mapping[str, str]]
"""What was posted of each row, by its key."""

type Lists = Mapping[str, list[Entry]]
"""The rows of each list that is shown."""


def entry_keys_of(posted: Mapping[str, Any], name: str) -> list[str] | None:
    """The rows' keys in their order, such as s0 and s2; None if the list was not shown."""
    if name not in posted:
        return None
    letter = KINDS[name].letter
    words = str(posted[name]).split(",")
    keys = [key for key in words if re.fullmatch(rf"{letter}\d{{1,6}}", key, re.ASCII)]
    return list(dict.fromkeys(keys))[:MOST_ENTRIES]


def _read(config: ComputeConfig) -> dict[str, Sequence[Any]]:
    """The lists that the form shows: not those that are too long, or that say something else."""
    lists = {name: kind.read(config) for name, kind in KINDS.items()}
    found = {name: held for name, held in lists.items() if held is not None}
    found = {name: held for name, held in found.items() if len(held) <= MOST_ENTRIES}
    if not {"environments", "overrides"} <= found.keys():  # one is written with the other
        found.pop("environments", None)
        found.pop("overrides", None)
    return found


def posted_entries(config: ComputeConfig) -> dict[str, str]:
    """The rows of all lists as a browser would post them."""
    posted: dict[str, str] = {}
    for name, entries in _read(config).items():
        kind = KINDS[name]
        posted[name] = ",".join(f"{kind.letter}{index}" for index in range(len(entries)))
        for index, one in enumerate(entries):
            key = f"{kind.letter}{index}"
            posted |= as_posted(entry_values_of(one), prefix=key) | {f"{key}-at": str(index)}
            if isinstance(one, Override):
                posted[f"{key}-of"] = f"e{one.environment}"
    return posted


def bound_entries(
    data: QueryDict, was: ComputeConfig, fields: RowFields, *, in_order: bool
) -> dict[str, list[Entry]]:
    """The posted rows, each beside what it was; in order, each stands where its row does."""
    lists = {}
    held = _read(was)
    for name, kind in KINDS.items():
        keys, entries = entry_keys_of(data, name), held.get(name)
        if keys is None or entries is None:
            continue
        if name == "overrides":
            keys = _by_environment(data, keys)
        lists[name] = [
            _bound(key, kind, fields, entries, index if in_order else None, number=index + 1)
            for index, key in enumerate(keys)
        ]
    for row in lists.get("environments", ()):
        row.children = [one for one in lists.get("overrides", ()) if one.parent == row.key]
    return lists


def _by_environment(data: QueryDict, keys: Sequence[str]) -> list[str]:
    """The overrides' keys in the order of their environments; those of none are left out."""
    environments = entry_keys_of(data, "environments") or []
    return [key for parent in environments for key in keys if data.get(f"{key}-of") == parent]


def _bound(
    key: str,
    kind: EntryKind,
    fields: RowFields,
    entries: Sequence[Any],
    at: int | None,
    *,
    number: int,
) -> Entry:
    posted = fields.get(key, {})
    place = at if at is not None else _place(posted.get(f"{key}-at"), entries)
    one = entries[place] if place is not None and place < len(entries) else kind.model()
    parent = posted.get(f"{key}-of", "")
    own = {name: text for name, text in posted.items() if not name.endswith(("-at", "-of"))}
    return Entry(key, place, f"{kind.title} {number}", kind.form, own, one, parent, kind.can_move)


def _place(text: str | None, entries: Sequence[Any]) -> int | None:
    if not text or not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return None
    return int(text) if int(text) < len(entries) else None


def scaling_with(scaling: Scaling, lists: Lists, names: Mapping[str, str | None]) -> Scaling:
    """The scaling with what was changed in the rows; `names` are groups' new names by the old."""
    wanted: dict[str, Any] = dict(scaling)
    for name in ("schedules", "rules", "budgets"):
        entries = list(getattr(scaling, name))
        if name in lists:
            entries = [_entry(row) for row in lists[name]]
        wanted[name] = tuple(_following(one, names) for one in entries)
    return Scaling.model_validate(wanted)


def lists_with(config: ComputeConfig, lists: Lists) -> ComputeConfig:
    """The configuration with what was changed in the rows outside of its scaling."""
    if "mounts" in lists:
        mounts = tuple(_entry(row) for row in lists["mounts"])
        if mounts != config.mobula.mounts:
            config = config.replace(mobula={**dict(config.mobula), "mounts": mounts})
    if "environments" in lists and "overrides" in lists:
        rows = [(_entry(row), list(map(_entry, row.children))) for row in lists["environments"]]
        config = with_environments(config, rows)
    return with_ranks(config, list(map(_entry, lists["ranks"]))) if "ranks" in lists else config


def _entry(row: Entry) -> Any:
    return entry_with_values(row.one, dict(row.reading.changes))


def is_in_step(lists: Lists, now: ComputeConfig) -> bool:
    """Whether the configuration has an entry for each row, and no other."""
    held = _read(now)
    return all(len(rows) == len(held.get(name, ())) for name, rows in lists.items())


def _following(one: Any, names: Mapping[str, str | None]) -> Any:
    """The entry with the name that its group has now."""
    new = names.get(getattr(one, "group", ""))
    return one.model_copy(update={"group": new}) if new else one


def with_names(posted: QueryDict, lists: Lists, now: ComputeConfig) -> QueryDict:
    """The post with the names that the rows' groups have now, where nobody chose another."""
    names: dict[str, str] = {}
    for row, one in _rows_beside(lists, now):
        name = f"{row.key}-group"
        if name in posted and "group" not in row.reading.touched:
            names[name] = str(entry_values_of(one).get("group") or "")
    if all(posted.get(name) == group for name, group in names.items()):
        return posted
    data = posted.copy()
    for name, group in names.items():
        data[name] = group
    return data


def _rows_beside(lists: Lists, now: ComputeConfig) -> Iterator[tuple[Entry, Written]]:
    for name, rows in lists.items():
        yield from zip(rows, KINDS[name].read(now) or (), strict=True)


def shows_others(lists: Lists) -> bool:
    """Whether other fields are to be shown now, since another kind of window was chosen."""
    return any("when" in row.reading.touched for rows in lists.values() for row in rows)
