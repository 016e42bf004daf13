"""What differs between two versions of an image: packages, and layers with their sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

type Found = Sequence[Mapping[str, Any]]


class ChangeKind(StrEnum):
    """What became of a package or layer."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """A package that only one of two versions has, or that has another version in the other.

    A side that has it more than once, as Python environments do, names all versions.
    """

    change: ChangeKind
    kind: str  # pip or apt
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """A layer of either version, by the step that created it; sizes in bytes, compressed."""

    change: ChangeKind
    created_by: str
    old_size: int | None
    new_size: int | None

    @property
    def difference(self) -> int:
        """By how many bytes the image grew with it."""
        return (self.new_size or 0) - (self.old_size or 0)


def package_changes(old: Found, new: Found) -> list[PackageChange]:
    """Return what differs between the packages of two versions, by kind and name.

    Of each package: kind, name, version.
    """
    before, after = _by_name(old), _by_name(new)
    found = []
    for kind, name in sorted({*before, *after}):
        was, is_now = before.get((kind, name), ""), after.get((kind, name), "")
        if was != is_now:
            change = _change(had=bool(was), has=bool(is_now))
            found.append(PackageChange(change=change, kind=kind, name=name, old=was, new=is_now))
    return found


def layer_changes(old: Found, new: Found) -> list[LayerChange]:
    """Return the layers of two versions in their order, each beside that of the same step.

    Of each layer: digest, size in bytes, created_by. Layers of the same digest are shared: a node
    that has one version does not pull them for the other.
    """
    before, after = (
        [str(one["created_by"] or one["digest"]) for one in side] for side in (old, new)
    )
    found: list[LayerChange] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [_layer(x, y) for x, y in zip(old[a:b], new[c:d], strict=True)]
        else:
            found += [_layer(one, None) for one in old[a:b]]
            found += [_layer(None, one) for one in new[c:d]]
    return found


def _by_name(packages: Found) -> dict[tuple[str, str], str]:
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in packages:
        versions[str(one["kind"]), str(one["name"])].add(str(one["version"]))
    return {key: ", ".join(sorted(found)) for key, found in versions.items()}


def _layer(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> LayerChange:
    one = new or old or {}
    is_same = old is not None and new is not None and old["digest"] == new["digest"]
    return LayerChange(
        change=ChangeKind.SAME if is_same else _change(had=old is not None, has=new is not None),
        created_by=str(one["created_by"]),
        old_size=int(old["size"]) if old is not None else None,
        new_size=int(new["size"]) if new is not None else None,
    )


def _change(*, had: bool, has: bool) -> ChangeKind:
    if had and has:
        return ChangeKind.CHANGED
    return ChangeKind.REMOVED if had else ChangeKind.ADDED
