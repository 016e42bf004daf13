"""Resize, stop, start, terminate and hold: what each refuses, and what it writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.timezone import now

from accounts.errors import Invalid, NotFound, WrongState
from accounts.models import AuditEntry, User
from clusters.forms import HoldForm
from clusters.models import Cluster
from clusters.services import operating
from domain.lifecycle import ClusterState, ClusterTarget

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
    assert entry.before == {"min_nodes": 0, "max_nodes": 4}
    assert entry.after == {"min_nodes": 1, "max_nodes": 9}


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
