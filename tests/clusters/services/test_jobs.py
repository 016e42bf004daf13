"""Work is taken by a running cluster, within the limits of its parameters."""

from __future__ import annotations

from math import nan

import pytest

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clusters.models import Cluster, Command, Job
from clusters.services import jobs, operating
from clusters.workloads import WORKLOADS
from tests.clusters.head import Head
from tests.clusters.situations import submit

pytestmark = pytest.mark.django_db
WORK = WORKLOADS["cpu_tasks"]
VALUES = {"tasks": 1.0, "cpus": 1.0, "seconds": 1.0}


@pytest.fixture
def running(cluster: Cluster) -> Cluster:
    """The cluster as it is once its head has joined."""
    Cluster.objects.filter(pk=cluster.pk).update(state="running")
    cluster.refresh_from_db()
    return cluster


def test_workload_becomes_a_job_and_a_command(running: Cluster, alice: User) -> None:
    job = jobs.run_workload(running, WORK, values=VALUES, by=alice)
    command = Command.objects.get()
    assert command.body["submission_id"] == job.submission_id
    assert job.entrypoint == "python cpu_tasks.py --tasks=1 --cpus=1 --seconds=1"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tasks": 0}, "tasks"),
        ({"tasks": 10_001}, "tasks"),
        ({"cpus": nan}, "cpus"),
        ({"seconds": None}, "seconds"),
    ],
)
def test_parameter_beyond_its_limits_is_refused(
    running: Cluster, alice: User, values: dict[str, float], field: str
) -> None:
    with pytest.raises(Invalid, match="between") as refusal:
        jobs.run_workload(running, WORK, values=VALUES | values, by=alice)
    assert refusal.value.field == field
    assert not Job.objects.exists()


def test_cluster_that_does_not_run_takes_no_work(cluster: Cluster, alice: User) -> None:
    with pytest.raises(WrongState, match=r"is not running\. Wait until it is, or start it\."):
        jobs.run_workload(cluster, WORK, values=VALUES, by=alice)
    assert not Job.objects.exists()


def test_job_that_is_over_is_not_stopped(running: Cluster, alice: User) -> None:
    job = running.jobs.create(run=running.run, submission_id="j1", status="SUCCEEDED")
    with pytest.raises(WrongState, match="has already ended: succeeded"):
        jobs.stop_job(job, by=alice)
    assert not Command.objects.exists()


def test_job_of_a_cluster_that_does_not_run_is_not_taken(head: Head, alice: User) -> None:
    job = submit(head, alice)
    operating.stop_cluster(head.cluster, by=alice)
    before = Command.objects.count()
    with pytest.raises(WrongState):
        jobs.stop_job(job, by=alice)
    with pytest.raises(WrongState):
        submit(head, alice)  # with the cluster as it was read before
    assert Command.objects.count() == before
