"""Which team may use which cloud: what a person's other teams may does not matter."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.bootstrap import bootstrap as first_team
from accounts.errors import Invalid
from accounts.models import AuditEntry, Team, User
from clouds.access import names_of_clouds, usable_cloud
from clouds.bootstrap import bootstrap
from clouds.models import Cloud
from clouds.services import add_cloud, share_cloud
from tests.cast import make_cloud, make_team

pytestmark = pytest.mark.django_db

MACHINE = "Share it only with teams you trust with this machine."


def test_a_cloud_is_used_by_its_teams_whoever_asks(research: Team, other: Team) -> None:
    make_cloud("theirs", provider="aws", region="us-west-2", team=other)
    make_cloud("ours", provider="aws", region="us-west-2", team=research)
    make_cloud("shared", provider="aws", region="us-west-2")
    assert names_of_clouds(research) == ["ours", "shared"]
    assert usable_cloud("theirs", team=research) is None


def test_the_local_cloud_is_given_to_the_first_team_alone() -> None:
    first_team()
    later = make_team("later")
    bootstrap()
    local = Cloud.objects.get(name="local")
    assert not Cloud.objects.usable_by(later).exists()
    assert [team.name for team in local.teams.all()] == ["Default"]
    assert AuditEntry.objects.get(action="cloud.shared").team == local.teams.get()


def test_what_an_admin_made_of_the_local_cloud_stays(adam: User, other: Team) -> None:
    first_team()
    bootstrap()
    share_cloud(Cloud.objects.get(name="local"), teams=[other], by=adam)
    bootstrap()
    assert list(Cloud.objects.get(name="local").teams.all()) == [other]


def test_each_team_that_gains_or_loses_a_cloud_reads_it_in_its_trail(
    adam: User, research: Team, other: Team
) -> None:
    cloud = add_cloud(name="aws", provider="aws", region="us-west-2", teams=[research], by=adam)
    share_cloud(cloud, teams=[other], by=adam)
    rows = AuditEntry.objects.filter(action__contains="shared").order_by("pk")
    assert [(row.action, row.team) for row in rows] == [
        ("cloud.shared", research),
        ("cloud.shared", other),
        ("cloud.unshared", research),
    ]


def test_a_new_cloud_serves_nobody_until_it_is_given(adam: User, research: Team) -> None:
    add_cloud(name="aws", provider="aws", region="us-west-2", by=adam)
    assert names_of_clouds(research) == []


def test_this_machine_is_not_for_all_teams(adam: User) -> None:
    local = make_cloud("local", provider="local")
    with pytest.raises(Invalid, match="runs on this machine"):
        share_cloud(local, teams=[], is_shared=True, by=adam)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cloud.objects.filter(pk=local.pk).update(is_shared=True)


def test_the_page_says_what_sharing_this_machine_means(adam: User, research: Team) -> None:
    client = Client()
    client.force_login(adam)
    local = make_cloud("local", provider="local", team=research)
    aws = make_cloud("aws", provider="aws", region="us-west-2")
    page = client.get(reverse("clouds:teams", args=[local.pk]))
    assert MACHINE in page.text
    assert 'name="is_shared"' not in page.text
    assert MACHINE not in client.get(reverse("clouds:teams", args=[aws.pk])).text


def test_teams_are_chosen_on_the_page(adam: User, research: Team, other: Team) -> None:
    client = Client()
    client.force_login(adam)
    cloud = make_cloud("aws", provider="aws", region="us-west-2", team=research)
    url = reverse("clouds:teams", args=[cloud.pk])
    assert client.post(url, {"teams": [other.pk]}).status_code == 302
    assert list(cloud.teams.all()) == [other]
    assert client.post(url, {"is_shared": "on"}).status_code == 302
    cloud.refresh_from_db()
    assert (cloud.is_shared, list(cloud.teams.all())) == (True, [])
    assert client.post(url, {"teams": ["999"]}).status_code == 422


@pytest.mark.parametrize("page", ["clusters:launch", "configurations:library", "clouds:list"])
def test_a_team_without_a_cloud_is_told_what_to_do(alice: User, page: str) -> None:
    client = Client()
    client.force_login(alice)
    sentence = "Your team has no cloud yet. Ask an installation admin to give it access to one."
    assert sentence in client.get(reverse(page)).text


def test_names_of_other_teams_are_not_listed(alice: User, research: Team, other: Team) -> None:
    cloud = make_cloud("aws", provider="aws", region="us-west-2", team=research)
    cloud.teams.add(other)
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("clouds:list")).text
    assert "Research" in page
    assert other.name not in page
