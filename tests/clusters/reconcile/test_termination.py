"""Every cluster can end, whoever was killed on the way; and with a run its work ends too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clusters import runs
from clusters.agent.sync import RunOver, apply_report
from clusters.models import Cluster, Command, Job, Node
from clusters.reconcile import loop, observe, termination
from clusters.services import jobs, operating
from clusters.transitions import StateChanged
from clusters.workloads import WORKLOADS
from domain.lifecycle import ClusterState, EndCause
from providers.base import CapacityUnavailable, ClusterRef, DriverFacts, ObservedNode
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
VALUES = {"tasks": 1.0, "cpus": 1.0, "seconds": 1.0}


def submit(head: Head, by: User) -> Job:
    return jobs.run_workload(head.cluster, WORKLOADS["cpu_tasks"], values=VALUES, by=by)


def idle_for(head: Head, minutes: int) -> None:
    head.idle = {node.name: 5.0 for node in head.nodes(role="head")}
    head.report()
    since = now() - timedelta(minutes=minutes)
    head.cluster.runs.update(idle_since=since)


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


def test_stopped_cluster_can_be_terminated(head: Head, alice: User) -> None:
    operating.stop_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    operating.terminate_cluster(head.cluster, by=alice)
    head.pass_by()
    assert head.state == ClusterState.TERMINATED


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


def test_work_of_a_failed_cluster_fails(head: Head, alice: User, driver: FakeDriver) -> None:
    job = submit(head, alice)
    driver.break_node(head.nodes(role="head")[0].name)
    for _ in range(4):
        head.pass_by()
    job.refresh_from_db()
    assert (head.state, job.status) == ("failed", "FAILED")


def test_report_that_comes_after_the_end_revives_no_job(head: Head, alice: User) -> None:
    submit(head, alice)
    late = Cluster.objects.select_related("run").get(pk=head.cluster.pk)  # as the view read it
    operating.stop_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    with pytest.raises(RunOver):
        apply_report(late, head.body(jobs=[{"submission_id": "late", "status": "RUNNING"}]))
    assert not Job.objects.filter(status="RUNNING").exists()


def test_late_worker_does_not_close_the_run_that_began_since(head: Head, alice: User) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(state="failed")
    for _ in range(3):
        head.pass_by()
    late = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    operating.start_cluster(head.cluster, by=alice)
    with pytest.raises(StateChanged):
        runs.end(late)


def test_job_of_a_cluster_that_does_not_run_is_not_taken(head: Head, alice: User) -> None:
    job = submit(head, alice)
    operating.stop_cluster(head.cluster, by=alice)
    before = Command.objects.count()
    with pytest.raises(WrongState):
        jobs.stop_job(job, by=alice)
    with pytest.raises(WrongState):
        submit(head, alice)  # with the cluster as it was read before
    assert Command.objects.count() == before


def test_new_run_knows_nothing_of_the_last_one(head: Head, alice: User) -> None:
    idle_for(head, 1)
    operating.hold_idle_timer(head.cluster, hours=72, by=alice)
    operating.stop_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    operating.start_cluster(head.cluster, by=alice)
    row = Cluster.objects.get(pk=head.cluster.pk).run
    assert (row.hold_until, row.drivers, row.demand_at, row.demand) == (None, None, None, {})


def age(node: Node, **fields: timedelta) -> None:
    Node.objects.filter(pk=node.pk).update(**{key: now() - by for key, by in fields.items()})


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


def test_machine_is_not_missed_before_the_driver_lists_it_for_sure(
    head: Head, driver: FakeDriver
) -> None:
    driver.facts = DriverFacts(list_is_fresh_after=timedelta(minutes=2))
    node = head.nodes(role="head")[0]
    driver.vanish(node.name)
    head.pass_by()
    assert head.nodes(role="head")[0].state == "ready"
    age(node, launched_at=timedelta(minutes=2))
    head.pass_by()
    node.refresh_from_db()
    assert node.end_cause == EndCause.LOST


def test_driver_says_how_often_to_look_and_how_long_its_calls_take(
    head: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = [timedelta(minutes=number) for number in (3, 5, 7)]
    driver.facts = DriverFacts(
        look_every_busy=minutes[0], look_every_calm=minutes[1], lease=minutes[2]
    )
    leases: list[timedelta] = []
    ordinary = driver.observe

    def observe(ref: ClusterRef) -> Sequence[ObservedNode]:
        expires = Cluster.objects.get(pk=head.cluster.pk).lease_expires
        leases.append(expires - now() if expires else timedelta(0))
        return ordinary(ref)

    monkeypatch.setattr(driver, "observe", observe)
    head.report()
    head.pass_by()
    assert leases[0] > minutes[1]
    wake_at = Cluster.objects.get(pk=head.cluster.pk).wake_at
    assert minutes[0] < wake_at - now() <= minutes[1]


def test_group_that_fails_to_start_again_and_again_rests(head: Head, driver: FakeDriver) -> None:
    head.wants(1, CPU=1.0)
    for _ in range(12):
        head.silent |= {node.name for node in head.nodes()}
        head.report()
        for node in head.nodes():
            if node.state == "booting":
                driver.break_node(node.name, reason="No such library.")
        head.pass_by()
    failed = head.cluster.nodes.filter(end_cause=EndCause.START_FAILED).count()
    assert (failed, head.nodes()) == (3, [])
    decision = head.cluster.decisions.filter(kind="unserved").get()
    assert "3 of its nodes failed to start" in decision.reason


def test_machine_launched_while_a_late_worker_looks_is_not_lost(
    head: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of machines is from before the launch, the rows must not be from after it."""
    from clusters.nodes.driver_refs import reference

    head.wants(1, CPU=1.0)
    head.report()
    late = Cluster.objects.select_related("cloud", "image_version").get(pk=head.cluster.pk)
    really_observe, began = driver.observe, []

    def observe_slowly(ref: object) -> object:
        seen = really_observe(ref)  # type: ignore[arg-type]
        if not began:
            began.append(True)
            head.pass_by()
            head.report()  # the worker is ready
        return seen

    monkeypatch.setattr(driver, "observe", observe_slowly)
    observe.observe(late, driver, reference(late))
    assert [node.state for node in head.nodes()] == ["ready"]
    assert driver.launched[-1] not in {
        name for c in driver.calls if c.verb == "terminate" for name in c.names
    }


