"""What a team of the world has of images and registries."""

from __future__ import annotations

from accounts.models import Team, User
from images.models import ImageTag, ImageVersion, Registry


def image_things(version: ImageVersion, *, team: Team, author: User, word: str) -> dict[str, str]:
    """Give the version's image a tag and a withdrawn version, its team a registry; their ids."""
    withdrawn = ImageVersion.objects.create(
        image=version.image,
        number=version.number + 1,
        ray_version="2.60.0",
        python_version="3.12",
        location=f"registry.example.org/{word}:2",
        state="withdrawn",
    )
    tag = ImageTag.objects.create(
        image=version.image, name=f"{word}-tag", version=version, moved_by=author
    )
    registry = Registry.objects.create(
        name=f"{word}-registry", team=team, kind="oci", host="127.0.0.1:9"
    )
    return {
        "image_row": str(version.image_id),
        "image_version": str(version.pk),
        "withdrawn": str(withdrawn.pk),
        "image_tag": str(tag.pk),
        "registry": str(registry.pk),
    }
