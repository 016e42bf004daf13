"""What the images that a version names meant when it was saved, and what they mean now."""

from __future__ import annotations

from dataclasses import dataclass

from configurations.models import NamedImage, Version
from images.models import ImageVersion
from images.queries import find_version


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMeaning:
    """An image as a version names it. `saved` is None where what it meant is not known."""

    reference: str
    environment: str  # "": all that name no other image
    saved: ImageVersion | None
    digest: str  # that `saved` had, "" where none is known
    now: ImageVersion | None

    @property
    def is_pinned(self) -> bool:
        """Whether it names a version by number: it never means another one."""
        return self.reference.partition(":")[2].isdecimal()

    @property
    def has_changed(self) -> bool:
        """Whether launches use another version now than when it was saved."""
        return self.saved is not None and self.saved != self.now

    @property
    def words(self) -> str:
        """What it meant and means, in a sentence."""
        where = f" in {self.environment}" if self.environment else ""
        subject = f"{self.reference}{where}"
        if self.now is None:
            was = f"version {self.saved.number} when saved, " if self.saved else ""
            return f"{subject}: {was}no version now. Launches are refused."
        if self.is_pinned:
            return f"{subject}: pinned to this version."
        if self.saved is None:
            return f"{subject}: version {self.now.number} now."
        if self.has_changed:
            return f"{subject}: version {self.saved.number} when saved, {self.now.number} now."
        return f"{subject}: version {self.now.number}, as when saved."


def meanings_of(version: Version) -> list[ImageMeaning]:
    """Return what the version's images meant and mean, in a query and one for each image."""
    rows = NamedImage.objects.filter(version=version).order_by("environment")
    joined = rows.select_related("image_version__image", "version__template__team")
    return [
        ImageMeaning(
            reference=row.reference,
            environment=row.environment,
            saved=row.image_version,
            digest=row.digest,
            now=find_version(row.reference, team=row.version.template.team),
        )
        for row in joined
    ]
