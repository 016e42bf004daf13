"""What the rules for Dockerfiles know of an installation."""

from __future__ import annotations

from accounts.models import Team
from domain.images.dockerfile.rules import Surroundings
from domain.images.states import LAUNCHABLE_IMAGE_STATES
from images.catalogue import Wanted, find
from images.models import Image, ImageVersion

_MOST_IMAGES = 2_000


def surroundings_of(team: Team | None, *, has_context: bool | None = None) -> Surroundings:
    """Return what is known: the newest of Ray's images, and where the team's own images are."""
    images = Image.objects.usable_by(team) if team else Image.objects.filter(team=None)
    rows = ImageVersion.objects.filter(image__in=images, state__in=sorted(LAUNCHABLE_IMAGE_STATES))
    known = list(rows.exclude(location__startswith="/")[:_MOST_IMAGES])
    locations = {one.location for one in known} | {one.pulled_as for one in known}
    newest = next(iter(find(Wanted(repository="rayproject/ray", accelerator="cpu"))), None)
    return Surroundings(
        default_base=newest.uri if newest else "",
        ray_images=frozenset(locations),
        has_context=has_context,
    )
