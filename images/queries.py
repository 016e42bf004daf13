"""Which version of an image a name means, and what a team gets without one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, F, Q, When

from accounts.models import Team
from domain.images.states import LAUNCHABLE_IMAGE_STATES, ImageState
from images.models import GPU_IMAGE, Image, ImageTag, ImageVersion

# Of an image's versions, the newest that is ready; of those that are not, the newest deprecated.
_LAUNCHABLE = sorted(LAUNCHABLE_IMAGE_STATES)
_BY_STATE = Case(When(state=ImageState.READY, then=0), default=1)
# A team's own image goes before one of all teams that came later under the same name.
_OWN_FIRST = F("image__team").asc(nulls_last=True)


def latest_versions(team: Team) -> list[ImageVersion]:
    """Return of each image the team may use the version that its name alone means, in one query."""
    rows = ImageVersion.objects.filter(
        image__in=Image.objects.usable_by(team), image__archived_at=None, state__in=_LAUNCHABLE
    )
    return list(
        rows.select_related("image", "successor__image")
        .order_by("image__name", _OWN_FIRST, _BY_STATE, "-number")
        .distinct("image__name")
    )


def usable_tags(team: Team) -> list[ImageTag]:
    """Return the tags that configurations of the team may name, in one query.

    Those of a team's own image go before those of an image of all teams with the same name.
    """
    rows = ImageTag.objects.filter(
        image__in=Image.objects.usable_by(team), image__archived_at=None
    ).select_related("image", "version__image")
    ordered = rows.order_by("image__name", "name", F("image__team").asc(nulls_last=True))
    return list(ordered.distinct("image__name", "name"))


def default_of(
    latest: Iterable[ImageVersion], *, pulled: bool | None = None
) -> ImageVersion | None:
    """Return which of a team's `latest_versions` it gets where it names none.

    It is of those that nodes pull from a registry, or of those that they do not, as told. What a
    team made is for those who name it.
    """
    fitting = [one for one in latest if pulled is None or one.is_registry_image is pulled]
    common = [one for one in fitting if one.image.team_id is None]
    return min(
        common or fitting,
        key=lambda one: (one.image.name == GPU_IMAGE, one.image_id),
        default=None,
    )


def find_version(
    reference: str | None, *, team: Team, pulled: bool | None = None, has_gpus: bool = False
) -> ImageVersion | None:
    """Return the version that "name:3", "name:stable" or "name" means; without one, the default.

    A name alone means its newest version that can be launched; a number means that version,
    whatever its state: see `why_not_launchable`. The default is of those that nodes pull from a
    registry or not, as told; for machines with GPUs it has CUDA. What belongs to another team is
    not found, whoever asks.
    """
    name, _, which = (reference or "").partition(":")
    rows = ImageVersion.objects.filter(image__in=Image.objects.usable_by(team))
    if name:
        rows = rows.filter(image__name=name)
    if which.isdecimal():
        rows = rows.filter(number=which)
    elif which:
        rows = rows.filter(tags__name=which)
    else:
        rows = rows.filter(state__in=_LAUNCHABLE)
    if not name:
        rows = rows.filter(image__archived_at=None)
        if pulled is not None:
            on_host = Q(location__startswith="/")
            rows = rows.exclude(on_host) if pulled else rows.filter(on_host)
    wanted = Case(When(image__name=GPU_IMAGE, then=0 if has_gpus else 2), default=1)
    shared_first = F("image__team").asc(nulls_first=True)
    order = [_OWN_FIRST] if name else [wanted, shared_first, "image_id"]
    ordered = rows.order_by(*order, _BY_STATE, "-number")
    return ordered.select_related("image", "successor__image").first()


def find_image(reference: str, *, team: Team) -> Image | None:
    """Return the image of the name in "name:stable" that the team may use, if there is one."""
    rows = Image.objects.usable_by(team).filter(name=reference.partition(":")[0])
    return rows.order_by(F("team").asc(nulls_last=True)).first()


def no_such_image(reference: str | None, *, team: Team) -> str:
    """Return what to say of an image that the team cannot use, whether it exists or not."""
    return f"Team {team} has no access to an image '{reference or 'any'}'."


def why_not_launchable(version: ImageVersion) -> str:
    """Return why no cluster can be launched from the version now, with the way out; "" if one can.

    Every page that offers a launch shows this sentence, and the launch itself refuses with it.
    """
    match ImageState(version.state):
        case ImageState.READY | ImageState.DEPRECATED:
            return ""
        case ImageState.WITHDRAWN:
            reason = f": {version.state_reason}" if version.state_reason else "."
            return f"{version} was withdrawn{reason} {_instead(version)}"
        case ImageState.BUILDING:
            return f"{version} is still being built. Wait until the build is done."
        case ImageState.FAILED:
            return f"The build of {version} failed. Build it again, or use another version."
        case ImageState.DRAFT:
            return f"{version} is a draft. Build it first."


def deprecation_of(version: ImageVersion) -> str:
    """Return what to say of a launch from a version that is deprecated; "" of any other."""
    if version.state != ImageState.DEPRECATED:
        return ""
    reason = f": {version.state_reason}" if version.state_reason else "."
    return f"{version} is deprecated{reason} {_instead(version)}"


def _instead(version: ImageVersion) -> str:
    return f"Use {version.successor or 'another version'}."
