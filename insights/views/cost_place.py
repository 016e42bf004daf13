"""Where the cost page looks: all teams, a team, a template, a user, a cluster, a group of nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.errors import NotAllowed
from accounts.models import Team, User
from accounts.queries import current_team, teams_of
from accounts.requests import SignedInRequest
from clusters.models import Cluster
from configurations.models import Template
from insights.choices import address_with
from insights.views.asked import asked_cluster, asked_number
from metering.queries import CostFilter, GroupBy

OF_TEAM = (GroupBy.CLUSTER, GroupBy.TEMPLATE, GroupBy.USER, GroupBy.GROUP)
OF_CLUSTER = (GroupBy.GROUP, GroupBy.NODE)
_BELOW = {"team": None, "template": None, "user": None, "cluster": None, "nodes": None}
# What a row adds to the address, and what it is then grouped by.
_DRILL = {
    GroupBy.TEAM: ("team", GroupBy.TEMPLATE),
    GroupBy.TEMPLATE: ("template", GroupBy.CLUSTER),
    GroupBy.USER: ("user", GroupBy.CLUSTER),
    GroupBy.CLUSTER: ("cluster", GroupBy.GROUP),
    GroupBy.GROUP: ("nodes", GroupBy.CLUSTER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPlace:
    """What is looked at; None does not narrow. Without a team it is all but `sample_teams`."""

    team: Team | None
    template: Template | None = None
    owner: User | None = None
    cluster: Cluster | None = None
    nodes: str = ""
    sample_teams: tuple[int, ...] = ()

    @property
    def filters(self) -> CostFilter:
        """The rows of the ledger that count."""
        return CostFilter(
            team_ids=[self.team.pk] if self.team else None,
            template_ids=[self.template.pk] if self.template else None,
            owner_ids=[self.owner.pk] if self.owner else None,
            cluster_ids=[self.cluster.pk] if self.cluster else None,
            groups=[self.nodes] if self.nodes else None,
            except_team_ids=() if self.team or self.template else self.sample_teams,
        )

    @property
    def groupings(self) -> tuple[GroupBy, ...]:
        """What its cost can be grouped by, the usual one first."""
        if self.cluster:
            return (GroupBy.NODE, GroupBy.GROUP) if self.nodes else OF_CLUSTER
        return OF_TEAM if self.team else (GroupBy.TEAM, *OF_TEAM)

    def grouping(self, word: str) -> GroupBy:
        """Return the grouping of that name, or else the usual one."""
        return next((group for group in self.groupings if group == word), self.groupings[0])


def asked_place(request: SignedInRequest) -> CostPlace:
    """Return what the address asks for; strangers' objects raise Http404."""
    cluster = asked_cluster(request)
    team = _asked_team(request, cluster)
    template_id, owner_id = asked_number(request, "template"), asked_number(request, "user")
    templates = Template.objects.visible_to(request.user)
    templates = templates.filter(team=team) if team else templates
    return CostPlace(
        team=team,
        template=get_object_or_404(templates, pk=template_id) if template_id else None,
        owner=_asked_owner(owner_id, team) if owner_id else None,
        cluster=cluster,
        nodes=request.GET.get("nodes", ""),
        sample_teams=() if team else tuple(_sample_teams()),
    )


def _sample_teams() -> Iterable[int]:
    # What a sample team costs was never spent.
    return Team.objects.filter(is_sample=True).values_list("pk", flat=True)


def _asked_team(request: SignedInRequest, cluster: Cluster | None) -> Team | None:
    if cluster:
        return cluster.team
    if request.GET.get("team") == "all":
        if not request.user.is_superuser:
            raise NotAllowed("Only an installation admin sees the cost of all teams.")
        return None
    team_id = asked_number(request, "team")
    return (
        get_object_or_404(teams_of(request.user), pk=team_id) if team_id else current_team(request)
    )


def _asked_owner(owner_id: int, team: Team | None) -> User:
    owners = User.objects.filter(pk=owner_id)
    owner = owners.filter(cluster__team=team).first() if team else owners.first()
    if owner is None:
        raise Http404(f"User {owner_id} owns no clusters of {team}.")
    return owner


def drill_links(
    request: SignedInRequest, place: CostPlace, group_by: GroupBy, keys: list[str]
) -> dict[str, str]:
    """Return the address of what each group is made of, by its key."""
    if group_by is GroupBy.NODE or (
        group_by is GroupBy.GROUP and place.nodes and not place.cluster
    ):
        return {}
    name, next_group = _DRILL[group_by]
    if group_by is GroupBy.GROUP and place.cluster:
        next_group = GroupBy.NODE
    return {
        key: address_with(request, group=next_group, sort=None, stack=None, **{name: key})
        for key in keys
        if key
    }


def crumbs_of(request: SignedInRequest, place: CostPlace) -> list[tuple[str, str]]:
    """Return the way back from `place`: names with their addresses, the page itself left out."""
    way: list[tuple[str, dict[str, Any]]] = []
    if request.user.is_superuser and place.team:
        way.append(("All teams", {"team": "all", "group": "team"}))
    kept: dict[str, Any] = {}
    if place.team:
        kept["team"] = request.GET.get("team")
        way.append((f"Cost of {place.team}", {**kept, "group": None}))
    for name, label, key in (
        ("template", place.template, place.template and str(place.template.pk)),
        ("user", place.owner, place.owner and str(place.owner.pk)),
        ("cluster", place.cluster, place.cluster and str(place.cluster.pk)),
        ("nodes", place.nodes, place.nodes),
    ):
        if key:
            kept[name] = key
            way.append((str(label), {**kept, "group": None}))
    return [
        (label, address_with(request, **(_BELOW | changes), sort=None))
        for label, changes in way[:-1]
    ]
