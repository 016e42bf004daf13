"""What uses an image: rows that point at it, from the apps above."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from django.db.models import Count, F, Max, Q, QuerySet
from django.urls import reverse

from accounts.models import Person, Team
from accounts.queries import teams_of
from domain.lifecycle import ClusterState
from images.models import Image, ImageVersion

_MOST_NAMED = 200  # of each kind; a page that lists more is not read
_RELEASE = "named_by__version__releases"
_CURRENT = {
    f"{_RELEASE}__replaced_at": None,
    f"{_RELEASE}__environment__removed_at": None,
    f"{_RELEASE}__environment__isnull": False,
}
_FOR_ITS_ENVIRONMENT = Q(named_by__environment=F(f"{_RELEASE}__environment__name"))
# Named, and not excluded: a terminated cluster must not hide another one of the same version.
_LIVE = sorted(set(ClusterState) - {ClusterState.TERMINATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A cluster that has the version, of which team it is, its state, and its page."""

    name: str
    team: str
    state: str
    url: str
    image: str  # the version that it has


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """A template whose versions name the image; `newest` is the newest of those that do."""

    name: str
    team: str
    reference: str  # as they name it
    versions: int
    newest: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseUse:
    """A template's version that is released in an environment and names the image."""

    environment: str
    team: str
    template: str
    number: int
    reference: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What a user's teams use an image for, or a version of it."""

    templates: list[TemplateUse]
    releases: list[ReleaseUse]
    clusters: list[Use]

    def __bool__(self) -> bool:
        return bool(self.templates or self.releases or self.clusters)


def uses_of(image: Image, *, user: Person, version: ImageVersion | None = None) -> Uses:
    """Return what the user's teams use the image for, or one version of it, in few queries.

    A version is used by its clusters, and by configurations that mean it now: those that name its
    number, or a tag that it has. What names no image is not counted.
    """
    teams = teams_of(user)
    named = Image.objects.filter(pk=image.pk)
    wanted = Q(named_by__reference__in=_names(version)) if version else Q()
    return Uses(
        templates=_templates(named, wanted, teams),
        releases=_releases(named, wanted, teams),
        clusters=_clusters(image, version, teams),
    )


def _names(version: ImageVersion) -> list[str]:
    name = version.image.name
    tags = [f"{name}:{tag.name}" for tag in version.tags.all()]
    return [f"{name}:{version.number}", *tags]


def _templates(named: QuerySet[Image], wanted: Q, teams: QuerySet[Team]) -> list[TemplateUse]:
    rows = named.filter(
        wanted,
        named_by__version__archived_at=None,
        named_by__version__template__archived_at=None,
        named_by__version__template__team__in=teams,
    )
    found = rows.values(
        reference=F("named_by__reference"),
        template=F("named_by__version__template"),
        template_name=F("named_by__version__template__name"),
        team_name=F("named_by__version__template__team__name"),
    ).annotate(
        version_count=Count("named_by__version", distinct=True),
        newest=Max("named_by__version__number"),
    )
    return [
        TemplateUse(
            name=row["template_name"],
            team=row["team_name"],
            reference=row["reference"],
            versions=row["version_count"],
            newest=row["newest"],
            url=reverse("configurations:template", args=[row["template"]]),
        )
        for row in found.order_by("team_name", "template_name", "reference")[:_MOST_NAMED]
    ]


def _releases(named: QuerySet[Image], wanted: Q, teams: QuerySet[Team]) -> list[ReleaseUse]:
    """Return the current releases that get the image in their own environment."""
    rows = named.filter(
        wanted,
        Q(named_by__environment="") | _FOR_ITS_ENVIRONMENT,
        **_CURRENT,
        named_by__version__template__team__in=teams,
    )
    found = list(
        rows.values(
            reference=F("named_by__reference"),
            applies_to=F("named_by__environment"),
            environment=F(f"{_RELEASE}__environment__name"),
            template=F("named_by__version__template"),
            template_name=F("named_by__version__template__name"),
            team_name=F("named_by__version__template__team__name"),
            version=F("named_by__version"),
            number=F("named_by__version__number"),
        ).order_by("team_name", f"{_RELEASE}__environment__position", "template_name")[:_MOST_NAMED]
    )
    other = _with_an_image_of_their_own({row["version"] for row in found})
    return [
        ReleaseUse(
            environment=row["environment"],
            team=row["team_name"],
            template=row["template_name"],
            number=row["number"],
            reference=row["reference"],
            url=reverse("configurations:version", args=[row["template"], row["number"]]),
        )
        for row in found
        if row["applies_to"] or (row["version"], row["environment"]) not in other
    ]


def _with_an_image_of_their_own(versions: Set[int]) -> set[tuple[int, str]]:
    """Return the versions, each with the environments for which it names another image."""
    rows = Image.objects.filter(_FOR_ITS_ENVIRONMENT, **_CURRENT, named_by__version__in=versions)
    return set(rows.values_list("named_by__version", "named_by__environment"))


def _clusters(image: Image, version: ImageVersion | None, teams: QuerySet[Team]) -> list[Use]:
    rows = ImageVersion.objects.filter(image=image) if version is None else _only(version)
    rows = rows.filter(cluster__team__in=teams, cluster__state__in=_LIVE)
    found = rows.values(
        cluster_id=F("cluster"),
        name=F("cluster__name"),
        team=F("cluster__team__name"),
        cluster_state=F("cluster__state"),
        of_version=F("number"),
    )
    return [
        Use(
            name=row["name"],
            team=row["team"],
            state=row["cluster_state"],
            url=reverse("clusters:detail", args=[row["cluster_id"]]),
            image=f"{image.name}:{row['of_version']}",
        )
        for row in found.order_by("team", "name")[:_MOST_NAMED]
    ]


def _only(version: ImageVersion) -> QuerySet[ImageVersion]:
    return ImageVersion.objects.filter(pk=version.pk)


def clusters_by_image(*, user: Person) -> Mapping[int, int]:
    """Return of each image in use how many of the clusters of the user's teams have it."""
    rows = ImageVersion.objects.filter(cluster__team__in=teams_of(user), cluster__state__in=_LIVE)
    counted = rows.order_by().values("image_id").annotate(clusters=Count("cluster", distinct=True))
    return {row["image_id"]: row["clusters"] for row in counted}
