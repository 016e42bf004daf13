"""Drafts of versions: what an image is to be built from, until it is built."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import FieldError, Invalid, NotFound, WrongState, raise_if_any
from accounts.models import Team, User
from accounts.permissions import require
from accounts.services import record
from domain.images.reference import wrong_image_name
from domain.images.states import EDITABLE_IMAGE_STATES, ImageSource, ImageState
from domain.images.uri import WrongImageUri, read_uri
from images.models import Image, ImageVersion
from images.services.contents import Content
from images.services.rights import may_edit_images

_BUILT = "it cannot be changed. Create a new version."
BUILT_SOURCES = frozenset({ImageSource.DOCKERFILE, ImageSource.VIRTUAL_ENVIRONMENT})


@transaction.atomic
def create_image_draft(
    content: Content, *, name: str, team: Team | None, by: User, description: str = ""
) -> ImageVersion:
    """Return the first draft of a new image, or the next one of an image that is there.

    Raises `Invalid`, and `WrongState` where the image has a draft already.
    """
    require(may_edit_images(by, team))
    wrong = [FieldError("name", why)] if (why := wrong_image_name(name)) else []
    raise_if_any([*wrong, *content.wrong(team)])
    Image.objects.bulk_create(
        [Image(name=name, team=team, description=description[:200], created_by=by)],
        ignore_conflicts=True,
    )
    image = Image.objects.select_for_update().get(name=name, team=team)
    if image.archived_at:
        raise Invalid.at("name", f"Image {name} is archived. Use another name.")
    if not image.versions.exists():
        record("image.created", actor=by, subject=image, team=team)
    return _add(image, content, by=by)


@transaction.atomic
def save_draft(version: ImageVersion, content: Content, *, by: User) -> ImageVersion:
    """Return the changed draft; raises `Invalid`, or `WrongState` once it is built."""
    row = editable(version, by, refusal=_BUILT)
    if row.source != content.source:
        raise WrongState(f"{row} is no {content.source}. Create a new image.")
    raise_if_any(list(content.wrong(row.image.team)))
    columns = content.columns()
    for name, value in columns.items():
        setattr(row, name, value)
    row.location = location_of(row)
    row.save(update_fields=[*columns, "location"])
    record("image_version.saved", actor=by, subject=row, team=row.image.team)
    return row


@transaction.atomic
def discard_draft(version: ImageVersion, *, by: User) -> None:
    """Remove a draft, or a version whose build failed, with its builds and logs."""
    row = editable(version, by, refusal=_BUILT)
    record("image_version.discarded", actor=by, subject=row, team=row.image.team)
    row.delete()


def location_of(version: ImageVersion) -> str:
    """Return where the version goes: the registry, its prefix, the team, the image, its number."""
    registry = version.registry
    if registry is None:
        return ""
    image = version.image
    parts = [registry.host, registry.prefix, image.team.slug if image.team else "", image.name]
    return "/".join(part for part in parts if part) + f":v{version.number}"


def _add(image: Image, content: Content, *, by: User) -> ImageVersion:
    unbuilt = image.versions.filter(state=ImageState.DRAFT).first()
    if unbuilt:
        raise WrongState(f"{unbuilt} is a draft already. Edit it, or discard it.")
    last = image.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = ImageVersion(
        image=image,
        number=last + 1,
        source=content.source,
        state=ImageState.DRAFT,
        author=by,
        **content.columns(),
    )
    version.location = location_of(version)
    version.save(force_insert=True)
    record("image_version.draft", actor=by, subject=version, team=image.team)
    return version


def editable(version: ImageVersion, user: User, *, refusal: str) -> ImageVersion:
    """Return the version as it is now, its row locked, for what is done to drafts alone.

    Raises `NotFound` where it was discarded, and `WrongState` with the refusal once it is built.
    """
    require(may_edit_images(user, version.image.team))
    row = (
        ImageVersion.objects.select_for_update(of=("self",))
        .select_related("image__team", "registry")
        .filter(pk=version.pk)
        .first()
    )
    if row is None:
        raise NotFound(f"{version} was discarded.")
    if row.state not in EDITABLE_IMAGE_STATES or row.source not in BUILT_SOURCES:
        raise WrongState(f"{row} is {row.state}: {refusal}")
    return row


def wrong_location(version: ImageVersion) -> str:
    """Return why the version cannot be pushed where it is to go; "" where it can."""
    try:
        read_uri(version.location)
    except WrongImageUri as error:
        return str(error)
    return ""
