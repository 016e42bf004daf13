"""What Ray says of nodes: refused drains, dead nodes, nodes it forgot."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.models import Node
from domain.lifecycle import EndCause
from tests.clusters.busy_head import BusyHead
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


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


def test_a_report_without_a_list_of_nodes_says_nothing_of_them(head: Head) -> None:
    body = head.body()
    del body["nodes"]
    assert head.post(body).status_code == 200
    [node] = head.nodes(role="head")
    assert (node.state, node.missing_since) == ("ready", None)
    head.report(nodes=[])
    assert head.nodes(role="head")[0].missing_since is not None


def test_what_ray_says_of_actors_is_kept_with_the_node(started: Callable[..., BusyHead]) -> None:
    head = started("")
    [node] = head.grows(1)
    head.actors = {node.name: 3}
    head.report()
    assert head.nodes()[0].actors == 3
    head.actors = {node.name: None}  # type: ignore[dict-item]
    head.report()
    assert head.nodes()[0].actors is None
