"""The list of images, each with its latest version: some queries, however many there are.

It is sorted by what is known of versions, so all rows are read: as values, and what only the page
shows is read for its rows alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Case, QuerySet, When

from accounts.models import Person
from domain.images.states import LAUNCHABLE_IMAGE_STATES, ImageState
from images.models import Image, ImageTag, ImageVersion
from images.uses import clusters_by_image

_FIRST = Case(
    When(state=ImageState.READY, then=0), When(state__in=LAUNCHABLE_IMAGE_STATES, then=1), default=2
)


@dataclass(frozen=True, slots=True)
class LatestVersion:
    """What the list knows of a version: the one that its image's name means."""

    pk: int
    image: str
    number: int
    state: str
    ray_version: str
    python_version: str
    cuda_version: str
    created_at: datetime

    def __str__(self) -> str:
        return f"{self.image}:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedImage:
    """A row of the list. `latest` is the version that its name means; without one, the newest.

    `description` and `tags` are there after `with_details`.
    """

    pk: int
    name: str
    team: str  # "" for one of all teams
    latest: LatestVersion | None
    clusters: int  # of the reader's teams, on any of its versions
    description: str = ""
    tags: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        return self.latest.state if self.latest else ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedImages:
    """What an image must be; an empty field asks for nothing."""

    text: str = ""
    state: str = ""
    team: str = ""  # a team's id, or "all" for those of all teams


def listed_images(user: Person, wanted: WantedImages) -> list[ListedImage]:
    """Return the images that the user may see and that are wanted, in three queries."""
    images = _wanted(user, wanted)
    names = list(images.order_by("name", "pk").values_list("pk", "name", "team__name"))
    latest = _latest(images)
    clusters = clusters_by_image(user=user)
    rows = (
        ListedImage(
            pk=pk,
            name=name,
            team=team or "",
            latest=latest.get(pk),
            clusters=clusters.get(pk, 0),
        )
        for pk, name, team in names
    )
    return [row for row in rows if not wanted.state or row.state == wanted.state]


def with_details(rows: Iterable[ListedImage]) -> list[ListedImage]:
    """Return the rows with what nothing is sorted by, in two queries."""
    rows = list(rows)
    wanted = [row.pk for row in rows]
    descriptions = dict(
        Image.objects.filter(pk__in=wanted).exclude(description="").values_list("pk", "description")
    )
    tags = defaultdict(list)
    named = ImageTag.objects.filter(image__in=wanted).order_by("name")
    for image, name in named.values_list("image_id", "name"):
        tags[image].append(name)
    return [
        replace(row, description=descriptions.get(row.pk, ""), tags=tuple(tags[row.pk]))
        for row in rows
    ]


def _latest(images: QuerySet[Image]) -> dict[int, LatestVersion]:
    newest = (
        ImageVersion.objects.filter(image__in=images.order_by().values("pk"))
        .order_by("image_id", _FIRST, "-number")
        .distinct("image_id")
    )
    rows: Iterable[tuple[Any, ...]] = newest.values_list(
        "image_id",
        "pk",
        "image__name",
        "number",
        "state",
        "ray_version",
        "python_version",
        "cuda_version",
        "created_at",
    )
    return {image: LatestVersion(*values) for image, *values in rows}


def _wanted(user: Person, wanted: WantedImages) -> QuerySet[Image]:
    rows = Image.objects.visible_to(user).filter(archived_at=None).distinct()
    if wanted.text:
        rows = rows.filter(name__icontains=wanted.text)
    if wanted.team == "all":
        return rows.filter(team=None)
    return rows.filter(team=int(wanted.team)) if wanted.team.isdecimal() else rows