def test_defect_of_ours_does_not_keep_the_workers_busy(
    cluster: Cluster, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(driver, "observe", defect)
    with pytest.raises(ZeroDivisionError):
        Head(cluster).pass_by()
    assert loop.due() == []
    cluster.refresh_from_db()
    assert cluster.lease_token is None


def test_message_that_comes_twice_is_done_once(cluster: Cluster, driver: FakeDriver) -> None:
    from clusters.tasks import reconcile_cluster

    reconcile_cluster(str(cluster.pk))
    calls = len(driver.calls)
    reconcile_cluster(str(cluster.pk))
    assert len(driver.calls) == calls > 0


def test_message_about_an_ended_cluster_does_nothing(head: Head, driver: FakeDriver) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(state="terminated", target="terminated")
    calls = len(driver.calls)
    head.pass_by()
    assert len(driver.calls) == calls


def test_hold_that_cannot_be_read_is_refused(head: Head, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    client.post(reverse("clusters:hold", args=[head.cluster.pk]), {"hours": "soon"})
    head.cluster.refresh_from_db()
    assert head.cluster.run.hold_until is None


def test_name_that_was_taken_meanwhile_is_refused_in_words(
    launch: object, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:

    check, seen = Cluster.validate_constraints, []

    def pass_once(row: Cluster, **options: object) -> None:
        seen.append(row)
        if len(seen) > 1:  # the first check came before the other launch
            check(row, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Cluster, "validate_constraints", pass_once)
    with pytest.raises(Invalid, match="live cluster of that name"):
        launch(cluster.name)  # type: ignore[operator]
