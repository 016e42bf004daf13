"""What is kept of a test run once its cluster is gone: log, duration, cost, utilization."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.timezone import now as clock

from clusters.models import Cluster, Job
from clusters.queries.clusters import log_of
from domain.pricing import usd_of
from metering.models import Interval
from metering.queries import accrued, utilization_by_cluster
from promotions.models import TestRun

LOG_LINES = 100
LOG_LENGTH = 20_000
_SHARES = ("cpu", "memory", "gpu")


def cluster_of(run: TestRun) -> Cluster | None:
    """Return the cluster that was launched for the run."""
    rows = Cluster.objects.select_related("team", "cloud", "run", "owner", "version__template")
    return rows.filter(test_run=run).first()


def submission_id_of(run: TestRun) -> str:
    """Return the id under which Ray runs the workload, once."""
    return f"test-run-{run.token.hex}"


def job_of(run: TestRun) -> Job | None:
    """Return the job that runs the workload."""
    jobs = Job.objects.filter(cluster__test_run=run, submission_id=submission_id_of(run))
    return jobs.order_by("pk").first()


def cost_of(cluster: Cluster, *, now: datetime) -> int:
    """Return the micro-dollars that the cluster has cost, right to the second."""
    return accrued([cluster.pk], now)[cluster.pk]


def kept(
    cluster: Cluster | None, job: Job | None, *, now: datetime | None = None
) -> dict[str, Any]:
    """Return the columns of the run that hold what is known by now."""
    columns: dict[str, Any] = {}
    if cluster is not None:
        columns["cost_usd"] = _cost(cluster, now=now or clock())
    if job is not None:
        columns |= {"log": _last_lines(log_of(job).text), "workload_seconds": job.seconds}
    return columns


def utilization(cluster: Cluster, *, until: datetime, now: datetime) -> dict[str, float]:
    """Return the mean shares of the cluster's CPU, memory and GPU that were in use."""
    since = cluster.run.started_at
    if since is None or until <= since:
        return {}
    uses = utilization_by_cluster([cluster.pk], since=since, until=until, now=now)
    means = uses[cluster.pk].means if cluster.pk in uses else {}
    shares = {}
    for name in _SHARES:
        used, capacity = means.get(f"{name}_used"), means.get(f"{name}_capacity")
        if used is not None and capacity:
            shares[name] = round(used / capacity, 4)
    return shares


def _cost(cluster: Cluster, *, now: datetime) -> Any:
    """Return the cost in USD; None where it is not known, which is never 0."""
    if Interval.objects.filter(cluster_id=cluster.pk, hourly_microusd=None).exists():
        return None
    return usd_of(cost_of(cluster, now=now))


def _last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-LOG_LINES:])[-LOG_LENGTH:]
