"""A cluster without a head that works fails."""

from datetime import timedelta

import pytest

from clusters.models import Cluster
from domain.cooldowns import FailureClass
from domain.lifecycle import ClusterState, EndCause
from providers.base import (
    CapacityUnavailable,
    DriverFacts,
)
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import age

pytestmark = pytest.mark.django_db


def test_lost_head_fails_the_cluster_and_removes_its_workers(
    head: Head, driver: FakeDriver
) -> None:
    head.wants(2, CPU=1.0)
    head.report()
    head.pass_by()
    driver.break_node(head.nodes(role="head")[0].name, reason="Ray ended with signal 9.")
    for _ in range(4):
        head.pass_by()
    assert head.state == ClusterState.FAILED
    assert head.nodes() == []
    causes = set(head.cluster.nodes.values_list("role", "end_cause"))
    assert causes == {("head", EndCause.LOST), ("worker", EndCause.CLUSTER_FAILED)}
    failure = head.cluster.events.get(to_state="failed")
    assert (failure.severity, "signal 9" in failure.message) == ("error", True)
    assert (failure.kind, failure.fields["cause"]) == ("cluster.state_changed", "lost")


def test_head_that_the_provider_never_gives_fails_the_cluster(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.fail_next("launch", CapacityUnavailable("No room."), times=99)
    head = Head(cluster)
    head.pass_by()
    node = head.nodes(role="head")[0]
    age(node, launched_at=DriverFacts().launch_limit)
    for _ in range(4):
        head.pass_by()
    node.refresh_from_db()
    assert (head.state, node.end_cause) == ("failed", EndCause.START_FAILED)
    assert "No room." in node.end_reason


def test_head_whose_agent_never_speaks_fails_the_cluster(cluster: Cluster) -> None:
    head = Head(cluster)
    head.pass_by()
    age(head.nodes(role="head")[0], booted_at=DriverFacts().boot_limit)
    for _ in range(4):
        head.pass_by()
    assert head.state == ClusterState.FAILED


def test_driver_with_longer_limits_is_waited_for_longer(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.facts = DriverFacts(boot_limit=timedelta(minutes=30))
    head = Head(cluster)
    head.pass_by()
    node = head.nodes(role="head")[0]
    age(node, booted_at=timedelta(minutes=29))
    head.pass_by()
    assert head.state == ClusterState.STARTING
    age(node, booted_at=timedelta(minutes=30))
    for _ in range(4):
        head.pass_by()
    node.refresh_from_db()
    assert (head.state, node.end_reason) == ("failed", "Ray did not join within 30 min.")


TIMED_OUT = "Ray ended with exit code 1.\nThe current node timed out during startup."


def break_heads(head: Head, driver: FakeDriver, *, failure: FailureClass | None) -> None:
    """Let each head that comes fail the same way, until nothing moves any more."""
    for _ in range(20):
        for node in head.nodes(role="head"):
            if node.state == "booting":
                driver.break_node(node.name, reason=TIMED_OUT, failure=failure)
        head.pass_by()


def test_a_head_whose_ray_timed_out_is_tried_three_times(
    cluster: Cluster, driver: FakeDriver
) -> None:
    head = Head(cluster)
    break_heads(head, driver, failure=FailureClass.TRANSIENT)
    assert head.state == ClusterState.FAILED
    heads = head.cluster.nodes.filter(role="head")
    assert [node.end_cause for node in heads] == [EndCause.START_TIMED_OUT] * 3
    retries = [e.message for e in head.cluster.events.all() if "again" in e.message]
    assert sorted(retries) == [
        f"Starting the head node again, attempt {attempt} of 3: Ray timed out during startup."
        for attempt in (2, 3)
    ]


def test_a_head_that_comes_on_its_second_try_runs(cluster: Cluster, driver: FakeDriver) -> None:
    head = Head(cluster)
    head.pass_by()
    head.pass_by()
    first = head.nodes(role="head")[0]
    driver.break_node(first.name, reason=TIMED_OUT, failure=FailureClass.TRANSIENT)
    for _ in range(5):
        head.pass_by()
        head.report()
    assert head.state == ClusterState.RUNNING
    assert head.nodes(role="head")[0].name != first.name


def test_a_head_that_fails_for_another_reason_is_not_tried_again(
    cluster: Cluster, driver: FakeDriver
) -> None:
    head = Head(cluster)
    break_heads(head, driver, failure=None)
    assert (head.state, head.cluster.nodes.count()) == (ClusterState.FAILED, 1)
