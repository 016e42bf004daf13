"""A cluster runs on a cloud that its team may use, at launch and later."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.errors import Invalid, ServiceError
from accounts.models import Membership, Team, User
from clouds.access import CloudTakenAway
from clouds.models import Cloud
from clouds.services import share_cloud
from clusters.models import Cluster
from clusters.services import launching, operating, replacing, updating
from clusters.services.groups import try_group_again
from clusters.services.launching import launch_cluster
from configurations.models import Version
from configurations.services.templates import create_template, save_version
from images.bootstrap import register
from images.models import Image
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud, make_team
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(alice: User, other: Team) -> User:
    """alice, who is in the other team, too."""
    Membership.objects.create(user=alice, team=other, role="admin")
    return alice


@pytest.fixture
def theirs(other: Team) -> Cloud:
    """A cloud that the other team pays for."""
    return make_cloud("theirs", provider="fake", team=other)


@pytest.fixture
def take_away(cluster: Cluster, other: Team, adam: User) -> Callable[[], Cloud]:
    """Give the cluster's cloud to the other team alone."""
    return lambda: share_cloud(cluster.cloud, teams=[other], by=adam)


def _saved(version: Version, text: str) -> Version:
    """Return a version as it could be saved while the team had the cloud."""
    return Version.objects.create(
        template=version.template, number=9, text=text, author=version.author, message="Old."
    )


@pytest.mark.parametrize("person", ["both", "adam"])
def test_neither_a_member_of_both_nor_an_admin_launches_on_a_foreign_cloud(
    request: Any, version: Version, theirs: Cloud, driver: FakeDriver, person: str
) -> None:
    by = request.getfixturevalue(person)
    old = _saved(version, TEXT.replace("paper", "theirs"))
    with pytest.raises(Invalid, match="Team Research has no access to a cloud 'theirs'"):
        launch_cluster(name="one", version=old, by=by)
    assert not Cluster.objects.exists()


def test_nothing_is_saved_for_a_foreign_cloud_or_image(
    both: User, version: Version, theirs: Cloud, other: Team, research: Team
) -> None:
    register("secret", ray_version="2.60.0", location="/opt/ray/bin/ray")
    Image.objects.filter(name="secret").update(team=other)
    for text in (TEXT.replace("paper", "theirs"), f"{TEXT}  image: 'secret:1'\n"):
        with pytest.raises(Invalid, match="has no access to"):
            create_template(team=research, name="new", text=text, message="New.", by=both)
        with pytest.raises(Invalid, match="has no access to"):
            save_version(version.template, text=text, base=1, message="New.", by=both)


@pytest.mark.parametrize("name", ["theirs", "nobodys"])
def test_a_foreign_name_gets_the_sentence_of_an_unknown_one(
    alice: User, version: Version, theirs: Cloud, driver: FakeDriver, name: str
) -> None:
    old = _saved(version, TEXT.replace("paper", name))
    with pytest.raises(Invalid) as refusal:
        launch_cluster(name="one", version=old, by=alice)
    sentence = (
        "cloud: Team Research has no access to a cloud 'NAME'. "
        "Use paper, or ask an installation admin for access."
    )
    assert str(refusal.value) == sentence.replace("NAME", name)


def test_a_foreign_image_is_not_launched(
    both: User, version: Version, other: Team, driver: FakeDriver
) -> None:
    register("secret", ray_version="2.60.0", location="/opt/ray/bin/ray")
    Image.objects.filter(name="secret").update(team=other)
    old = _saved(version, f"{TEXT}  image: secret\n")
    with pytest.raises(Invalid, match="Team Research has no access to an image 'secret'"):
        launch_cluster(name="one", version=old, by=both)


