"""What workers and Ray do with a test run, done here and now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.timezone import now

from tests.clusters.head import Head

if TYPE_CHECKING:
    from clusters.models import Cluster
    from promotions.models import TestRun


def step(run: TestRun) -> TestRun:
    """Take the run a step forward, twice, as a message that comes twice does."""
    from clusters.test_runs import advance

    for _ in range(2):
        advance(run.pk)
    run.refresh_from_db()
    return run


def cluster_of(run: TestRun) -> Cluster:
    """The cluster that was launched for the run."""
    from clusters.models import Cluster

    return Cluster.objects.get(test_run=run)


def started(run: TestRun) -> Head:
    """Have the run launch its cluster, and the cluster run."""
    step(run)
    head = Head(cluster_of(run))
    head.pass_by()
    head.report()
    head.pass_by()
    assert head.state == "running"
    return head


def submitted(run: TestRun) -> Head:
    """Have the run submit its workload to its running cluster."""
    head = started(run)
    step(run)
    assert run.state == "running", run.summary
    return head


def ray_says(head: Head, status: str, *, message: str = "", log: str = "") -> None:
    """Let Ray report that the workload has this status, and what it printed."""
    job = head.cluster.jobs.get()
    over = now() - timedelta(seconds=10)
    told: dict[str, Any] = {
        "submission_id": job.submission_id,
        "status": status,
        "message": message,
        "started_at": (over - timedelta(seconds=42)).timestamp(),
        "ended_at": over.timestamp() if status in job.OVER else None,
    }
    logs = [{"submission_id": job.submission_id, "offset": 0, "text": log}] if log else []
    head.report(jobs=[told], logs=logs)


def leave(cluster: Cluster) -> Cluster:
    """Let the reconcile loop remove all machines."""
    head = Head(cluster)
    for _ in range(4):
        head.pass_by()
    cluster.refresh_from_db()
    assert cluster.state == "terminated"
    return cluster


def age(run: TestRun, **columns: timedelta) -> None:
    """Move moments of the run back by so much."""
    from promotions.models import TestRun

    moments = {name: getattr(run, name) - length for name, length in columns.items()}
    TestRun.objects.filter(pk=run.pk).update(**moments)
    run.refresh_from_db()


def ended(run: TestRun) -> None:
    """Assert that the cluster goes, by Mobula's doing, and the run is settled when it is gone."""
    from accounts.models import AuditEntry
    from clusters.models import Cluster
    from clusters.test_runs import due

    cluster = cluster_of(run)
    assert cluster.target == "terminated"
    assert AuditEntry.objects.filter(action="cluster.terminated", actor=None).exists()
    leave(cluster)
    Cluster.objects.update(state_since=now() - timedelta(minutes=3))
    step(run)
    assert run.settled_at is not None
    assert run.pk not in due()
