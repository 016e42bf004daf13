"""What happens to nodes and drains while the head agent is silent or says no."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.agent_report import REPORT_LIMIT
from clusters.models import Cluster, Command, Node
from clusters.nodes.drain import ANSWER_TIME
from clusters.scaling.scale import REFUSAL_TIME
from domain.lifecycle import ClusterState
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(head: Head) -> Node:
    """One worker that is up and idle for longer than it may."""
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    node = head.nodes()[0]
    head.wants(0)
    head.idle[node.name] = 61.0
    head.report()
    return node


def state_of(node: Node) -> str:
    node.refresh_from_db()
    return node.state


def silent_for(head: Head, silence: timedelta) -> None:
    head.cluster.runs.update(agent_seen_at=now() - silence)


def test_idle_time_of_an_old_report_drains_nothing(head: Head, worker: Node) -> None:
    silent_for(head, REPORT_LIMIT)
    head.pass_by()
    assert state_of(worker) == "ready"
    assert not Command.objects.exists()


def test_drain_that_nobody_answers_is_taken_back(head: Head, worker: Node) -> None:
    head.pass_by()
    assert state_of(worker) == "draining"
    Node.objects.filter(pk=worker.pk).update(draining_at=now() - ANSWER_TIME)
    silent_for(head, ANSWER_TIME)
    head.pass_by()
    assert (state_of(worker), worker.end_cause) == ("ready", "")
    assert not Command.objects.filter(finished_at=None).exists()
    assert head.report()["commands"] == []  # nothing late is carried out


def test_node_that_ray_wants_to_keep_is_not_asked_again_at_once(head: Head, worker: Node) -> None:
    head.pass_by()
    command = Command.objects.get()
    head.report(results=[{"id": str(command.pk), "ok": False, "message": "No longer idle."}])
    head.pass_by()
    assert state_of(worker) == "ready"
    Command.objects.update(finished_at=now() - REFUSAL_TIME)
    head.pass_by()
    assert state_of(worker) == "draining"


def test_another_idle_node_goes_in_the_place_of_one_that_ray_wants_to_keep(
    head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clusters.scaling.plan_request.left_to_go", lambda *_, **__: 1)
    head.wants(2, CPU=head.cluster.groups.get(role="worker").resources["CPU"])
    head.report()
    head.pass_by()
    head.wants(0)
    kept, other = head.nodes()
    head.idle = {kept.name: 90.0, other.name: 61.0}
    head.report()
    head.pass_by()
    assert (state_of(kept), state_of(other)) == ("draining", "ready")
    command = Command.objects.get()
    head.report(results=[{"id": str(command.pk), "ok": False, "message": "No longer idle."}])
    head.pass_by()
    assert (state_of(kept), state_of(other)) == ("ready", "draining")


def test_result_that_comes_twice_counts_once(head: Head, worker: Node) -> None:
    head.pass_by()
    result = {"id": str(Command.objects.get().pk), "ok": True, "message": "Ray drains the node."}
    head.report(results=[result])
    Node.objects.filter(pk=worker.pk).update(state="draining")
    head.report(results=[result])
    assert state_of(worker) == "draining"


def test_silent_head_is_asked_for_its_agent_and_never_ended_on_a_guess(
    head: Head, driver: FakeDriver
) -> None:
    silent_for(head, timedelta(hours=9))
    since = now() - timedelta(hours=8)
    head.cluster.runs.update(idle_since=since)
    head.pass_by()
    assert head.state == ClusterState.RUNNING
    assert driver.calls[-1].verb == "launch"


def test_lifetime_of_a_silent_cluster_ends(head: Head) -> None:
    silent_for(head, timedelta(hours=9))
    Cluster.objects.filter(pk=head.cluster.pk).update(max_lifetime_minutes=60)
    head.cluster.runs.update(started_at=now() - timedelta(hours=1))
    for _ in range(3):
        head.pass_by()
    assert head.state == ClusterState.TERMINATED


def test_node_that_was_never_asked_for_is_not_ready_whatever_the_report_says(head: Head) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    worker = head.nodes()[0]
    Node.objects.filter(pk=worker.pk).update(state="requested")
    head.report(nodes=[head._node(node) for node in head.cluster.nodes.all()])
    assert state_of(worker) == "requested"


def test_what_cannot_be_served_is_noted_once_each(head: Head) -> None:
    shapes = [
        {"resources": {"TPU": 1.0}, "count": 3, "selectors": []},
        {"resources": {"CPU": 99.0}, "count": 1, "selectors": []},
    ]
    for count in (3, 2, 1):
        shapes[0]["count"] = count
        head.waiting = shapes
        head.report()
        head.pass_by()
    assert head.cluster.decisions.filter(kind="unserved").count() == 2
