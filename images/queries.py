from collections.abc import Iterable

from accounts.models import Team
from images.models import Image, ImageVersion


def latest_versions(team: Team) -> list[ImageVersion]:
    """Return the latest version of each image the team may use, in one query."""
    return list(
        ImageVersion.objects.filter(image__in=Image.objects.usable_by(team))
        .select_related("image")
        .order_by("image__name", "-number")
        .distinct("image__name")
    )


def default_of(latest: Iterable[ImageVersion]) -> ImageVersion | None:
    """Return which of a team's `latest_versions` it gets where it names none."""
    return min(latest, key=lambda version: version.image_id, default=None)


def find_version(reference: str | None, *, team: Team) -> ImageVersion | None:
    """Return the version that "name:3" or "name" (its latest) means; without one, the default.

    What belongs to another team is not found, whoever asks.
    """
    name, _, number = (reference or "").partition(":")
    rows = ImageVersion.objects.filter(image__in=Image.objects.usable_by(team))
    if name:
        rows = rows.filter(image__name=name)
    if number:
        rows = rows.filter(number=number) if number.isdecimal() else rows.none()
    return rows.select_related("image").order_by("image_id", "-number").first()


def no_such_image(reference: str | None, *, team: Team) -> str:
    """Return what to say of an image that the team cannot use, whether it exists or not."""
    return f"Team {team} has no access to an image '{reference or 'any'}'."
