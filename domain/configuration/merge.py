"""Two people changed one configuration: bring both changes together, field by field."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.configuration.diff import whole_group
from domain.configuration.fields import (
    ABSENT,
    GROUPS,
    ConfigPath,
    fields,
    named_groups,
    path_in_words,
    same,
)
from domain.configuration.spec import ComputeConfig, WorkerGroup

type Fields = Mapping[ConfigPath, object]
type Groups = Mapping[str, WorkerGroup]


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A field that both changed, differently; None where a side does not set it."""

    path: str
    base: object
    mine: object
    theirs: object


@dataclass(frozen=True, slots=True)
class Merge:
    """Both changes together; the conflicts are there to be chosen from."""

    merged: ComputeConfig
    conflicts: tuple[MergeConflict, ...]


def three_way(
    base: ComputeConfig,
    mine: ComputeConfig,
    theirs: ComputeConfig,
    *,
    theirs_at: Collection[str] = (),
) -> Merge:
    """My changes and theirs since `base`; worker groups are matched by name.

    Where both changed a field, `merged` has mine, but theirs at the paths `theirs_at`.
    Fields that are fine alone may contradict each other together: validate the result.
    """
    merged, conflicts = _merged_fields(
        *(_outside_groups(side) for side in (base, mine, theirs)), theirs_at=theirs_at
    )
    three = named_groups(base), named_groups(mine), named_groups(theirs)
    for name in {**three[1], **three[2]}:
        group, found = _merged_group(name, *(side.get(name) for side in three), theirs_at=theirs_at)
        merged |= group
        conflicts += found
    present = {place[1] for place in merged if place[0] == GROUPS}
    order = [name for name in _order(base, mine, theirs) if name in present]
    merged_config = _assembled(
        merged, order if order or _lists_groups(base, mine, theirs) else None
    )
    return Merge(merged_config, tuple(sorted(conflicts, key=lambda conflict: conflict.path)))


def _merged_fields(
    base: Fields, mine: Fields, theirs: Fields, *, theirs_at: Collection[str]
) -> tuple[dict[ConfigPath, object], list[MergeConflict]]:
    """The fields outside the groups, or those of one group."""
    merged: dict[ConfigPath, object] = {}
    conflicts = []
    for place in {**mine, **theirs}:
        was, my, their = (side.get(place, ABSENT) for side in (base, mine, theirs))
        path = path_in_words(place)
        is_conflict = not (same(my, was) or same(their, was) or same(my, their))
        value = their if same(my, was) or (is_conflict and path in theirs_at) else my
        if value is not ABSENT:
            merged[place] = value
        if is_conflict:
            shown = (None if side is ABSENT else side for side in (was, my, their))
            conflicts.append(MergeConflict(path, *shown))
    return merged, conflicts


def _merged_group(
    name: str,
    base: WorkerGroup | None,
    mine: WorkerGroup | None,
    theirs: WorkerGroup | None,
    *,
    theirs_at: Collection[str],
) -> tuple[dict[ConfigPath, object], list[MergeConflict]]:
    """The fields of one group; none if it is gone on one side and untouched on the other."""
    if mine is not None and theirs is not None:
        was = _group_fields(name, base) if base else {}
        sides = was, _group_fields(name, mine), _group_fields(name, theirs)
        return _merged_fields(*sides, theirs_at=theirs_at)
    left = mine or theirs
    if left is None or left == base:
        return {}, []
    if base is None:
        return _group_fields(name, left), []
    path = path_in_words((GROUPS, name))
    conflict = MergeConflict(
        path, whole_group(base), mine and whole_group(mine), theirs and whole_group(theirs)
    )
    kept = theirs if path in theirs_at else mine
    return _group_fields(name, kept) if kept else {}, [conflict]


def _outside_groups(config: ComputeConfig) -> dict[ConfigPath, object]:
    return {place: value for place, value in fields(config).items() if place[0] != GROUPS}


def _group_fields(name: str, group: WorkerGroup) -> dict[ConfigPath, object]:
    found = fields(ComputeConfig(worker_nodes=(group,)))
    return {(GROUPS, name, *p[2:]): value for p, value in found.items() if p[0] == GROUPS}


def _order(base: ComputeConfig, mine: ComputeConfig, theirs: ComputeConfig) -> Iterable[str]:
    """My order if I changed it, else theirs; what only the other has comes last."""
    first, second = list(named_groups(mine)), list(named_groups(theirs))
    if first == list(named_groups(base)):
        first, second = second, first
    return dict.fromkeys([*first, *second])


def _lists_groups(base: ComputeConfig, mine: ComputeConfig, theirs: ComputeConfig) -> bool:
    """True if `worker_nodes` is written, even as an empty list."""
    was, my, their = (side.worker_nodes is not None for side in (base, mine, theirs))
    return their if my == was else my


def _assembled(merged: Fields, order: list[str] | None) -> ComputeConfig:
    """The configuration that has these fields, and these groups in this order."""
    top: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {name: {} for name in order or ()}
    for place, value in merged.items():
        holder, keys = (groups[place[1]], place[2:]) if place[0] == GROUPS else (top, place)
        for key in keys[:-1]:
            holder = holder.setdefault(key, {})
        if value == {}:  # nothing is set there; what the other side sets may be in place
            holder.setdefault(keys[-1], {})
            continue
        holder[keys[-1]] = value
    if order is not None:
        top[GROUPS] = [groups[name] for name in order]
    return ComputeConfig.model_validate(top)
