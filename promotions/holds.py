"""What keeps an environment from being removed or renamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from configurations.launch_checks import environments_of as overlays_of
from configurations.models import Version
from domain.lifecycle import ClusterState
from domain.promotions.states import OPEN_STATES
from promotions.models import ChangeRequest, Environment, Release


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that needs the environment, what to do about it, and its page."""

    name: str
    words: str
    url: str


def holds_on(environment: Environment) -> Sequence[Hold]:
    """Return what needs the environment: clusters that are not terminated, and open requests."""
    if environment.pk is None:  # a default that nobody has used
        return [*_clusters(environment)]
    return [*_clusters(environment), *_requests(environment)]


def holds_on_name(environment: Environment, *, new: str) -> Sequence[Hold]:
    """Return what needs the environment's name: it also picks what a version says for it.

    A version that was released, and says something for either name, would be another configuration
    under the new one, which nobody approved.
    """
    return [*holds_on(environment), *_overlays(environment, new=new)]


def _clusters(environment: Environment) -> Iterator[Hold]:
    """A stopped cluster holds it too: it would start again with what the environment has."""
    named = Q(environment=environment.name)
    if environment.pk:
        named |= Q(release__environment=environment)
    rows = environment.team.cluster_set.filter(named).exclude(state=ClusterState.TERMINATED)
    for pk, name, state in rows.order_by("name").values_list("pk", "name", "state"):
        words = f"Cluster {name} is {state}. Terminate it."
        yield Hold(name, words, reverse("clusters:detail", args=[pk]))


def _requests(environment: Environment) -> Iterator[Hold]:
    rows = ChangeRequest.objects.filter(environment=environment, state__in=OPEN_STATES)
    for row in rows.select_related("version__template").order_by("pk"):
        words = f"Change request {row.pk} for {row.version} is {row.state}. Cancel or finish it."
        yield Hold(f"#{row.pk}", words, reverse("promotions:review", args=[row.pk]))


def _overlays(environment: Environment, *, new: str) -> Iterator[Hold]:
    if environment.pk is None:
        return
    released = Release.objects.filter(environment=environment).values("version")
    versions = Version.objects.filter(pk__in=released).select_related("template")
    for version in versions.order_by("template__name", "number"):
        names = {environment.name, new}.intersection(overlays_of(version))
        if not names:
            continue
        words = (
            f"{version} was released here and says something of its own for {min(names)}. "
            f"Add another environment and release it there."
        )
        url = reverse("configurations:version", args=[version.template_id, version.number])
        yield Hold(str(version), words, url)
