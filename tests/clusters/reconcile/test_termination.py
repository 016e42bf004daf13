"""Every cluster can end, whoever was killed on the way; and with a run its work ends too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Cluster
from clusters.reconcile import observe, termination
from clusters.services import operating
from domain.lifecycle import ClusterState
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import idle_for, submit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["requested", "starting", "running", "stopping", "failed"])
def test_cluster_that_is_to_end_ends_from_any_state(head: Head, state: str) -> None:
    """As a worker leaves it that was killed between the wish and the move."""
    Cluster.objects.filter(pk=head.cluster.pk).update(state=state, target="terminated")
    for _ in range(3):
        head.pass_by()
    assert head.state == ClusterState.TERMINATED


def test_cluster_that_is_to_stop_stops(head: Head) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(target="stopped")
    for _ in range(3):
        head.pass_by()
    assert head.state == ClusterState.STOPPED


def test_idle_end_that_lost_to_the_stop_button_changes_nothing(head: Head, alice: User) -> None:
    idle_for(head, 31)
    stale = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    operating.stop_cluster(head.cluster, by=alice)
    nodes = observe.live_nodes(stale)
    assert not termination.end_if_due(stale, nodes)
    head.cluster.refresh_from_db()
    assert (head.cluster.state, head.cluster.target) == ("stopping", "stopped")


def test_hold_that_came_meanwhile_keeps_the_cluster(head: Head, alice: User) -> None:
    idle_for(head, 31)
    stale = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    operating.hold_idle_timer(head.cluster, hours=1, by=alice)
    assert not termination.end_if_due(stale, observe.live_nodes(stale))
    assert head.state == ClusterState.RUNNING


def test_job_that_was_just_submitted_starts_the_idle_timer_anew(head: Head, alice: User) -> None:
    idle_for(head, 31)
    submit(head, alice)
    head.pass_by()
    assert head.state == ClusterState.RUNNING


def test_work_of_a_failed_cluster_fails(head: Head, alice: User, driver: FakeDriver) -> None:
    job = submit(head, alice)
    driver.break_node(head.nodes(role="head")[0].name)
    for _ in range(4):
        head.pass_by()
    job.refresh_from_db()
    assert (head.state, job.status) == ("failed", "FAILED")


def test_idle_cluster_is_terminated_after_its_minutes(head: Head) -> None:
    head.idle = {node.name: 5.0 for node in head.nodes(role="head")}
    head.report()
    head.pass_by()
    head.cluster.refresh_from_db()
    assert head.cluster.run.idle_since
    head.cluster.runs.update(idle_since=now() - timedelta(minutes=31))
    head.pass_by()
    assert head.state == ClusterState.TERMINATING
    event = head.cluster.events.get(to_state="terminating")
    assert (event.kind, event.fields["idle_minutes"]) == ("cluster.state_changed", 30)
    assert "Idle for" in event.message


def test_running_driver_keeps_a_cluster_from_being_idle(head: Head) -> None:
    head.drivers = 1
    head.report()
    head.pass_by()
    head.cluster.refresh_from_db()
    assert head.cluster.run.idle_since is None
