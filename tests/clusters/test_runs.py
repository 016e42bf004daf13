"""Runs: each start of a cluster has its row, and an ended one stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now

from accounts.models import User
from clusters import runs
from clusters.agent.sync import RunOver, apply_report
from clusters.models import Cluster, Run
from clusters.reconcile import observe, termination
from clusters.services import operating
from clusters.transitions import StateChanged
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def stopped(head: Head, by: User) -> Head:
    operating.stop_cluster(head.cluster, by=by)
    for _ in range(3):
        head.pass_by()
    return head


def test_an_ended_run_keeps_what_it_ended_with(head: Head, alice: User) -> None:
    head.report()
    before = Cluster.objects.get(pk=head.cluster.pk).run
    operating.start_cluster(stopped(head, alice).cluster, by=alice)
    first, second = head.cluster.runs.all()
    assert (first.number, second.number) == (1, 2)
    assert first.end_reason == f"Stopped by {alice}."
    assert first.requested_at < first.started_at < first.ended_at < second.requested_at
    for name in ("started_at", "ray_session", "agent_token_hash", "agent_seen_at", "gcs_address"):
        assert getattr(first, name) == getattr(before, name), name
    assert (second.started_at, second.ended_at, second.ray_session) == (None, None, "")
    assert second.agent_token_hash != first.agent_token_hash


def test_nothing_waits_in_a_run_that_is_over(head: Head, alice: User) -> None:
    head.wants(2, CPU=1.0)
    head.report()
    stopped(head, alice)
    run = Cluster.objects.get(pk=head.cluster.pk).run
    assert (run.demand, run.drivers, run.waiting_since) == ({}, None, None)


def test_terminating_a_stopped_cluster_leaves_its_last_run_alone(head: Head, alice: User) -> None:
    before = Run.objects.get(cluster=stopped(head, alice).cluster)
    operating.terminate_cluster(head.cluster, by=alice)
    head.pass_by()
    after = Run.objects.get(cluster=head.cluster)
    assert (after.ended_at, after.end_reason) == (before.ended_at, before.end_reason)


def test_report_of_an_earlier_run_is_refused(head: Head, alice: User) -> None:
    body = head.body()
    operating.start_cluster(stopped(head, alice).cluster, by=alice)
    assert head.post(body).status_code == 410  # by its token
    again = Head(head.cluster)
    assert again.post(body).status_code == 410  # by its number


def test_two_runs_of_a_cluster_never_have_one_number(head: Head) -> None:
    with pytest.raises(IntegrityError, match="run_number_once"):
        Run.objects.create(cluster=head.cluster, number=1)


def meanwhile(call: Callable[[], object], change: Callable[[], object]) -> Any:
    """Call while another transaction has made `change` and is not through; return its answer."""

    def called() -> object:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change()
            answer: Future[object] = pool.submit(called)
            sleep(0.3)
            assert not answer.done()  # it waits for the lock
        return answer.result(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_report_that_waits_while_its_run_ends_is_refused(head: Head, alice: User) -> None:
    late = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    operating.stop_cluster(head.cluster, by=alice)
    head.cluster.nodes.update(state="terminated", ended_at=now())
    ending = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    body = head.body(jobs=[{"submission_id": "late", "status": "RUNNING"}])
    with pytest.raises(RunOver):
        meanwhile(lambda: apply_report(late, body), lambda: runs.end(ending))
    assert not late.jobs.exists()


@pytest.mark.django_db(transaction=True)
def test_idle_end_that_waits_for_a_hold_gives_way(head: Head, alice: User) -> None:
    head.idle = {node.name: 5.0 for node in head.nodes(role="head")}
    head.report()
    head.cluster.runs.update(idle_since=now() - timedelta(minutes=31))
    judged = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    nodes = observe.live_nodes(judged)
    stops_at = termination.verdict_for(judged, nodes).stops_at
    assert stops_at
    assert stops_at <= now()
    assert not meanwhile(
        lambda: termination.end_if_due(judged, nodes),
        lambda: operating.hold_idle_timer(head.cluster, hours=1, by=alice),
    )
    assert head.state == "running"


def test_late_worker_does_not_close_the_run_that_began_since(head: Head, alice: User) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(state="failed")
    for _ in range(3):
        head.pass_by()
    late = Cluster.objects.select_related("run").get(pk=head.cluster.pk)
    operating.start_cluster(head.cluster, by=alice)
    with pytest.raises(StateChanged):
        runs.end(late)
