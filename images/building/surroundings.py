"""What the rules for Dockerfiles know of an installation."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Team
from domain.images.dockerfile.parsing import parse
from domain.images.dockerfile.rules import Surroundings
from domain.images.states import LAUNCHABLE_IMAGE_STATES
from images.catalogue import newest_base
from images.models import Image, ImageVersion

_RAYS_OWN = "rayproject/ray"


def surroundings_of(
    text: str, *, team: Team | None, has_context: bool | None = None
) -> Surroundings:
    """Return what is known for a Dockerfile: whether its base is an image of the team's."""
    return Surroundings(
        default_base=default_base(),
        ray_images=_known(text, team=team),
        has_context=has_context,
    )


def default_base() -> str:
    """Return the URI of the base that images begin with: the newest of Ray's own."""
    newest = newest_base(_RAYS_OWN)
    return newest.uri if newest else ""


def _known(text: str, *, team: Team | None) -> frozenset[str]:
    """Return the image that the last stage begins with, if the team has it as a version: by tag or
    by digest. Such an image has Ray.
    """
    stages = parse(text).base_stages()
    if not stages:
        return frozenset()
    base = stages[-1].base
    images = Image.objects.usable_by(team) if team else Image.objects.filter(team=None)
    named = Q(location=base)
    if digest := base.partition("@")[2]:
        named |= Q(digest=digest)
    rows = ImageVersion.objects.filter(
        named, image__in=images, state__in=sorted(LAUNCHABLE_IMAGE_STATES)
    )
    found = rows.exclude(location__startswith="/").only("location", "digest")
    is_known = any(base in (one.location, one.pulled_as) for one in found)
    return frozenset({base} if is_known else ())
