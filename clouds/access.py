"""Which clouds a team may use, and the sentences for those that it may not.

A cloud that does not exist and one of another team get the same sentence: names are unique in the
installation, and a team must not learn what others call theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.errors import WrongState
from accounts.models import Team
from clouds.drivers import driver_for
from clouds.models import DEFAULT_CLOUD, CatalogueRefresh, Cloud, RefreshState
from domain.offerings import ProviderKind
from providers import registry
from providers.base import ProviderError


class CloudTakenAway(WrongState):
    """The team could use the cloud when the cluster was launched, and no longer can."""

    code = "cloud-taken-away"


def usable_cloud(name: str | None, *, team: Team) -> Cloud | None:
    """Return the cloud of that name (none: the default one), if the team may use it."""
    return Cloud.objects.usable_by(team).filter(name=name or DEFAULT_CLOUD).first()


def names_of_clouds(team: Team) -> list[str]:
    """Return the names of the clouds that the team may use."""
    rows = Cloud.objects.usable_by(team).order_by("name")
    return list(rows.values_list("name", flat=True))


def no_such_cloud(name: str | None, *, team: Team) -> str:
    """Return what to say of a cloud that the team cannot use, whether it exists or not."""
    return f"Team {team} has no access to a cloud '{name or DEFAULT_CLOUD}'."


def way_out(usable: Collection[str]) -> str:
    """Return what a team can do that cannot use the cloud it named."""
    if usable:
        return f"Use {' or '.join(usable)}, or ask an installation admin for access."
    return "The team has no cloud yet. Ask an installation admin to give it access to one."


def may_use(cloud: Cloud, *, team: Team) -> bool:
    """Return whether the team may use the cloud now."""
    return Cloud.objects.usable_by(team).filter(pk=cloud.pk).exists()


def is_own(cloud: Cloud) -> bool:
    """Return whether it is an account that somebody added: neither a demo nor Mobula's own host."""
    return registry.traits_of(ProviderKind(cloud.provider)).can_be_added and not cloud.is_demo


def require_own(cloud: Cloud) -> None:
    """Raise `WrongState` for a cloud that cannot be changed."""
    if not is_own(cloud):
        raise WrongState(f"{cloud} came with Mobula and cannot be changed.")


def has_cloud(row: Any) -> bool:
    """Return whether the row's team may use its cloud: as it was read, if that was annotated."""
    annotated: bool | None = vars(row).get("has_cloud")
    return may_use(row.cloud, team=row.team) if annotated is None else annotated


def access_of_row() -> Q:
    """Return whether the `team` of a row may use its `cloud`, to be annotated as `has_cloud`."""
    given = Cloud.teams.through.objects.filter(cloud=OuterRef("cloud"), team=OuterRef("team"))
    shared = Cloud.objects.filter(pk=OuterRef("cloud"), is_shared=True)
    return Q(Exists(given)) | Q(Exists(shared))


def taken_away(cloud: Cloud, *, team: Team) -> str:
    """Return what to say of a cluster's cloud that its team can no longer use."""
    return (
        f"Team {team} no longer has access to cloud {cloud}. Ask an installation admin to give it "
        "access, or launch a cluster on another cloud."
    )


def require_usable(cloud: Cloud, *, team: Team) -> None:
    """Raise `CloudTakenAway` unless the team may use the cloud now."""
    if not may_use(cloud, team=team):
        raise CloudTakenAway(taken_away(cloud, team=team))


def why_not_launchable(cloud: Cloud) -> str:
    """Return why no cluster can be launched on the cloud now, or "" where one can.

    Every page that offers a launch shows this sentence, and the launch itself refuses with it.
    Whether a team may use the cloud is another question: see `why_not_launchable_by`.
    """
    kind = ProviderKind(cloud.provider)
    if not registry.has_driver(kind):
        return registry.no_driver(kind)
    try:
        driver_for(cloud)
    except ProviderError as error:
        return f"Cloud {cloud} cannot be used: {error}"
    if registry.has_prices(kind) and cloud.newest_refresh is None and not cloud.is_demo:
        return _failed_refresh(cloud)
    return ""


def why_not_launchable_by(team: Team, name: str | None) -> str:
    """Return why the team cannot launch on the cloud of that name, or "" where it can."""
    cloud = usable_cloud(name, team=team)
    if cloud is None:
        return f"{no_such_cloud(name, team=team)} {way_out(names_of_clouds(team))}"
    return why_not_launchable(cloud)


def launch_refusals(team: Team) -> Mapping[str, str]:
    """Return why a launch is refused, or "", by the name of each cloud that the team may use."""
    clouds = Cloud.objects.usable_by(team).order_by("name")
    return {cloud.name: why_not_launchable(cloud) for cloud in clouds}


def _failed_refresh(cloud: Cloud) -> str:
    """A region whose only refreshes failed: what it offers is as good as unknown."""
    rows = CatalogueRefresh.objects.filter(provider=cloud.provider, region=cloud.region)
    last = rows.order_by("-started_at", "-pk").first()
    if last is None or last.state != RefreshState.FAILED:
        return ""
    return f"The machine types of cloud {cloud} could not be read: {last.message}"
