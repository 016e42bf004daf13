"""What is known of the registry tags that versions were registered from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from images.models import Image, ImageVersion
from images.registries.watching import watched


class TagState(StrEnum):
    """Where a tag was seen to point, against the digest that a version is pinned to."""

    SAME = "same"
    MOVED = "moved"
    REMOVED = "removed"
    UNKNOWN = "unknown"  # the registry did not say since: neither moved nor the same


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSight:
    """A version's tag in its registry, as it was last seen.

    `holder` is the version of the image that is what the tag points to now; None: there is none.
    """

    version: ImageVersion
    state: TagState
    holder: ImageVersion | None = None

    @property
    def location(self) -> str:
        return self.version.location

    @property
    def digest(self) -> str:
        return self.version.tag_digest

    @property
    def seen_at(self) -> datetime | None:
        """When the registry last said where it points; None: never since it was registered."""
        return self.version.tag_seen_at

    @property
    def trouble(self) -> str:
        return self.version.tag_trouble

    @property
    def has_other_digest(self) -> bool:
        """Whether it pointed to another image when it was last seen."""
        return self.version.has_moved_tag


def sight_of(version: ImageVersion) -> TagSight | None:
    """Return what is known of a version's tag; None: it has none that is watched, or not yet."""
    state = _state(version)
    if state is None or not watched().filter(pk=version.pk).exists():
        return None
    holder = None
    if version.has_moved_tag:
        same = ImageVersion.objects.filter(image=version.image_id, digest=version.tag_digest)
        holder = same.select_related("image").first()
    return TagSight(version=version, state=state, holder=holder)


def sights_of(image: Image) -> list[TagSight]:
    """Return of each tag that the image's versions came from what its newest version says.

    Without the tags that are where they were: there is nothing to say about them.
    """
    found = watched().filter(image=image).select_related("image").order_by("-number")
    rows = list(found.defer("dockerfile", "requirements", "context", "labels", "platforms"))
    by_digest = {row.digest: row for row in reversed(rows)}
    return [
        TagSight(version=row, state=state, holder=by_digest.get(row.tag_digest))
        for row in _newest_by_location(rows)
        if (state := _state(row)) and state != TagState.SAME
    ]


def _newest_by_location(rows: Iterable[ImageVersion]) -> Iterable[ImageVersion]:
    seen: dict[str, ImageVersion] = {}
    for row in rows:
        seen.setdefault(row.location, row)
    return seen.values()


def _state(version: ImageVersion) -> TagState | None:
    if version.tag_trouble:
        return TagState.UNKNOWN
    if version.tag_seen_at is None:
        return None
    if not version.tag_digest:
        return TagState.REMOVED
    return TagState.MOVED if version.has_moved_tag else TagState.SAME
