"""What the pages ask about templates and their versions, counted and joined here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts.models import Team, User
from configurations.models import Draft, Template, Version
from domain.lifecycle import ClusterState

# Clusters point at versions: what runs is known from there, without knowing the app above.
_IS_RUN = Q(clusters__isnull=False) & ~Q(clusters__state=ClusterState.TERMINATED)


def templates_of(user: User, *, team: Team, archived: bool = False) -> QuerySet[Template]:
    """Return the team's templates with their latest version and how many clusters run them."""
    rows = Template.objects.visible_to(user).filter(team=team, archived_at__isnull=not archived)
    return with_latest(rows).order_by("name")


def with_latest(rows: QuerySet[Template]) -> QuerySet[Template]:
    """Add the latest version's number, time, message and author, `cluster_count`, and `released`.

    `released` has what each environment has of a template, in the order of the environments.
    """
    latest = Version.objects.filter(template=OuterRef("pk")).order_by("-number")
    run = Version.objects.filter(_IS_RUN, template=OuterRef("pk")).order_by()
    running = run.values("template").annotate(n=Count("clusters")).values("n")
    return rows.annotate(
        latest_number=Subquery(latest.values("number")[:1]),
        latest_at=Subquery(latest.values("created_at")[:1]),
        latest_message=Subquery(latest.values("message")[:1]),
        latest_author=Subquery(latest.values("author__email")[:1]),
        cluster_count=Subquery(running),
        released=ArraySubquery(_released()),
    )


def _released() -> QuerySet[Template, Any]:
    """Return the current releases of a template; they point at versions, as clusters do."""
    rows = Template.objects.filter(
        pk=OuterRef("pk"), releases__replaced_at=None, releases__environment__removed_at=None
    )
    released = JSONObject(
        environment=F("releases__environment__name"),
        number=F("releases__version__number"),
        request=F("releases__request"),
        is_verified=Q(releases__verified_at__isnull=False),
        is_failed=Q(releases__failed_at__isnull=False),
    )
    named = rows.exclude(releases=None).order_by("releases__environment__position")
    return named.values(released=released)


def drafts_of(user: User, *, team: Team) -> QuerySet[Draft]:
    """Return what the user has begun in this team and not saved as a version, newest first."""
    return Draft.objects.filter(author=user, team=team).select_related("template")


def versions_of(template: Template) -> QuerySet[Version]:
    """Return the versions, newest first, with authors and how many clusters run each."""
    run = Version.objects.filter(_IS_RUN, pk=OuterRef("pk")).order_by()
    running = run.values("pk").annotate(n=Count("clusters")).values("n")
    rows: QuerySet[Version] = template.versions.select_related("author", "template")
    return rows.annotate(cluster_count=Coalesce(Subquery(running), 0)).order_by("-number")


def latest_version(template: Template) -> Version | None:
    """Return the newest version, with how many versions are archived as `archived_count`."""
    archived = Version.objects.filter(template=template, archived_at__isnull=False).order_by()
    count = archived.values("template").annotate(n=Count("pk")).values("n")
    return versions_of(template).annotate(archived_count=Coalesce(Subquery(count), 0)).first()


def deployed_version(template: Template) -> Version | None:
    """Return the newest version that a live cluster runs."""
    rows = template.versions.select_related("author", "template").filter(_IS_RUN)
    return rows.order_by("-number").first()


def clusters_running(version: Version) -> Sequence[Model]:
    """Return the live clusters that run this version, by name."""
    rows = version.clusters.exclude(state=ClusterState.TERMINATED)
    return list(rows.select_related("owner").order_by("name"))


def launchable_versions(team: Team) -> QuerySet[Version]:
    """Return the versions of the team that are not archived, nor their templates, newest first."""
    rows = Version.objects.filter(template__team=team, template__archived_at=None, archived_at=None)
    return rows.select_related("template", "author").order_by("template__name", "-number")


def newest_launchable(team: Team, *, most: int, chosen: Version | None) -> QuerySet[Version]:
    """Return the newest `most` of these versions of each template, and the chosen one.

    Of each template the index gives the newest: a team may have tens of thousands.
    """
    of_template = Version.objects.filter(template=OuterRef("pk"), archived_at=None)
    newest = ArraySubquery(of_template.order_by("-number").values("pk")[:most])
    templates = Template.objects.filter(team=team, archived_at=None)
    ids = {pk for found in templates.values_list(newest, flat=True) for pk in found}
    return launchable_versions(team).filter(pk__in=ids | ({chosen.pk} if chosen else set()))
