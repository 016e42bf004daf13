"""No cluster keeps the workers busy: slow ones have a queue of their own, and all of them rest."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Cluster
from clusters.queues import SLOW_TIME, Queue
from clusters.reconcile import loop, turn
from clusters.services.operating import terminate_cluster
from clusters.services.waking import wake, wake_for_report
from domain.planner import Plan, PlanRequest
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def endless(head: Head, monkeypatch: pytest.MonkeyPatch) -> Head:
    """A running cluster whose demand takes for ever to plan."""

    def plan(_request: PlanRequest) -> Plan:
        while True:
            time.process_time()

    monkeypatch.setattr(turn, "FAST_SECONDS", 0.05)
    monkeypatch.setattr(turn, "SLOW_SECONDS", 0.1)
    monkeypatch.setattr("clusters.scaling.scale.plan", plan)
    return head


def reconcile(head: Head, queue: Queue) -> Cluster:
    loop.reconcile(str(head.cluster.pk), queue=queue)
    head.cluster.refresh_from_db()
    return head.cluster


def change(cluster: Cluster, **columns: object) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(**columns)
    cluster.refresh_from_db()


def test_what_is_too_much_for_the_fast_queue_goes_to_the_slow_one(endless: Head) -> None:
    cluster = reconcile(endless, Queue.FAST)
    assert loop.due(Queue.FAST) == []
    assert loop.due(Queue.SLOW) == [str(cluster.pk)]
    assert not cluster.events.filter(kind="reconcile.timed_out").exists()


def test_very_large_demand_is_not_even_tried_in_the_fast_queue(
    head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan(_request: PlanRequest) -> Plan:
        raise AssertionError

    monkeypatch.setattr("clusters.scaling.scale.plan", plan)
    head.waiting = [{"resources": {"CPU": n / 1e4}, "count": 1} for n in range(1, 502)]
    head.report()
    cluster = reconcile(head, Queue.FAST)
    assert loop.due(Queue.SLOW) == [str(cluster.pk)]


def test_the_fast_queue_leaves_slow_clusters_alone(endless: Head, driver: FakeDriver) -> None:
    reconcile(endless, Queue.FAST)
    calls = len(driver.calls)
    reconcile(endless, Queue.FAST)
    assert len(driver.calls) == calls


def test_a_pass_whose_planning_is_stopped_does_all_the_rest(
    endless: Head, driver: FakeDriver
) -> None:
    node = endless.nodes(role="head")[0]
    endless.cluster.nodes.create(
        name="c0000000-99",
        group=endless.cluster.groups.get(name="cpu"),
        run=node.run,
        role="worker",
        **{name: getattr(node, name) for name in ("version", "resources")},
    )
    reconcile(endless, Queue.SLOW)
    assert "c0000000-99" in driver.launched


def test_planning_that_times_out_is_told_and_tried_again_ever_later(endless: Head) -> None:
    pauses = []
    for _ in range(3):
        cluster = reconcile(endless, Queue.SLOW)
        pauses.append((cluster.wake_at - cluster.passed_at).total_seconds())
        assert cluster.lease_token is None
    assert pauses == [30, 60, 120]
    first = cluster.events.filter(kind="reconcile.timed_out").order_by("pk")[0]
    assert first.fields == {"timeouts": 1, "retry_seconds": 30}
    assert first.message == (
        "Planning for the pending demand took longer than 0.1 s and was stopped. "
        "Nodes that run stay; Mobula tries again in 30 s."
    )


def test_reports_do_not_shorten_the_pause_but_users_do(endless: Head) -> None:
    cluster = reconcile(endless, Queue.SLOW)
    wake_for_report(cluster)
    assert loop.due(Queue.SLOW) == loop.due(Queue.FAST) == []
    wake(cluster)
    assert loop.due(Queue.SLOW) == [str(cluster.pk)]


def test_terminating_a_slow_cluster_waits_for_no_slow_one(endless: Head, alice: User) -> None:
    cluster = reconcile(endless, Queue.SLOW)
    terminate_cluster(cluster, by=alice)
    assert loop.due(Queue.FAST) == [str(cluster.pk)]
    assert reconcile(endless, Queue.FAST).state == "terminated"


def test_a_cluster_is_fast_again_some_time_after_its_last_slow_pass(endless: Head) -> None:
    cluster = reconcile(endless, Queue.FAST)
    assert cluster.slow_until
    change(cluster, slow_until=cluster.slow_until - SLOW_TIME)
    assert loop.due(Queue.FAST) == [str(cluster.pk)]


def test_a_task_that_celery_stops_is_told_and_the_cluster_is_not_stuck(
    head: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(driver, "observe", hang)
    cluster = reconcile(head, Queue.FAST)
    event = cluster.events.get(kind="reconcile.timed_out")
    assert event.message.startswith("A pass of the reconcile loop took longer than 1 min 30 s")
    assert cluster.lease_token is None
    assert cluster.wake_at - cluster.passed_at == timedelta(seconds=30)
    assert cluster.slow_until


def test_a_cluster_rests_after_a_pass_however_often_it_reports(
    head: Head, monkeypatch: pytest.MonkeyPatch, queued: list[str]
) -> None:
    def plan(_request: PlanRequest) -> Plan:
        until = time.thread_time() + 0.5
        while time.thread_time() < until:
            pass
        return Plan()

    monkeypatch.setattr("clusters.scaling.scale.plan", plan)
    monkeypatch.setattr(turn, "REST", 1_000)
    cluster = reconcile(head, Queue.FAST)
    assert cluster.rest_until - cluster.passed_at > timedelta(seconds=400)
    queued.clear()
    wake_for_report(cluster)
    assert (loop.due(Queue.FAST), queued) == ([], [])
    change(cluster, rest_until=cluster.passed_at)
    assert loop.due(Queue.FAST) == [str(cluster.pk)]


def test_a_cluster_that_waits_keeps_its_place_when_it_reports(
    head: Head, launch: Callable[..., Cluster]
) -> None:
    other = launch("other")
    change(head.cluster, wake_at=now() - timedelta(seconds=9), rest_until=None)
    change(other, wake_at=now() - timedelta(seconds=8))
    wake_for_report(head.cluster)
    assert loop.due(Queue.FAST) == [str(head.cluster.pk), str(other.pk)]


def test_a_cluster_that_a_worker_has_is_not_asked_for_again(head: Head) -> None:
    change(head.cluster, wake_at=now(), rest_until=None, lease_expires=now() + HOUR)
    assert loop.due(Queue.FAST) == []


def test_a_clock_that_was_set_back_stops_no_cluster(head: Head) -> None:
    cluster = head.cluster
    later = now() + HOUR
    change(
        cluster,
        **dict.fromkeys(
            ("wake_at", "rest_until", "passed_at", "leased_at", "lease_expires", "slow_until"),
            later,
        ),
    )
    assert loop.due(Queue.FAST) == [str(cluster.pk)]
    calls = cluster.passed_at
    loop.reconcile(str(cluster.pk), only_if_due=True, queue=Queue.FAST)
    cluster.refresh_from_db()
    assert calls
    assert cluster.passed_at
    assert cluster.passed_at < calls
    assert cluster.wake_at < later
