"""Keep what a run comes to, and terminate its cluster once it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from clusters.models import Cluster
from clusters.services.operating import end_cluster
from clusters.test_runs.evidence import cluster_of, job_of, kept, utilization
from clusters.test_runs.samples import samples_of
from domain.lifecycle import ClusterState
from promotions.models import TestRun

# Until then, the last samples of the cluster are summed up.
SUMMED_UP = timedelta(minutes=2)


def keep(run: TestRun) -> None:
    """Keep what a run that is not over came to so far, for the page of its request."""
    if cluster := cluster_of(run):
        _write(run, **kept(cluster, job_of(run), now=now()))


def end(run: TestRun) -> None:
    """Terminate the run's cluster, whatever became of it; once it is gone, the run is settled."""
    cluster = cluster_of(run)
    if cluster is None:
        _write(run, settled_at=now())
        return
    end_cluster(cluster, reason=f"The test run {run.state}: {run.summary}")
    moment = now()
    columns: dict[str, Any] = kept(cluster, job_of(run), now=moment)
    if cluster.state == ClusterState.TERMINATED and _is_summed_up(cluster):
        until = run.ended_at or moment
        columns["utilization"] = utilization(cluster, until=until, now=moment)
        columns["samples"] = samples_of(cluster, now=moment)
        columns["settled_at"] = moment
    _write(run, **columns)


def _is_summed_up(cluster: Cluster) -> bool:
    return not timedelta(0) <= now() - cluster.state_since < SUMMED_UP


def _write(run: TestRun, **columns: Any) -> None:
    TestRun.objects.filter(pk=run.pk).update(**columns)
