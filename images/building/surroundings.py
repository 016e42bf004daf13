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
_MOST_BASES = 100


def surroundings_of(
    text: str, *, team: Team | None, has_context: bool | None = None
) -> Surroundings:
    """Return what is known for a Dockerfile: which of its bases are images of the team's own."""
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
    """Return the bases that the team has as versions, by tag or by digest: those have Ray."""
    bases = {stage.base for stage in parse(text).stages[:_MOST_BASES]}
    digests = {base.partition("@")[2] for base in bases} - {""}
    if not bases:
        return frozenset()
    images = Image.objects.usable_by(team) if team else Image.objects.filter(team=None)
    rows = ImageVersion.objects.filter(
        Q(location__in=bases) | Q(digest__in=digests),
        image__in=images,
        state__in=sorted(LAUNCHABLE_IMAGE_STATES),
    )
    found = rows.exclude(location__startswith="/").only("location", "digest")
    return frozenset(bases & {name for one in found for name in (one.location, one.pulled_as)})
