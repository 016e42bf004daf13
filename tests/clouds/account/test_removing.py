"""A cloud that nothing uses can be deleted; what it was stays readable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.errors import Invalid, WrongState
from accounts.models import AuditEntry, Team, User
from clouds.models import Cloud
from clouds.services import (
    CloudInUse,
    add_cloud,
    change_settings,
    delete_cloud,
    set_credentials,
    share_cloud,
)
from clusters.models import Cluster
from configurations.models import Template, Version
from domain.lifecycle import ClusterState
from promotions.environments import saved_environments
from tests.cast import make_cloud
from tests.clusters.conftest import cluster, driver, image, launch, queued, version

__all__ = ["cluster", "driver", "image", "launch", "queued", "version"]

pytestmark = pytest.mark.django_db

TEXT = "cloud: west\nhead_node:\n  instance_type: m5.2xlarge\n"


@pytest.fixture
def west(research: Team) -> Cloud:
    return make_cloud("west", provider="aws", region="us-east-1", team=research)


@pytest.fixture
def uses(west: Cloud, cluster: Cluster) -> Callable[[ClusterState], Cluster]:
    """Let a cluster be on the cloud, in a state."""

    def used(state: ClusterState) -> Cluster:
        Cluster.objects.filter(pk=cluster.pk).update(cloud=west, state=state)
        return cluster

    return used


def test_what_is_deleted_is_gone_from_every_list(west: Cloud, research: Team, adam: User) -> None:
    set_credentials(west, values={"profile": "mobula"}, by=adam)
    deleted = delete_cloud(west, by=adam)
    assert deleted.sealed_credentials == ""
    assert not Cloud.objects.visible_to(adam).exists()
    assert not Cloud.objects.usable_by(research).exists()
    assert not research.clouds.exists()
    assert Cloud.with_deleted.get().name == "west"
    entry = AuditEntry.objects.get(action="cloud.deleted")
    assert (entry.actor, entry.before["name"]) == (adam, "west")


def test_its_name_can_be_used_again(west: Cloud, adam: User) -> None:
    again: dict[str, Any] = {"name": "west", "provider": "gcp", "region": "us-central1", "by": adam}
    with pytest.raises(Invalid) as refusal:
        add_cloud(**again)
    assert [error.field for error in refusal.value.errors] == ["name"]
    delete_cloud(west, by=adam)
    assert add_cloud(**again).pk != west.pk


@pytest.mark.parametrize("state", sorted(set(ClusterState) - {ClusterState.TERMINATED}))
def test_a_cluster_that_has_not_ended_holds_it(
    west: Cloud, uses: Callable[..., Cluster], adam: User, state: ClusterState
) -> None:
    held = uses(state)
    with pytest.raises(CloudInUse, match=f"used by {held.name}") as refusal:
        delete_cloud(west, by=adam)
    (hold,) = refusal.value.holds
    assert (hold.team, hold.url) == (str(held.team), f"/clusters/{held.pk}/")
    assert Cloud.objects.filter(pk=west.pk).exists()


def test_a_cluster_that_ended_keeps_its_clouds_name(
    west: Cloud, uses: Callable[..., Cluster], adam: User, alice: User, client: Client
) -> None:
    ended = uses(ClusterState.TERMINATED)
    delete_cloud(west, by=adam)
    assert Cluster.objects.select_related("cloud").get().cloud.name == "west"
    client.force_login(alice)
    answer = client.get(f"/clusters/{ended.pk}/")
    assert answer.status_code == 200
    assert "west" in answer.content.decode()


def test_an_environment_that_names_it_holds_it(west: Cloud, research: Team, adam: User) -> None:
    prod = next(row for row in saved_environments(research) if row.name == "prod")
    prod.clouds.set([west])
    with pytest.raises(CloudInUse, match="used by prod"):
        delete_cloud(west, by=adam)
    prod.clouds.clear()
    delete_cloud(west, by=adam)


def test_what_came_with_mobula_stays(adam: User) -> None:
    local = make_cloud("local", provider="local")
    with pytest.raises(WrongState, match="came with Mobula"):
        delete_cloud(local, by=adam)


def test_nothing_is_changed_of_a_cloud_that_was_deleted(west: Cloud, adam: User) -> None:
    delete_cloud(west, by=adam)
    calls: list[Callable[[], object]] = [
        lambda: delete_cloud(west, by=adam),
        lambda: change_settings(west, values={}, by=adam),
        lambda: share_cloud(west, teams=[], by=adam),
        lambda: set_credentials(west, values={}, by=adam),
    ]
    for call in calls:
        with pytest.raises(WrongState, match="Cloud west was deleted"):
            call()


def test_the_page_asks_first_and_says_what_uses_the_cloud(
    west: Cloud, uses: Callable[..., Cluster], adam: User, client: Client
) -> None:
    client.force_login(adam)
    page = f"/clouds/{west.pk}/delete/"
    assert page in client.get(f"/clouds/{west.pk}/").content.decode()
    held = uses(ClusterState.STOPPED)
    shown = client.get(page).content.decode()
    assert f"Cluster {held.name} is stopped. Terminate it." in shown
    assert f'href="/clusters/{held.pk}/"' in shown
    refused = client.post(page)
    assert refused.status_code == 409
    assert "west cannot be deleted: it is used by" in refused.content.decode()
    uses(ClusterState.TERMINATED)
    assert "No cluster and no environment uses west" in client.get(page).content.decode()
    done = client.post(page, follow=True)
    assert "Deleted cloud west." in done.content.decode()
    assert client.get(page).status_code == 404


def test_the_page_lists_templates_whose_newest_version_names_it(
    west: Cloud, version: Version, alice: User, adam: User, client: Client
) -> None:
    def template(name: str, *texts: str, team: Team = version.template.team) -> None:
        row = Template.objects.create(team=team, name=name, created_by=alice)
        for number, text in enumerate(texts, start=1):
            Version.objects.create(
                template=row, number=number, text=text, digest="d", message="m", author=alice
            )

    template("first", TEXT)
    template("moved", TEXT, TEXT.replace("west", "east"))
    template("only-mentions", f"# west\n{TEXT.replace('west', 'east')}")
    client.force_login(adam)
    page = f"/clouds/{west.pk}/delete/"
    with CaptureQueriesContext(connection) as few:
        shown = client.get(page).content.decode()
    assert "first" in shown
    assert "moved" not in shown
    assert "only-mentions" not in shown
    for number in range(10):
        template(f"more{number}", TEXT)
    with CaptureQueriesContext(connection) as many:
        assert "more9" in client.get(page).content.decode()
    assert len(many) == len(few)
