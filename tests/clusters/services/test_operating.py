"""Resize, stop, start, terminate and hold: what each refuses, and what it writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from accounts.errors import Invalid, NotFound, WrongState
from accounts.models import AuditEntry, User
from clusters.forms import HoldForm
from clusters.models import Cluster, Command, Job, Node
from clusters.services import operating
from domain.lifecycle import ClusterState, ClusterTarget, EndCause, NodeState
from images.services.states import withdraw_version
from metering.models import Interval
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import idle_for, submit

pytestmark = pytest.mark.django_db


def in_state(cluster: Cluster, state: str) -> Cluster:
    Cluster.objects.filter(pk=cluster.pk).update(state=state)
    cluster.refresh_from_db()
    return cluster


def test_resized_group_has_the_new_limits_and_a_trace(cluster: Cluster, alice: User) -> None:
    group = operating.resize_group(cluster, group="cpu", min_nodes=1, max_nodes=9, by=alice)
    group.refresh_from_db()
    assert (group.min_nodes, group.max_nodes) == (1, 9)
    entry = AuditEntry.objects.get(action="cluster.resized")
    assert entry.before == {"group": "cpu", "min_nodes": 0, "max_nodes": 4}
    assert entry.after == {"group": "cpu", "min_nodes": 1, "max_nodes": 9}


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (3, 2, r"Minimum exceeds maximum \(3 > 2\)"),
        (-1, 2, "between 0 and 10,000 nodes"),
        (0, 10_001, "between 0 and 10,000 nodes"),
    ],
)
def test_group_is_not_resized_beyond_the_limits(
    cluster: Cluster, alice: User, least: int, most: int, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        operating.resize_group(cluster, group="cpu", min_nodes=least, max_nodes=most, by=alice)
    assert refusal.value.field == "min_nodes"
    assert cluster.groups.get(name="cpu").max_nodes == 4


@pytest.mark.parametrize("group", ["gpu", "head", "c\0pu"])
def test_only_a_group_of_workers_can_be_resized(cluster: Cluster, alice: User, group: str) -> None:
    with pytest.raises(NotFound, match="no worker group"):
        operating.resize_group(cluster, group=group, min_nodes=0, max_nodes=1, by=alice)


@pytest.mark.parametrize("state", ["stopping", "stopped", "terminating", "terminated", "failed"])
def test_cluster_that_does_not_run_is_neither_resized_nor_stopped(
    cluster: Cluster, alice: User, state: str
) -> None:
    in_state(cluster, state)
    with pytest.raises(WrongState, match=state):
        operating.resize_group(cluster, group="cpu", min_nodes=0, max_nodes=1, by=alice)
    with pytest.raises(WrongState, match="only a running cluster can be stopped"):
        operating.stop_cluster(cluster, by=alice)


@pytest.mark.parametrize("state", ["requested", "running", "stopping", "terminated"])
def test_only_a_stopped_or_failed_cluster_can_be_started(
    cluster: Cluster, alice: User, state: str
) -> None:
    in_state(cluster, state)
    with pytest.raises(WrongState, match="only a stopped cluster can be started"):
        operating.start_cluster(cluster, by=alice)


def test_started_cluster_is_a_new_run(cluster: Cluster, alice: User) -> None:
    in_state(cluster, "stopped")
    operating.start_cluster(cluster, by=alice)
    cluster.refresh_from_db()
    assert (cluster.run.number, cluster.state) == (2, ClusterState.STARTING)


def test_cluster_does_not_start_again_from_a_withdrawn_image(
    cluster: Cluster, alice: User, adam: User
) -> None:
    in_state(cluster, "stopped")
    withdraw_version(cluster.image_version, reason="It mines coins.", by=adam)
    with pytest.raises(WrongState, match="was withdrawn: It mines coins"):
        operating.start_cluster(cluster, by=alice)
    cluster.refresh_from_db()
    assert (cluster.run.number, cluster.state) == (1, ClusterState.STOPPED)


def test_terminating_twice_writes_once(cluster: Cluster, alice: User) -> None:
    operating.terminate_cluster(cluster, by=alice)
    operating.terminate_cluster(cluster, by=alice)
    cluster.refresh_from_db()
    assert cluster.target == ClusterTarget.TERMINATED
    assert AuditEntry.objects.filter(action="cluster.terminated").count() == 1


@pytest.mark.parametrize("state", ClusterState)
def test_cluster_can_be_terminated_from_any_state(
    cluster: Cluster, alice: User, state: ClusterState
) -> None:
    operating.terminate_cluster(in_state(cluster, state), by=alice)
    cluster.refresh_from_db()
    assert cluster.state in {ClusterState.TERMINATING, ClusterState.TERMINATED}


@pytest.mark.parametrize("hours", operating.HOLD_HOURS)
def test_timer_is_held_for_the_hours_of_the_list(cluster: Cluster, alice: User, hours: int) -> None:
    operating.hold_idle_timer(cluster, hours=hours, by=alice)
    cluster.refresh_from_db()
    left = (cluster.run.hold_until - now()).total_seconds() / 3600 if cluster.run.hold_until else 0
    assert left == pytest.approx(hours, abs=0.1)


@pytest.mark.parametrize("hours", [-1, 2, 10_000])
def test_timer_is_held_for_no_other_time(cluster: Cluster, alice: User, hours: int) -> None:
    with pytest.raises(Invalid) as refusal:
        operating.hold_idle_timer(cluster, hours=hours, by=alice)
    assert refusal.value.field == "hours"
    cluster.refresh_from_db()
    assert cluster.run.hold_until is None


def test_page_offers_the_hours_of_the_list() -> None:
    field: Any = HoldForm.base_fields["hours"]
    assert tuple(hours for hours, _ in field.choices) == operating.HOLD_HOURS


def test_stopped_cluster_starts_again_as_a_new_run(
    head: Head, alice: User, driver: FakeDriver
) -> None:
    operating.stop_cluster(head.cluster, by=alice)
    head.pass_by()
    head.pass_by()
    assert head.state == ClusterState.STOPPED
    operating.start_cluster(head.cluster, by=alice)
    again = Head(head.cluster)
    assert again.token != head.token
    again.pass_by()
    again.report()
    again.pass_by()
    assert again.state == ClusterState.RUNNING
    assert len(driver.launched) == 2
    assert head.post(head.body()).status_code in {401, 410}


def test_terminate_removes_everything(head: Head, alice: User) -> None:
    head.wants(4, CPU=2.0)
    head.report()
    head.pass_by()
    operating.terminate_cluster(head.cluster, by=alice)
    operating.terminate_cluster(head.cluster, by=alice)
    head.pass_by()
    head.pass_by()
    assert head.state == ClusterState.TERMINATED
    assert not head.cluster.nodes.exclude(state=NodeState.TERMINATED).exists()
    assert not Interval.objects.filter(ended_at=None).exists()


def test_resizing_below_what_runs_drains_with_a_deadline(head: Head, alice: User) -> None:
    head.wants(4, CPU=2.0)
    head.report()
    head.pass_by()
    head.report()
    assert len(head.nodes()) == 4
    operating.resize_group(head.cluster, group="cpu", min_nodes=0, max_nodes=3, by=alice)
    head.pass_by()
    draining = Node.objects.get(cluster=head.cluster, state=NodeState.DRAINING)
    assert draining.drain_deadline
    Node.objects.filter(pk=draining.pk).update(drain_deadline=now() - timedelta(seconds=1))
    head.pass_by()
    head.pass_by()
    draining.refresh_from_db()
    assert (draining.state, draining.end_cause) == ("terminated", EndCause.RESIZED)


def test_stopped_cluster_can_be_terminated(head: Head, alice: User) -> None:
    operating.stop_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    operating.terminate_cluster(head.cluster, by=alice)
    head.pass_by()
    assert head.state == ClusterState.TERMINATED


@pytest.mark.parametrize("end", [operating.stop_cluster, operating.terminate_cluster])
def test_work_of_a_run_ends_with_it(head: Head, alice: User, end: object) -> None:
    job = submit(head, alice)
    head.report(jobs=[{"submission_id": "own", "status": "RUNNING"}])
    end(head.cluster, by=alice)  # type: ignore[operator]
    for _ in range(3):
        head.pass_by()
    assert set(Job.objects.values_list("status", flat=True)) == {"STOPPED"}
    job.refresh_from_db()
    assert "before this ended" in job.message
    assert job.ended_at
    assert not Command.objects.filter(finished_at=None).exists()


def test_new_run_knows_nothing_of_the_last_one(head: Head, alice: User) -> None:
    idle_for(head, 1)
    operating.hold_idle_timer(head.cluster, hours=72, by=alice)
    operating.stop_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    operating.start_cluster(head.cluster, by=alice)
    row = Cluster.objects.get(pk=head.cluster.pk).run
    assert (row.hold_until, row.drivers, row.demand_at, row.demand) == (None, None, None, {})
