"""From wanted to there: what passes of the reconcile loop do, also when they are disturbed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import User
from clusters.leases import LEASE, lease
from clusters.models import Cluster, Node
from clusters.reconcile import loop
from clusters.services import operating
from domain.lifecycle import ClusterState, EndCause, NodeState
from metering.models import Interval
from providers.base import BadCredentials, CapacityUnavailable
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def states(head: Head) -> list[str]:
    return [node.state for node in head.nodes()]


def test_launch_brings_up_the_head_and_notes_every_step(cluster: Cluster, head: Head) -> None:
    moves = [event.to_state for event in cluster.events.order_by("pk") if event.to_state]
    assert moves == ["starting", "launching", "booting", "ready", "running"]
    node = head.nodes(role="head")[0]
    assert node.requested_at <= node.launched_at <= node.booted_at <= node.ready_at


def test_a_worker_is_told_once_the_launch_is_committed(
    launch: Callable[..., Cluster],
    queued: list[str],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        cluster = launch()
        assert queued == []
    assert queued == [str(cluster.pk)]


def test_demand_starts_workers_with_a_reason_in_words(head: Head, driver: FakeDriver) -> None:
    head.wants(3, CPU=1.0)
    head.report()
    head.pass_by()
    assert states(head) == ["booting", "booting"]
    decision = head.cluster.decisions.get()
    assert (decision.kind, decision.count) == ("launch", 2)
    assert "{CPU: 1}" in decision.reason
    head.pass_by()
    assert len(driver.launched) == 3  # the same demand is not answered twice


def test_idle_worker_is_drained_and_given_back(head: Head, driver: FakeDriver) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    worker = head.nodes()[0]
    head.wants(0)
    head.idle[worker.name] = 61.0
    head.report()
    head.pass_by()
    assert states(head) == ["draining"]
    command = head.report()["commands"][0]
    assert (command["kind"], command["node"], command["reason"]) == ("drain", worker.name, "idle")
    head.report(results=[{"id": command["id"], "ok": True, "message": "Ray drains the node."}])
    head.pass_by()
    head.pass_by()
    worker.refresh_from_db()
    assert (worker.state, worker.end_cause) == ("terminated", EndCause.IDLE)
    assert worker.name not in {node.name for node in driver.observe(_ref(head))}


def _ref(head: Head) -> object:
    from clusters.nodes.driver_refs import reference

    return reference(
        Cluster.objects.select_related("cloud", "image_version").get(pk=head.cluster.pk)
    )


def test_worker_that_ray_keeps_is_ready_again(head: Head) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    worker = head.nodes()[0]
    head.wants(0)
    head.idle[worker.name] = 61.0
    head.report()
    head.pass_by()
    command = head.report()["commands"][0]
    head.idle.clear()
    refused = {"id": command["id"], "ok": False, "message": "The node is no longer idle."}
    assert head.report(results=[refused])["commands"] == []
    worker.refresh_from_db()
    assert (worker.state, worker.end_cause, worker.draining_at) == ("ready", "", None)


def test_worker_that_dies_is_named_and_replaced(head: Head, driver: FakeDriver) -> None:
    head.wants(2, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    first = head.nodes()[0]
    driver.break_node(first.name, reason="Ray ended with signal 9.")
    head.wants(2, CPU=1.0)
    head.pass_by()
    head.pass_by()
    first.refresh_from_db()
    assert (first.end_cause, first.end_reason) == (EndCause.LOST, "Ray ended with signal 9.")
    assert [node.name for node in head.nodes()] != [first.name]
    lost = head.cluster.events.get(node=first, kind="node.lost")
    assert (lost.severity, lost.fields) == ("error", {"cause": "lost"})


def test_worker_that_ray_calls_dead_is_removed(head: Head) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    worker = head.nodes()[0]
    head.silent.add(worker.name)
    dead = [{"node": worker.name, "ray_node_id": f"id-of-{worker.name}", "reason": "health check"}]
    head.wants(0)
    head.report(dead=dead)
    worker.refresh_from_db()
    assert (worker.state, worker.end_cause) == ("terminating", EndCause.LOST)


def test_worker_that_ray_forgot_counts_as_dead_after_a_while(head: Head) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    worker = head.nodes()[0]
    head.silent.add(worker.name)
    head.report(healthy=False)  # the agent itself cannot see: that proves nothing
    worker.refresh_from_db()
    assert worker.missing_since is None
    head.report()
    worker.refresh_from_db()
    assert (worker.state, worker.missing_since is None) == ("ready", False)
    Node.objects.filter(pk=worker.pk).update(missing_since=now() - timedelta(seconds=31))
    head.report()
    worker.refresh_from_db()
    assert (worker.state, worker.end_cause) == ("terminating", EndCause.LOST)


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


def test_capacity_failure_is_shown_and_the_same_machine_asked_again(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.fail_next("launch", CapacityUnavailable("Less than 1 GiB of memory is free."))
    head = Head(cluster)
    head.pass_by()
    cluster.refresh_from_db()
    assert cluster.run.last_error == "Less than 1 GiB of memory is free."
    error = cluster.events.get(kind="provider.error")
    assert (error.severity, error.fields["retryable"]) == ("warning", True)
    node = head.nodes(role="head")[0]
    assert node.state == NodeState.LAUNCHING
    head.pass_by()
    node.refresh_from_db()
    cluster.refresh_from_db()
    assert (node.state, cluster.run.last_error) == (NodeState.BOOTING, "")
    assert driver.launched == [node.name]


def test_refused_credentials_fail_a_cluster_that_never_started(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.fail_next("prepare", BadCredentials("The key was rejected."))
    Head(cluster).pass_by()
    cluster.refresh_from_db()
    assert (cluster.state, cluster.run.last_error) == ("failed", "The key was rejected.")
    error = cluster.events.get(kind="provider.error")
    assert error.fields == {"failure": "permission", "retryable": False}


def test_machine_without_a_row_is_removed(head: Head, driver: FakeDriver) -> None:
    from dataclasses import replace

    from clusters.nodes.driver_refs import specification

    row = head.nodes(role="head")[0]
    stray = replace(specification(row), name=f"{head.cluster.handle}-99")
    driver.launch(_ref(head), [stray])  # type: ignore[arg-type]
    head.pass_by()
    names = {node.name for node in driver.observe(_ref(head))}  # type: ignore[arg-type]
    assert names == {row.name}


def test_killed_worker_leaves_a_lease_that_runs_out(cluster: Cluster) -> None:
    with lease(str(cluster.pk)) as held:
        assert held
        with lease(str(cluster.pk)) as second:
            assert second is None
        Cluster.objects.filter(pk=cluster.pk).update(lease_expires=now() - LEASE)
        with lease(str(cluster.pk)) as third:
            assert third
            # The late first worker may not write new nodes down any more.
            from clusters.leases import LeaseLost
            from clusters.nodes.rows import add_nodes

            with pytest.raises(LeaseLost):
                add_nodes(held, held.groups.get(name="cpu"), count=1)


def test_sweep_finds_what_is_due(cluster: Cluster) -> None:
    assert loop.due() == [str(cluster.pk)]
    Cluster.objects.filter(pk=cluster.pk).update(wake_at=now() + timedelta(hours=1))
    assert loop.due() == []


def test_waking_during_a_pass_is_not_lost(
    cluster: Cluster, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clusters.services.waking import wake

    launch = driver.launch

    def launch_and_wake(*args: object, **options: object) -> None:
        launch(*args, **options)  # type: ignore[arg-type]
        wake(cluster)

    monkeypatch.setattr(driver, "launch", launch_and_wake)
    Head(cluster).pass_by()
    assert loop.due() == [str(cluster.pk)]


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


def test_ledger_counts_each_node_once(head: Head, alice: User) -> None:
    head.wants(2, CPU=2.0)
    head.report()
    head.pass_by()
    head.report()
    operating.terminate_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    nodes = head.cluster.nodes.all()
    intervals = {row.node: row for row in Interval.objects.all()}
    assert intervals.keys() == {node.name for node in nodes}
    for node in nodes:
        assert intervals[node.name].started_at == node.booted_at
        assert intervals[node.name].ended_at == node.ended_at
