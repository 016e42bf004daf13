"""The rows of worker groups as they are posted, and what the buttons beside them do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.http import QueryDict

from configurations.editor.entries import entry_keys_of
from configurations.editor.forms.base import as_posted
from configurations.editor.lists.entry_kinds import KINDS, MOST_ENTRIES, EntryKind
from configurations.editor.tables.shapes import Environment, Override, Rank
from configurations.editor.values import entry_values_of

NEW_GROUP = {
    "name": "",
    "size": "2CPU-4GB",
    "min_nodes": 0,
    "max_nodes": 2,
    "nodes": 1,
    "market": "ON_DEMAND",
}
_KEY = re.compile(r"g\d{1,6}\Z")
_MOST_ROWS = 200


def keys_of(posted: QueryDict) -> list[str]:
    """The rows' keys in their order, such as g0 and g2."""
    keys = dict.fromkeys(key for key in posted.getlist("rows") if _KEY.match(key))
    return list(keys)[:_MOST_ROWS]


def act(posted: QueryDict, action: str, *, environments: Sequence[str]) -> QueryDict:
    """What would be posted after a button was pressed: `add`, `remove:g1`, `copy:g1`, `up:g1`,
    `down:g1`, `add:rules`, `remove:r1`; an action that makes no sense changes nothing. A new row
    for an environment names one of the team's `environments`.
    """
    data = posted.copy()
    keys = keys_of(data)
    verb, _, key = action.partition(":")
    if verb == "more" and key in keys:
        data.appendlist("more", key)
    elif action == "add":
        _insert(data, keys, at=len(keys), fields=_unlike(NEW_GROUP, data, keys))
    elif key in keys:
        place = keys.index(key)
        if verb == "remove":
            keys.remove(key)
            _drop_entries_of(data, data.get(f"{key}-name"), others=keys)
        elif verb == "copy":
            _insert(data, keys, at=place + 1, fields=_copied(data, keys, key))
        elif verb in {"up", "down"}:
            other = place + (1 if verb == "down" else -1)
            keys.insert(max(other, 0), keys.pop(place))
    data.setlist("rows", keys)
    _act_on_entries(data, verb, key, environments=environments)
    return data


def _drop_entries_of(data: QueryDict, group: str | None, *, others: list[str]) -> None:
    """Schedules and rules of a group go with it, unless another has its name.

    What else speaks of it goes with the configuration, where it is counted.
    """
    if not group or group in (data.get(f"{key}-name") for key in others):
        return
    for name in ("schedules", "rules"):
        if keys := entry_keys_of(data, name):
            data[name] = ",".join(key for key in keys if data.get(f"{key}-group") != group)


def _insert(data: QueryDict, keys: list[str], *, at: int, fields: Mapping[str, str]) -> None:
    key = f"g{max((int(k[1:]) for k in keys), default=-1) + 1}"
    keys.insert(at, key)
    for name, value in fields.items():
        data[f"{key}-{name}"] = value


def _copied(data: QueryDict, keys: list[str], key: str) -> dict[str, str]:
    start = f"{key}-"
    fields = {name.removeprefix(start): str(data[name]) for name in data if name.startswith(start)}
    return {**fields, "name": _free_name(fields.get("name") or "group", data, keys)}


def _unlike(fields: Mapping[str, object], data: QueryDict, keys: list[str]) -> dict[str, str]:
    """A new group's fields: of the last group's machine type, which this cloud offers."""
    size = data.get(f"{keys[-1]}-size") if keys else ""
    fields = {**fields, "size": size or fields["size"]}
    return as_posted(fields) | {"name": _free_name("workers", data, keys), "at": ""}


def _free_name(name: str, data: QueryDict, keys: list[str]) -> str:
    taken = {data.get(f"{key}-name") for key in keys}
    stem = re.sub(r"-\d{1,6}\Z", "", name)
    numbered = (f"{stem}-{number}" for number in range(2, len(keys) + 3))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def _act_on_entries(data: QueryDict, verb: str, what: str, *, environments: Sequence[str]) -> None:
    """Add a row to a list, `add:rules`, or to a row, `add:overrides:e0`; take one out, `remove:r1`;
    or move it, `up:k1`.
    """
    what, _, parent = what.partition(":")
    for name, kind in KINDS.items():
        keys = entry_keys_of(data, name)
        if keys is None:
            continue
        if verb == "add" and what == name and len(keys) < MOST_ENTRIES:
            key = f"{kind.letter}{max((int(k[1:]) for k in keys), default=-1) + 1}"
            keys.append(key)
            _fill_entry(data, key, kind, environments=environments)
            data[f"{key}-of"] = parent
        elif verb == "remove" and what in keys:
            keys.remove(what)
        elif verb in {"up", "down"} and what in keys and kind.can_move:
            place = keys.index(what)
            keys.insert(max(place + (1 if verb == "down" else -1), 0), keys.pop(place))
        data[name] = ",".join(keys)


def _fill_entry(data: QueryDict, key: str, kind: EntryKind, *, environments: Sequence[str]) -> None:
    named = _named(data, kind, environments)
    first = kind.model.model_validate({**kind.first, **named})
    for name, text in (as_posted(entry_values_of(first), prefix=key) | {f"{key}-at": ""}).items():
        data[name] = text


def _named(data: QueryDict, kind: EntryKind, environments: Sequence[str]) -> dict[str, object]:
    """A new row's group or environment: the first that no row of its list names yet."""
    groups = [data.get(f"{row}-name", "") for row in data.getlist("rows")]
    if kind.model is Rank:
        return {"group": _unused(data, groups, "ranks", "group")}
    if kind.model is Environment:
        return {"name": _unused(data, environments, "environments", "name")}
    group = groups[0] if groups else ""
    if kind.model is Override:
        return {"patch": {"name": group}} if group else {}
    return {"group": group} if "group" in kind.model.model_fields else {}


def _unused(data: QueryDict, names: Sequence[str | None], rows: str, field: str) -> str:
    used = {data.get(f"{key}-{field}") for key in entry_keys_of(data, rows) or ()}
    known = [name for name in names if name]
    return next((name for name in known if name not in used), known[0] if known else "")
