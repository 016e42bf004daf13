"""A test run launches a cluster, runs its workload there, and the cluster is terminated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clusters.models import Cluster, Command, Job
from clusters.services.launching import launch_test_cluster
from clusters.test_runs import due
from clusters.test_runs.parameters import values_for
from clusters.updates.plan import plan_update
from clusters.workloads import WORKLOADS
from configurations.launch_checks import launchable
from configurations.models import Version
from domain.promotions.checks import CheckKind
from domain.promotions.workloads import TEST_WORKLOADS
from metering.models import CostHour, Interval
from metering.posting import post
from promotions.models import ChangeRequest, Environment, TestRun
from promotions.services.environments import change_rules
from tests.clusters.conftest import TEXT
from tests.clusters.workload_runs.steps import (
    cluster_of,
    ended,
    leave,
    ray_says,
    step,
    submitted,
)
from tests.promotions.steps import carry_on, changed

pytestmark = pytest.mark.django_db


def test_environments_offer_the_workloads_that_clusters_can_run() -> None:
    assert {key: each.label for key, each in WORKLOADS.items()} == TEST_WORKLOADS


def test_a_wanted_run_launches_one_cluster_of_the_candidate_for_the_author(
    run: TestRun, alice: User
) -> None:
    step(run)
    cluster = Cluster.objects.get()
    assert run.state == "starting"
    assert run.cluster_id == cluster.pk
    assert (cluster.version, cluster.owner) == (run.version, alice)
    assert cluster.environment == "test"
    assert cluster.name == f"test-train-{run.token.hex[:12]}"
    assert cluster.is_test
    assert cluster.release is None
    assert cluster.idle_minutes is None
    assert cluster.max_lifetime_minutes == 35


def test_the_database_refuses_a_second_cluster_for_a_run(run: TestRun, alice: User) -> None:
    step(run)
    ready = launchable(run.version, environment="test")
    with pytest.raises(Invalid, match="live cluster of that name"):
        launch_test_cluster(ready, run=run, by=alice)
    Cluster.objects.update(state="terminated")  # its name is free again
    with pytest.raises(IntegrityError), transaction.atomic():
        launch_test_cluster(ready, run=run, by=alice)
    assert Cluster.objects.count() == 1


def test_where_only_releases_run_the_candidate_is_tested_nevertheless(
    run: TestRun, testing: Environment
) -> None:
    Environment.objects.filter(pk=testing.pk).update(release_only=True)
    step(run)
    assert run.state == "starting"


def test_lists_and_pages_say_what_a_cluster_tests(
    run: TestRun, client: Client, alice: User
) -> None:
    step(run)
    client.force_login(alice)
    assert "Tests train:1" in client.get("/clusters/").text
    page = client.get(f"/clusters/{cluster_of(run).pk}/").text
    assert f'tests <a href="/changes/{run.request_id}/">' in page


def test_the_workload_is_submitted_once_when_the_cluster_runs(run: TestRun) -> None:
    head = submitted(run)
    job = Job.objects.get()
    command = Command.objects.get(kind="submit_job")
    assert job.submission_id == command.body["submission_id"] == f"test-run-{run.token.hex}"
    assert "cpu_tasks.py" in command.body["files"]
    assert head.cluster.owner == job.submitted_by


def test_a_run_that_passes_keeps_log_duration_and_exact_cost_and_the_request_goes_on(
    run: TestRun,
) -> None:
    head = submitted(run)
    lines = "".join(f"line {n}\n" for n in range(150))
    ray_says(head, "RUNNING", log=lines)
    step(run)
    assert run.state == "running"
    assert run.log.endswith("line 149")
    assert run.cost_usd is not None
    ray_says(head, "SUCCEEDED", log=lines)
    step(run)
    assert (run.state, run.summary) == ("passed", "CPU tasks succeeded in 42 s.")
    assert run.log.splitlines()[0] == "line 50"
    assert run.log.splitlines()[-1] == "line 149"
    assert run.workload_seconds == pytest.approx(42)
    assert run.cost_usd is not None
    request = carry_on(run.request)
    check = request.checks.get(kind=CheckKind.TEST_WORKLOAD)
    assert (check.verdict, check.summary) == ("passed", run.summary)
    assert request.state != "checking"
    head.cluster.refresh_from_db()
    assert head.cluster.state == "terminating"


def test_the_cost_is_that_of_the_ledger_once_the_cluster_is_gone(run: TestRun) -> None:
    head = submitted(run)
    # Dear machines, and hours ago: the cost is not a round number.
    for row in Interval.objects.all():
        Interval.objects.filter(pk=row.pk).update(
            hourly_microusd=123_457, started_at=row.started_at - timedelta(hours=2, minutes=7)
        )
    Interval.objects.update(posted_until=Interval.objects.get().started_at)
    ray_says(head, "SUCCEEDED")
    step(run)
    leave(head.cluster)
    step(run)
    assert run.settled_at is None  # samples still come
    post(now())
    ledger = sum(line.total or 0 for line in CostHour.objects.all())
    assert run.cost_usd == Decimal(ledger) / 1_000_000
    Cluster.objects.update(state_since=now() - timedelta(minutes=3))
    step(run)
    assert run.settled_at is not None
    assert due() == []


def test_a_cost_that_is_not_known_is_not_0(run: TestRun) -> None:
    head = submitted(run)
    Interval.objects.update(hourly_microusd=None)
    ray_says(head, "SUCCEEDED")
    step(run)
    assert (run.state, run.cost_usd) == ("passed", None)


def test_a_result_waits_for_the_last_lines_of_the_log(run: TestRun) -> None:
    head = submitted(run)
    ray_says(head, "SUCCEEDED")
    Job.objects.update(ended_at=now())
    step(run)
    assert run.state == "running"
    Job.objects.update(ended_at=now() - timedelta(seconds=4))
    step(run)
    assert run.state == "passed"


def test_a_workload_that_fails_fails_the_run_with_its_cause(run: TestRun) -> None:
    head = submitted(run)
    ray_says(head, "FAILED", message="Job entrypoint command failed with exit code 1")
    step(run)
    assert run.state == "failed"
    assert run.summary.startswith("CPU tasks failed: ")
    ended(run)


def test_a_workload_that_somebody_stops_fails_the_run(run: TestRun) -> None:
    head = submitted(run)
    ray_says(head, "STOPPED")
    step(run)
    assert (run.state, run.summary) == ("failed", "CPU tasks was stopped.")
    ended(run)


def test_a_command_of_the_environment_runs_as_it_was_when_the_checks_began(
    testing: Environment, ask: Callable[..., ChangeRequest], lead: User, queued: list[str]
) -> None:
    values = {"workload": "command", "workload_command": "python -m train --check"}
    change_rules(testing, values=values, by=lead)
    carry_on(ask("test"))
    Environment.objects.filter(pk=testing.pk).update(workload_command="rm -r /")
    run = TestRun.objects.get()
    head = submitted(run)
    command = Command.objects.get(kind="submit_job")
    assert command.body["entrypoint"] == Job.objects.get().entrypoint == "python -m train --check"
    assert command.body["files"] == {}
    ray_says(head, "SUCCEEDED")
    step(run)
    assert (run.state, run.summary) == ("passed", "Command succeeded in 42 s.")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"workload": "command"}, "workload_command"),
        ({"workload": "command", "workload_command": "x" * 2_001}, "workload_command"),
        ({"workload": "other"}, "workload"),
    ],
)
def test_an_environment_refuses_a_workload_that_cannot_run(
    testing: Environment, lead: User, values: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        change_rules(testing, values=values, by=lead)
    assert refusal.value.field == field


def test_a_workload_asks_for_no_more_than_the_cluster_can_have(
    version: Version, launch: Callable[..., Cluster]
) -> None:
    def sizes(cluster: Cluster) -> list[float]:
        groups = list(cluster.groups.all())
        names = {"cpu_tasks": "tasks", "actors": "actors", "placement_group": "bundles"}
        return [values_for(WORKLOADS[key], groups)[name] for key, name in names.items()]

    assert sizes(launch("many")) == [8, 2, 2]
    workers = TEXT[TEXT.index("worker_nodes") : TEXT.index("mobula")]
    alone = launch("alone", of=changed(version, find=workers, replace=""))
    assert sizes(alone)[2] == 1
    alone.groups.update(resources={"CPU": 1})
    assert sizes(alone) == [2, 1, 1]


def test_a_test_cluster_stays_on_the_version_that_it_tests(run: TestRun) -> None:
    step(run)
    with pytest.raises(WrongState, match="and is not updated"):
        plan_update(cluster_of(run), version=run.version, settings=None)
