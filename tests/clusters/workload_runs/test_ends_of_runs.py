"""However a test run ends, its cluster is terminated and the reason is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import Membership, User
from clouds.models import Cloud
from clusters.models import Cluster, Job
from clusters.services.operating import start_cluster, stop_cluster, terminate_cluster
from clusters.test_runs import due
from metering.models import Interval
from promotions import progress
from promotions.models import ChangeRequest, Environment, TestRun
from promotions.services.requests import cancel_request
from promotions.transitions import check_again
from providers.base import Unreachable
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud
from tests.clusters.workload_runs.steps import (
    age,
    cluster_of,
    ended,
    ray_says,
    started,
    step,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("begin", [started, submitted])
def test_the_limit_of_time_ends_the_run(run: TestRun, begin: Callable[[TestRun], object]) -> None:
    begin(run)
    age(run, started_at=timedelta(minutes=30))
    step(run)
    assert run.state == "failed"
    assert "limit of 30 min" in run.summary
    ended(run)


def test_the_limit_of_money_ends_the_run(run: TestRun) -> None:
    head = submitted(run)
    Interval.objects.update(hourly_microusd=3_600_000_000)
    Interval.objects.update(started_at=now() - timedelta(seconds=90))
    ray_says(head, "RUNNING")
    step(run)
    assert run.state == "failed"
    assert run.summary.startswith("Ended at its limit of $1.00: its cluster has cost $9")
    assert run.cost_usd is not None
    assert run.cost_usd > 1
    ended(run)


def test_a_launch_that_never_succeeds_ends_at_the_limit_of_time(
    run: TestRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise Unreachable("The service is unavailable.")

    monkeypatch.setattr("clusters.test_runs.launching.check_launch", refuse)
    step(run)
    assert run.state == "wanted"
    age(run, wanted_at=timedelta(minutes=31))
    step(run)
    assert run.state == "failed"
    assert run.summary.startswith("No cluster was launched: Ended at its limit of 30 min")
    assert "unavailable" in run.summary
    assert due() == []


def test_a_cloud_that_the_environment_may_not_use_gets_no_test_cluster(
    run: TestRun, testing: Environment
) -> None:
    testing.clouds.add(make_cloud("elsewhere", provider="fake"))
    step(run)
    assert run.state == "failed"
    assert "test runs on elsewhere" in run.summary
    assert not Cluster.objects.exists()


def test_a_version_that_cannot_be_launched_fails_the_run(run: TestRun) -> None:
    Cloud.objects.filter(name="paper").update(name="gone")
    step(run)
    assert run.state == "failed"
    assert run.summary.startswith("No cluster was launched: cloud:")


def test_an_author_who_lost_the_right_runs_nothing(run: TestRun, alice: User) -> None:
    started(run)
    Membership.objects.filter(user=alice).update(role="viewer")
    step(run)
    assert run.state == "failed"
    assert not Job.objects.exists()
    ended(run)


def test_a_cluster_that_cannot_come_up_fails_the_run_with_its_cause(
    run: TestRun, driver: FakeDriver
) -> None:
    from clusters.transitions import move_cluster
    from domain.lifecycle import ClusterState

    step(run)
    cluster = cluster_of(run)
    move_cluster(cluster, ClusterState.FAILED, reason="Quota for GPUs is used up.")
    step(run)
    assert run.state == "failed"
    assert run.summary.startswith("Its cluster failed: ")
    assert "Quota" in run.summary
    ended(run)


def test_a_cluster_terminated_by_hand_fails_the_run(run: TestRun, alice: User) -> None:
    head = submitted(run)
    terminate_cluster(head.cluster, by=alice)
    step(run)
    assert run.state == "failed"
    assert run.summary.startswith("Its cluster was terminated: Terminated by ")


def test_a_test_cluster_that_is_started_again_is_terminated_again(
    run: TestRun, alice: User
) -> None:
    head = submitted(run)
    stop_cluster(head.cluster, by=alice)
    for _ in range(4):
        head.pass_by()
    assert head.state == "stopped"
    start_cluster(head.cluster, by=alice)
    Job.objects.update(ended_at=now() - timedelta(seconds=4))
    step(run)
    # The job ended with the run of the cluster that it was submitted to.
    assert (run.state, run.summary[:21]) == ("failed", "CPU tasks was stopped")
    ended(run)


def test_a_canceled_request_ends_the_run_and_its_cluster(run: TestRun, alice: User) -> None:
    submitted(run)
    cancel_request(run.request, by=alice)
    run.refresh_from_db()
    assert run.state == "canceled"
    step(run)
    ended(run)


def test_a_canceled_request_launches_nothing(run: TestRun, alice: User) -> None:
    cancel_request(run.request, by=alice)
    step(run)
    assert not Cluster.objects.exists()
    assert due() == []


def test_a_run_that_was_moved_while_it_was_canceled_is_canceled_by_the_next_step(
    run: TestRun, alice: User
) -> None:
    submitted(run)
    ChangeRequest.objects.update(state="canceled")  # as if the cancel had met another state
    step(run)
    assert (run.state, run.summary) == ("canceled", "The change request is canceled.")
    ended(run)


def test_another_round_of_checks_has_a_run_and_a_cluster_of_its_own(run: TestRun) -> None:
    submitted(run)
    ChangeRequest.objects.update(state="ready")
    request = ChangeRequest.objects.get()
    check_again(request, reason="Again.")
    progress.advance(request.pk)
    step(run)
    assert (run.state, run.summary) == ("canceled", "The checks began again.")
    ended(run)
    second = TestRun.objects.get(round=request.round)
    step(second)
    assert second.state == "starting"
    assert Cluster.objects.count() == 2
