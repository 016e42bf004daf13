"""Note what a version of a template names, and what that meant when it was saved."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import Team
from configurations.models import NamedImage, Version
from domain.configuration.spec import ComputeConfig
from domain.overlays import overlaid
from images.models import Image
from images.queries import find_image, find_version

_MOST_REFERENCE = 200


def references_of(config: ComputeConfig) -> Iterator[tuple[str, str]]:
    """Yield what the configuration calls its image, by environment; "" is for all others.

    An environment is there only where it names another image.
    """
    usual = config.mobula.image or ""
    if usual:
        yield "", usual
    for environment, its_own, _ in overlaid(config):
        named = (its_own.mobula.image or "") if its_own else ""
        if named and named != usual:
            yield environment, named


def note_images(version: Version, config: ComputeConfig, *, team: Team) -> None:
    """Write down which images a new version names, with the version and digest that each means."""
    NamedImage.objects.bulk_create(
        [
            NamedImage(
                version=version,
                environment=environment,
                reference=reference[:_MOST_REFERENCE],
                image=image,
                image_version=meant,
                digest=meant.digest if meant else "",
            )
            for environment, reference in references_of(config)
            for meant in [find_version(reference, team=team)]
            if (image := _image(reference, meant.image if meant else None, team=team))
        ]
    )


def _image(reference: str, found: Image | None, *, team: Team) -> Image | None:
    # A tag may be set later: it is this image all the same.
    return found or find_image(reference, team=team)
