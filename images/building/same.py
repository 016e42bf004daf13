"""What is built from the same is the same: it is told instead of built again."""

from __future__ import annotations

from domain.images.states import LAUNCHABLE_IMAGE_STATES
from images.models import ImageVersion
from providers.builders.base import BuildError


def refuse_same(version: ImageVersion, mark: str, *, because: str) -> None:
    """Raise `BuildError` where a version of the image that can be launched has this fingerprint."""
    same = ImageVersion.objects.filter(
        image=version.image, fingerprint=mark, state__in=sorted(LAUNCHABLE_IMAGE_STATES)
    ).first()
    if same:
        raise BuildError(f"{same} is the same: {because}")