def test_a_cloud_that_is_taken_away_during_a_launch_is_not_used(
    version: Version,
    alice: User,
    adam: User,
    driver: FakeDriver,
    queued: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = launching.check_launch

    def checked(*args: Any, **options: Any) -> Any:
        ready = real(*args, **options)
        share_cloud(ready.cloud, teams=[], by=adam)
        return ready

    monkeypatch.setattr(launching, "check_launch", checked)
    with pytest.raises(CloudTakenAway):
        launch_cluster(name="one", version=version, by=alice)
    assert not Cluster.objects.exists()


def test_what_runs_stays_and_nothing_new_is_launched(
    head: Head, driver: FakeDriver, take_away: Callable[[], Cloud], alice: User
) -> None:
    head.waiting = [{"resources": {"CPU": 1}, "count": 1}]
    head.report()
    head.pass_by()
    head.report()
    head.pass_by()
    running = [node.name for node in head.nodes()]
    assert running
    take_away()
    head.waiting = [{"resources": {"CPU": 1}, "count": 50}]
    head.report()
    head.pass_by()
    assert head.state == "running"
    assert [node.name for node in head.nodes()] == running
    unserved = head.cluster.decisions.filter(kind="unserved").order_by("-pk").first()
    assert "no longer has access to cloud paper" in unserved.reason


def test_nodes_that_are_not_requested_yet_are_not_requested_any_more(
    head: Head, driver: FakeDriver, take_away: Callable[[], Cloud]
) -> None:
    from clusters.nodes.rows import add_nodes

    group = head.cluster.groups.get(name="cpu")
    [node] = add_nodes(head.cluster, group, count=1)
    take_away()
    head.pass_by()
    node.refresh_from_db()
    assert node.state in {"terminating", "terminated"}
    assert "no longer has access" in node.end_reason


def test_a_start_fails_with_the_reason(cluster: Cluster, take_away: Callable[[], Cloud]) -> None:
    take_away()
    head = Head(cluster)
    head.pass_by()
    assert head.state == "failed"
    assert head.cluster.events.filter(message__contains="no longer has access to cloud").exists()


def test_it_is_neither_started_nor_grown_nor_updated(
    head: Head, version: Version, take_away: Callable[[], Cloud], alice: User, adam: User
) -> None:
    cluster = head.cluster
    second = save_version(
        version.template, text=f"{TEXT}# more\n", base=1, message="More.", by=alice
    ).version
    take_away()
    sizes = {"group": "cpu", "min_nodes": 2, "max_nodes": 8}
    cluster.groups.filter(name="cpu").update(
        stopped_at=cluster.run.requested_at, stopped_reason="Broken."
    )
    for by in (alice, adam):
        for call in (
            lambda by=by: operating.resize_group(cluster, **sizes, by=by),
            lambda by=by: updating.update_cluster(cluster, version=second, by=by),
            lambda by=by: replacing.replace_outdated(cluster, by=by),
            lambda by=by: try_group_again(cluster, group="cpu", by=by),
        ):
            with pytest.raises(CloudTakenAway, match="Ask an installation admin"):
                call()
    operating.resize_group(cluster, group="cpu", min_nodes=0, max_nodes=1, by=alice)


def test_a_stopped_one_is_not_started_again(
    head: Head, take_away: Callable[[], Cloud], alice: User
) -> None:
    cluster = head.cluster
    operating.stop_cluster(cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    assert head.state == "stopped"
    take_away()
    with pytest.raises(ServiceError, match="no longer has access to cloud paper"):
        operating.start_cluster(cluster, by=alice)


def test_it_can_always_be_stopped(head: Head, take_away: Callable[[], Cloud], alice: User) -> None:
    take_away()
    operating.terminate_cluster(head.cluster, by=alice)
    assert head.state == "terminating"


def test_the_upgrade_takes_no_cloud_from_those_who_use_it(
    other: Team, cluster: Cluster, research: Team
) -> None:
    """The migration, on a table as it was before: with one team, or none for all of them."""
    first, outsider = Team.objects.order_by("pk").first(), make_team("outsider")
    assert outsider != first
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE clouds_cloud ADD COLUMN team_id bigint")
        cursor.execute("ALTER TABLE clouds_cloud DROP CONSTRAINT cloud_local_is_not_for_all_teams")
    state = MigrationLoader(connection).project_state(
        [("clouds", "0005_give_clouds_to_teams"), ("clusters", "0003_updates_of_running_clusters")]
    )
    old = state.apps.get_model("clouds", "Cloud")
    old.objects.create(name="local", provider="local")
    old.objects.create(name="all", provider="aws", region="us-west-2")
    old.objects.create(name="one", provider="aws", region="us-west-2", team_id=other.pk)
    Cluster.objects.update(cloud=Cloud.objects.get(name="local"))
    import_module("clouds.migrations.0005_give_clouds_to_teams").give(state.apps, None)
    given = {cloud.name: {*cloud.teams.all()} for cloud in Cloud.objects.all()}
    assert given["local"] == {first, research}
    assert given["one"] == {other}
    assert Cloud.objects.get(name="all").is_shared
    assert not Cloud.objects.get(name="local").is_shared
