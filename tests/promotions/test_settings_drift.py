"""A change of an environment's settings reaches no cluster unasked: it shows, and is followed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, WrongState
from accounts.models import Team, User
from clusters.following import adopt_release, step
from clusters.nodes.config import configuration_of
from clusters.nodes.outdated import outdated_of
from clusters.queries.drift import drift_of
from clusters.services.drifting import bring_back, draft_of_drift
from clusters.services.launching import launch_cluster
from clusters.services.operating import stop_cluster
from clusters.services.updating import check_update, update_cluster
from configurations.models import Version
from domain.events import EventKind
from domain.promotions.overlay import Overlay
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest, Environment
from promotions.services.releases import roll_back
from promotions.services.settings import save_settings
from tests.cast import make_cloud
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]


@pytest.fixture
def dev(environments: dict[str, Environment]) -> Environment:
    return environments["dev"]


@pytest.fixture
def settle(dev: Environment, lead: User) -> Callable[..., object]:
    """Have the team's admin save settings of dev."""
    return lambda **values: save_settings(
        dev, overlay=Overlay(**values), reason="A small budget.", by=lead
    )


def running(version: Version, alice: User) -> Head:
    head = Head(launch_cluster(name="one", version=version, environment="dev", by=alice))
    for _ in range(2):
        head.pass_by()
        head.report()
    head.pass_by()
    assert head.state == "running"
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.wants(0)
    head.report()
    assert len(head.nodes()) == 1
    return head


@pytest.fixture
def follower(dev: Environment, ask: Ask, version: Version, alice: User, queued: list[str]) -> Head:
    """A running cluster with one worker that follows dev, where train:1 is released."""
    finish(carry_on(ask("dev")))
    return running(version, alice)


def lines(head: Head) -> tuple[str, ...]:
    head.cluster.refresh_from_db()
    drift = drift_of(head.cluster)
    return drift.lines if drift else ()


def test_it_shows_and_bringing_back_follows_it(
    follower: Head, settle: Callable[..., object], alice: User
) -> None:
    settle(max_nodes=3)
    assert lines(follower) == ("Settings of dev changed: none → 1.",)
    assert configuration_of(follower.cluster).mobula.max_nodes is None
    bring_back(follower.cluster, by=alice)
    assert lines(follower) == ()
    assert configuration_of(follower.cluster).mobula.max_nodes == 3
    assert follower.cluster.groups.get(name="cpu").max_nodes == 3
    settle(max_nodes=2)
    assert lines(follower) == ("Settings of dev changed: 1 → 2.",)
    event = follower.cluster.events.filter(kind=EventKind.CLUSTER_UPDATED).latest("pk")
    assert event.message == "Updated to settings 1 of dev."


def test_its_page_says_so_and_offers_the_way_back(
    follower: Head, settle: Callable[..., object], alice: User
) -> None:
    settle(max_nodes=3)
    client = Client()
    client.force_login(alice)
    page = reverse("clusters:detail", args=[follower.cluster.pk])
    shown = client.get(page).content.decode()
    assert "Settings of dev changed: none → 1." in shown
    assert "Bring back to train:1" in shown
    client.post(reverse("clusters:bring-back", args=[follower.cluster.pk]))
    assert "Settings of dev changed" not in client.get(page).content.decode()


def test_a_cluster_that_follows_no_release_is_brought_to_them_too(
    dev: Environment,
    settle: Callable[..., object],
    version: Version,
    alice: User,
    queued: list[str],
) -> None:
    head = running(version, alice)
    assert drift_of(head.cluster) is None
    settle(max_nodes=2)
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("clusters:detail", args=[head.cluster.pk])).content.decode()
    assert "Bring back to settings 1" in page
    assert "Make this a draft" not in page
    with pytest.raises(WrongState, match="follows no release"):
        draft_of_drift(head.cluster, by=alice)
    drift = bring_back(head.cluster, by=alice)
    assert drift.goal == "settings 1 of dev"
    assert lines(head) == ()
    assert head.cluster.groups.get(name="cpu").max_nodes == 2


