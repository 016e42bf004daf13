"""Move the tags of an image from version to version."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from domain.images.reference import wrong_tag_name
from images.models import Image, ImageTag, ImageVersion
from images.queries import why_not_launchable
from images.services.rights import may_edit_images

MOST_TAGS = 100


@transaction.atomic
def set_tag(version: ImageVersion, *, name: str, by: User) -> ImageTag:
    """Give a version the tag, which the image's version that had it loses.

    Raises `Invalid` for a name that is no tag, and `WrongState` for a version without launches.
    """
    require(may_edit_images(by, version.image.team))
    if why := wrong_tag_name(name):
        raise Invalid.at("name", why)
    image = Image.objects.select_for_update().get(pk=version.image_id)
    if refusal := why_not_launchable(version):
        raise WrongState(f"It cannot get a tag. {refusal}")
    tag = image.tags.select_related("version__image").filter(name=name).first()
    if tag is None and image.tags.count() >= MOST_TAGS:
        raise WrongState(f"{image} has {MOST_TAGS} tags already. Remove one first.")
    before = {name: str(tag.version)} if tag else {}
    tag = tag or ImageTag(image=image, name=name)
    tag.version, tag.moved_by = version, by
    tag.save()
    record(
        "image.tagged",
        actor=by,
        subject=image,
        team=image.team,
        before=before,
        after={name: str(version)},
    )
    return tag


@transaction.atomic
def remove_tag(tag: ImageTag, *, by: User) -> None:
    """Remove a tag; its version stays, and configurations that name the tag are told."""
    require(may_edit_images(by, tag.image.team))
    if not ImageTag.objects.filter(pk=tag.pk).delete()[0]:
        raise WrongState(f"{tag} was removed already.")
    record(
        "image.untagged",
        actor=by,
        subject=tag.image,
        team=tag.image.team,
        before={tag.name: str(tag.version)},
    )
