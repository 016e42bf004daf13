"""A clock that jumps by an hour: nothing hangs, and nothing is killed for it."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.agent_report import has_fresh_report
from clusters.models import Cluster, Cooldown, Node, Run
from clusters.reconcile.loop import AGENT_SILENCE
from clusters.scaling.cooldowns import cooling_of
from domain.cooldowns import LONGEST
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def worker(head: Head) -> Node:
    """A worker that is up."""
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    head.wants(0)
    head.report()
    return head.nodes()[0]


def shift(head: Head, by: timedelta) -> None:
    """Let all that happened so far have happened so much later, as if the clock was set back."""
    for row in Node.objects.all():
        for name in (
            *("requested_at", "launched_at", "booted_at", "ready_at", "draining_at"),
            *("drain_deadline", "idle_since", "missing_since"),
        ):
            value = getattr(row, name)
            setattr(row, name, value and value + by)
        row.save()
    for run in Run.objects.all():
        for name in ("requested_at", "started_at", "idle_since", "agent_seen_at", "demand_at"):
            value = getattr(run, name)
            setattr(run, name, value and value + by)
        run.save()
    cluster = Cluster.objects.get(pk=head.cluster.pk)
    cluster.passed_at += by
    cluster.wake_at += by
    cluster.save()
    head.cluster.refresh_from_db()


def test_a_silent_agent_does_not_count_as_fresh_after_a_step_back(head: Head) -> None:
    assert has_fresh_report(head.cluster)
    shift(head, HOUR)
    assert not has_fresh_report(head.cluster)


def test_a_silent_agent_is_started_again_after_a_step_back(head: Head, driver: FakeDriver) -> None:
    head.cluster.runs.update(agent_seen_at=now() + HOUR)
    launches = [call for call in driver.calls if call.verb == "launch"]
    head.pass_by()
    assert len([call for call in driver.calls if call.verb == "launch"]) == len(launches) + 1
    assert AGENT_SILENCE < HOUR


def test_a_drain_ends_after_a_step_back(head: Head, worker: Node) -> None:
    Node.objects.filter(pk=worker.pk).update(
        state="draining", draining_at=now(), drain_deadline=now() + timedelta(seconds=30)
    )
    shift(head, HOUR)
    head.pass_by()
    worker.refresh_from_db()
    assert worker.drain_deadline
    assert worker.drain_deadline <= now() + timedelta(seconds=30)


def test_timers_start_anew_after_a_step_back(head: Head, worker: Node) -> None:
    shift(head, HOUR)
    head.pass_by()
    worker.refresh_from_db()
    head.cluster.run.refresh_from_db()
    marks = [worker.requested_at, worker.ready_at, head.cluster.run.started_at]
    assert all(mark and mark <= now() for mark in marks)
    head.cluster.refresh_from_db()
    assert head.cluster.passed_at <= now()


def test_idle_time_begins_anew_where_nobody_looked(head: Head, worker: Node) -> None:
    head.idle = {worker.name: 61.0, head.nodes(role="head")[0].name: 61.0}
    head.report()
    head.pass_by()
    head.cluster.run.refresh_from_db()
    shift(head, -HOUR)  # the clock was set forward: 30 minutes of being idle are allowed
    head.report()
    head.pass_by()
    assert head.state == "running"


def test_a_node_that_boots_is_not_given_up_for_a_step_forward(head: Head) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.pass_by()
    node = head.nodes()[0]
    assert node.state == "booting"
    shift(head, -HOUR)
    head.pass_by()
    node.refresh_from_db()
    assert node.state == "booting"


def test_a_cooldown_that_ends_absurdly_late_is_none(cluster: Cluster) -> None:
    row = Cooldown.objects.create(
        cloud=cluster.cloud,
        region=cluster.cloud.region,
        instance_type="small",
        market="on_demand",
        failure="capacity",
        cause="None left.",
        until=now() + LONGEST / 2,
    )
    assert cooling_of(cluster)
    Cooldown.objects.filter(pk=row.pk).update(until=now() + 2 * LONGEST)
    assert not cooling_of(cluster)


def test_a_node_that_ray_misses_is_not_kept_for_an_hour(head: Head, worker: Node) -> None:
    Node.objects.filter(pk=worker.pk).update(missing_since=now() + HOUR)
    head.silent.add(worker.name)
    head.report()
    worker.refresh_from_db()
    assert worker.missing_since <= now()
