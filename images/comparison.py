"""Two versions of an image side by side: what they are, are built from, and have inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.images.differences import (
    ChangeKind,
    LayerChange,
    PackageChange,
    layer_changes,
    package_changes,
)
from domain.images.platforms import platform_name
from domain.images.states import UNBUILT_IMAGE_STATES, ImageSource
from domain.wording import size
from images.models import ImageContents, ImageVersion
from tables.sides import Pair, side_by_side

_SOURCES: Mapping[str, str] = {
    ImageSource.DOCKERFILE: "Dockerfile",
    ImageSource.VIRTUAL_ENVIRONMENT: "Requirements",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What both versions are, in words."""

    label: str
    old: str
    new: str

    @property
    def differs(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionComparison:
    """What changes from `old` to `new`. Notes say what cannot be compared, and why."""

    old: ImageVersion
    new: ImageVersion
    facts: list[Fact]
    source: str  # Dockerfile or Requirements
    pairs: list[Pair]
    source_note: str
    packages: list[PackageChange]
    package_note: str
    layers: list[LayerChange]
    layer_note: str

    @property
    def has_same_digest(self) -> bool:
        return bool(self.old.digest) and self.old.digest == self.new.digest

    @property
    def same(self) -> str:
        """What to say where nothing that is known differs, "" where something does."""
        changed = [one for one in self.layers if one.change != ChangeKind.SAME]
        if self.packages or self.pairs or changed or any(one.differs for one in self.facts):
            return ""
        if self.has_same_digest:
            return "Both versions are the same image: they have the same digest."
        return "Nothing that is known of the two versions differs."

    @property
    def shared_bytes(self) -> int:
        """How much of `new` a node that has `old` does not pull."""
        shared = (one for one in self.layers if one.change == ChangeKind.SAME)
        return sum(one.new_size or 0 for one in shared)

    @property
    def new_bytes(self) -> int:
        return sum(one.new_size or 0 for one in self.layers)

    @property
    def old_bytes(self) -> int:
        return sum(one.old_size or 0 for one in self.layers)

    def counted(self) -> list[tuple[str, int]]:
        """Return how many packages were added, removed and changed."""
        kinds = [one.change for one in self.packages]
        order = (ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED)
        return [(kind.value, kinds.count(kind)) for kind in order]


def compare_versions(old: ImageVersion, new: ImageVersion) -> VersionComparison:
    """Return the comparison of two versions of an image; `contents` of both are best joined."""
    before, after = _contents(old), _contents(new)
    note = _unknown(old, new, before, after)
    packages: list[PackageChange] = []
    layers: list[LayerChange] = []
    if before and after:
        packages = package_changes(before.packages, after.packages)
        # A virtual environment has none.
        layers = layer_changes(before.layers, after.layers)
    text = (_text(old), _text(new))
    return VersionComparison(
        old=old,
        new=new,
        facts=list(_facts(old, new)),
        source=_SOURCES.get(new.source) or _SOURCES.get(old.source, "Dockerfile"),
        pairs=list(side_by_side(*text)) if all(text) else [],
        source_note=_source_note(old, new),
        packages=packages,
        package_note=note,
        layers=layers,
        layer_note=note or ("" if layers else "Virtual environments have no layers."),
    )


def _facts(old: ImageVersion, new: ImageVersion) -> Iterator[Fact]:
    for label, field in (
        ("Ray", "ray_version"),
        ("Python", "python_version"),
        ("CUDA", "cuda_version"),
    ):
        yield Fact(
            label=label, old=getattr(old, field) or "None", new=getattr(new, field) or "None"
        )
    for label, words in (
        ("Platforms", _platforms),
        ("Size, compressed", _size),
        ("Source", lambda version: str(version.source).capitalize()),
        ("Digest", lambda version: version.digest or "Unknown"),
    ):
        yield Fact(label=label, old=words(old), new=words(new))


def _platforms(version: ImageVersion) -> str:
    return ", ".join(sorted(platform_name(one) for one in version.platforms)) or "Unknown"


def _size(version: ImageVersion) -> str:
    return size(version.size_bytes) if version.size_bytes is not None else "Unknown"


def _text(version: ImageVersion) -> str:
    return version.dockerfile or version.requirements


def _source_note(old: ImageVersion, new: ImageVersion) -> str:
    without = [str(one) for one in (old, new) if not _text(one)]
    if without:
        names = " and ".join(without)
        return f"{names} {_was(without)} not built by Mobula: there is no Dockerfile to compare."
    if _text(old) == _text(new):
        return "No line differs."
    return ""


def _unknown(
    old: ImageVersion,
    new: ImageVersion,
    before: ImageContents | None,
    after: ImageContents | None,
) -> str:
    """Return why the contents cannot be compared, "" where they can."""
    missing = [one for one, inside in ((old, before), (new, after)) if inside is None]
    unbuilt = [str(one) for one in missing if one.state in UNBUILT_IMAGE_STATES]
    if unbuilt:
        return f"{' and '.join(unbuilt)} {_was(unbuilt)} not built yet. Build first to compare."
    names = [str(one) for one in missing]
    if not names:
        return ""
    return (
        f"The contents of {' and '.join(names)} are not known: Mobula reads them "
        "when it builds an image."
    )


def _was(names: Sequence[str]) -> str:
    return "were" if len(names) > 1 else "was"


def _contents(version: ImageVersion) -> ImageContents | None:
    # A version that was registered has none, nor has one that is not built yet.
    return getattr(version, "contents", None)
