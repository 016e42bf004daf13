"""A head that does not come up on one cloud resource is tried on the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster
from configurations.models import Version
from providers.base import BadCredentials, QuotaExceeded
from providers.failure_plan import PlannedFailure
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

TEXT = """\
cloud: paper
flags: {zone_starting_timeout: 5m}
configs:
  - cloud_resource: paper
    head_node: {instance_type: small}
    worker_nodes: [{name: cpu, instance_type: small}, {name: old, instance_type: small}]
  - cloud_resource: there
    head_node: {instance_type: large}
    worker_nodes: [{name: cpu, instance_type: large, max_nodes: 3}]
"""
NOWHERE = "head_node: {instance_type: enormous}"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, driver: FakeDriver, research: Team) -> FakeDriver:
    """The driver of a second cloud, of another kind."""
    fakes = {"fake": driver, "local": FakeDriver()}
    monkeypatch.setattr("providers.registry.open_driver", lambda account: fakes[account.kind])
    make_cloud("there", provider="local", team=research)
    return fakes["local"]


@pytest.fixture
def head(
    there: FakeDriver, research: Team, alice: User, version: Version, launch: Callable[..., Cluster]
) -> Head:
    """A cluster that may start here, or else there."""
    from configurations.services.templates import create_template

    two = create_template(team=research, name="two", text=TEXT, message="First.", by=alice)
    return Head(launch("one", of=two))


def age(head: Head, by: timedelta) -> None:
    head.cluster.nodes.filter(role="head").update(requested_at=now() - by)


def test_a_late_head_is_tried_on_the_next_resource(
    head: Head, driver: FakeDriver, there: FakeDriver
) -> None:
    driver.plan_failure(PlannedFailure(message="Sold out."))
    head.pass_by()
    age(head, timedelta(minutes=4))
    head.pass_by()
    assert head.nodes(role="head")[0].state == "launching"
    age(head, timedelta(minutes=6))
    for _ in range(4):
        head.pass_by()
    again = Head(head.cluster)
    assert (again.cluster.cloud.name, again.cluster.resource, again.cluster.run.number) == (
        "there",
        1,
        2,
    )
    assert again.token != head.token
    node = again.nodes(role="head")[0]
    assert (node.machine, node.state) == ("large", "booting")
    assert there.launched == [node.name]
    assert driver.prepared == set()
    groups = {group.name: group.max_nodes for group in again.cluster.groups.all()}
    assert groups == {"head": 1, "cpu": 3}
    event = again.cluster.events.get(kind="cloud_resource.switched")
    assert (event.fields["from_cloud"], event.fields["to_cloud"]) == ("paper", "there")
    assert event.fields["resource"] == 2
    assert "Sold out." in event.fields["reason"]
    assert event.message.endswith("Trying there (cloud resource 2 of 2).")
    again.report()
    again.pass_by()
    assert again.state == "running"


def test_a_refusal_for_good_waits_for_no_timeout(
    head: Head, driver: FakeDriver, there: FakeDriver
) -> None:
    driver.fail_next("launch", BadCredentials("The key was rejected."))
    for _ in range(4):
        head.pass_by()
    assert len(there.launched) == 1
    assert head.state == "starting"


def test_a_cloud_that_cannot_be_prepared_is_left(
    head: Head, driver: FakeDriver, there: FakeDriver
) -> None:
    driver.fail_next("prepare", BadCredentials("The key was rejected."))
    driver.fail_next("destroy", BadCredentials("The key was rejected."))
    for _ in range(3):
        head.pass_by()
    assert len(there.launched) == 1
    event = head.cluster.events.get(kind="cloud_resource.cleanup_failed")
    assert event.fields == {"cloud": "paper", "error": "The key was rejected."}


def test_after_the_last_resource_the_cluster_fails(
    head: Head, driver: FakeDriver, there: FakeDriver
) -> None:
    for one in (driver, there):
        one.fail_next("launch", BadCredentials("The key was rejected."))
    for _ in range(8):
        head.pass_by()
    assert head.state == "failed"
    assert not head.nodes(role="head")


def test_a_cluster_with_one_resource_waits_on(cluster: Cluster, driver: FakeDriver) -> None:
    driver.plan_failure(PlannedFailure())
    head = Head(cluster)
    head.pass_by()
    age(head, timedelta(minutes=14))
    head.pass_by()
    assert head.nodes(role="head")[0].state == "launching"


def launched(text: str, launch: Callable[..., Cluster], team: Team, by: User) -> Head:
    """A cluster of another template, just launched."""
    from configurations.services.templates import create_template

    version = create_template(team=team, name="other", text=text, message="First.", by=by)
    return Head(launch("other", of=version))


def test_a_resource_whose_cloud_has_no_such_machine_is_passed_over(
    there: FakeDriver,
    driver: FakeDriver,
    launch: Callable[..., Cluster],
    research: Team,
    alice: User,
) -> None:
    head = launched(
        TEXT.replace("head_node: {instance_type: large}", NOWHERE), launch, research, alice
    )
    driver.fail_next("launch", BadCredentials("The key was rejected."))
    for _ in range(5):
        head.pass_by()
    assert head.state == "failed"
    assert there.launched == []
    event = head.cluster.events.get(kind="cloud_resource.skipped")
    assert event.fields["resource"] == 2
    assert event.message == (
        "there (cloud resource 2 of 2) skipped: there has no machine for head_node."
    )


def test_two_resources_of_one_cloud_share_what_was_prepared(
    driver: FakeDriver, launch: Callable[..., Cluster], research: Team, alice: User
) -> None:
    text = TEXT.replace("cloud_resource: there", "cloud_resource: gpus")
    head = launched(text, launch, research, alice)
    driver.fail_next("launch", QuotaExceeded("No more of these."))
    for _ in range(4):
        head.pass_by()
    node = Head(head.cluster).nodes(role="head")[0]
    assert (node.machine, node.state) == ("large", "booting")
    assert "destroy" not in {call.verb for call in driver.calls}
