"""The list of images, each with its latest version: some queries, however many there are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Case, QuerySet, When

from accounts.models import Person
from domain.images.states import LAUNCHABLE_IMAGE_STATES, ImageState
from images.models import Image, ImageTag, ImageVersion
from images.uses import clusters_by_version

_FIRST = Case(
    When(state=ImageState.READY, then=0), When(state__in=LAUNCHABLE_IMAGE_STATES, then=1), default=2
)

# What the list shows of a version: labels and Dockerfiles of thousands would be read for nothing.
_SHOWN = (
    "image",
    "number",
    "state",
    "ray_version",
    "python_version",
    "cuda_version",
    "created_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedImage:
    """A row of the list. `latest` is the version that its name means; without one, the newest."""

    image: Image
    latest: ImageVersion | None
    tags: tuple[str, ...]
    clusters: int  # of the reader's teams, on any of its versions

    @property
    def pk(self) -> int:
        return self.image.pk

    @property
    def state(self) -> str:
        return self.latest.state if self.latest else ""

    def __str__(self) -> str:
        return self.image.name


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedImages:
    """What an image must be; an empty field asks for nothing."""

    text: str = ""
    state: str = ""
    team: str = ""  # a team's id, or "all" for those of all teams


def listed_images(user: Person, wanted: WantedImages) -> list[ListedImage]:
    """Return the images that the user may see and that are wanted, in five queries."""
    images = list(_wanted(user, wanted).select_related("team").order_by("name", "pk"))
    by_id = {image.pk: image for image in images}
    newest = ImageVersion.objects.order_by("image", _FIRST, "-number").distinct("image")
    latest = {}
    for row in newest.only(*_SHOWN):
        if image := by_id.get(row.image_id):
            row.image = image  # its name is part of the version's
            latest[row.image_id] = row
    tags = defaultdict(list)
    for tag in ImageTag.objects.order_by("name"):
        tags[tag.image_id].append(tag.name)
    used = clusters_by_version(user=user)
    images_of = dict(ImageVersion.objects.filter(pk__in=used).values_list("pk", "image"))
    clusters: defaultdict[int, int] = defaultdict(int)
    for version, count in used.items():
        clusters[images_of[version]] += count
    rows = [
        ListedImage(
            image=image,
            latest=latest.get(image.pk),
            tags=tuple(tags[image.pk]),
            clusters=clusters[image.pk],
        )
        for image in images
    ]
    return [row for row in rows if not wanted.state or row.state == wanted.state]


def _wanted(user: Person, wanted: WantedImages) -> QuerySet[Image]:
    rows = Image.objects.visible_to(user).filter(archived_at=None).distinct()
    if wanted.text:
        rows = rows.filter(name__icontains=wanted.text)
    if wanted.team == "all":
        return rows.filter(team=None)
    return rows.filter(team=int(wanted.team)) if wanted.team.isdecimal() else rows