def test_labels_come_with_a_new_head_once_the_cluster_is_stopped(
    follower: Head, settle: Callable[..., object], alice: User
) -> None:
    [node] = follower.nodes()
    settle(labels={"cost-center": "1200"})
    with pytest.raises(Invalid) as refused:
        bring_back(follower.cluster, by=alice)
    assert str(refused.value).startswith("train:1 with settings 1 of dev changes the head node")
    assert str(refused.value).endswith("Stop one, bring it back, and start it again.")
    follower.cluster.refresh_from_db()
    assert follower.cluster.settings is None
    stop_cluster(follower.cluster, by=alice)
    for _ in range(4):
        follower.pass_by()
    follower.cluster.refresh_from_db()
    bring_back(follower.cluster, by=alice)
    labels = follower.cluster.groups.values_list("labels", flat=True)
    assert list(labels) == [{"cost-center": "1200"}] * 2
    node.refresh_from_db()
    assert (node.version_id, node.settings_id) == (follower.cluster.version_id, None)


def test_another_cloud_needs_a_new_cluster(
    follower: Head, settle: Callable[..., object], research: Team, alice: User
) -> None:
    make_cloud("east", provider="fake", region="east-1", team=research)
    settle(cloud="east")
    with pytest.raises(Invalid, match="Launch a new cluster of train:1, and terminate one"):
        bring_back(follower.cluster, by=alice)


def test_nodes_know_the_settings_that_they_were_launched_with(
    follower: Head, settle: Callable[..., object], alice: User
) -> None:
    [node] = follower.nodes()
    settle(market="PREFER_SPOT")
    bring_back(follower.cluster, by=alice)
    follower.cluster.refresh_from_db()
    outdated = outdated_of(follower.cluster, [node])
    assert [change.path for change in outdated[node.name]] == ["worker_nodes[cpu].market_type"]
    follower.wants(8, CPU=1.0)
    follower.report()
    follower.pass_by()
    new = [each for each in follower.nodes() if each.pk != node.pk]
    assert new
    assert {each.settings_id for each in new} == {follower.cluster.settings_id}
    assert outdated_of(follower.cluster, new) == {}


def test_an_update_takes_them_and_its_preview_says_what_they_change(
    follower: Head, settle: Callable[..., object], version: Version, alice: User
) -> None:
    settle(max_nodes=3)
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    update = check_update(follower.cluster, version=more, by=alice)
    assert [(c.path, c.new) for c in update.changes] == [
        ("mobula.max_nodes", 3),
        ("worker_nodes[cpu].max_nodes", 3),
    ]
    update_cluster(follower.cluster, version=more, by=alice)
    follower.cluster.refresh_from_db()
    assert follower.cluster.settings == update.settings


def test_a_release_brings_the_settings_that_it_was_approved_with(
    follower: Head, settle: Callable[..., object], ask: Ask, version: Version, alice: User
) -> None:
    settle(max_nodes=3)
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    request = carry_on(ask("dev", of=more))
    assert request.state == RequestState.APPLYING
    approved = request.settings
    settle(max_nodes=1)  # after the release moved: the cluster gets what was approved
    step(request.pk)
    follower.cluster.refresh_from_db()
    assert (follower.cluster.version, follower.cluster.settings) == (more, approved)
    assert lines(follower) == ("Settings of dev changed: 1 → 2.",)
    bring_back(follower.cluster, by=alice)
    assert lines(follower) == ()


def test_a_roll_back_brings_no_earlier_settings_back(
    follower: Head,
    settle: Callable[..., object],
    ask: Ask,
    version: Version,
    alice: User,
    lead: User,
) -> None:
    settle(max_nodes=3)
    bring_back(follower.cluster, by=alice)
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    request = finish(carry_on(ask("dev", of=more)))
    back = carry_on(roll_back(request, reason="Too slow.", by=lead))
    assert back.state == RequestState.APPLYING
    step(back.pk)
    follower.cluster.refresh_from_db()
    assert follower.cluster.version == version
    assert configuration_of(follower.cluster).mobula.max_nodes == 3


def test_a_stopped_cluster_adopts_the_settings_of_the_release_with_it(
    follower: Head, settle: Callable[..., object], ask: Ask, version: Version, alice: User
) -> None:
    stop_cluster(follower.cluster, by=alice)
    for _ in range(4):
        follower.pass_by()
    settle(max_nodes=3)
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    request = carry_on(ask("dev", of=more))
    follower.cluster.refresh_from_db()
    adopt_release(follower.cluster)
    follower.cluster.refresh_from_db()
    assert (follower.cluster.version, follower.cluster.settings) == (more, request.settings)
