"""Run work on a cluster through its head agent."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q

from accounts.errors import FieldError, WrongState, raise_if_any
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters import runs
from clusters.models import Cluster, Command, Job
from clusters.submission import submit
from clusters.workloads import Workload
from domain.lifecycle import ClusterState, ClusterTarget


@transaction.atomic
def run_workload(
    cluster: Cluster, workload: Workload, *, values: Mapping[str, float], by: User
) -> Job:
    """Return the job that runs `workload`; the agent submits it within a second."""
    require(may(by, Action.OPERATE, team=cluster.team))
    raise_if_any(FieldError(name, wrong) for name, wrong in workload.wrong_values(values))
    job = submit(cluster, workload, values=values, by=by)
    after = {"cluster": cluster.name, **values}
    record("job.submitted", actor=by, team=cluster.team, subject=job, after=after)
    return job


def _require_running(cluster: Cluster) -> None:
    """Refuse what no agent would answer; the idle timer, if it runs, starts anew."""
    running = Q(state=ClusterState.RUNNING, target=ClusterTarget.RUNNING)
    if not runs.write(cluster, running, idle_since=None):
        raise WrongState(f"{cluster} is not running. Wait until it is, or start it.")


@transaction.atomic
def stop_job(job: Job, *, by: User) -> None:
    """Ask Ray to stop a job that is not over yet."""
    require(may(by, Action.OPERATE, team=job.cluster.team))
    if job.is_over:
        raise WrongState(f"{job.submission_id} has already ended: {job.status.lower()}.")
    _require_running(job.cluster)
    Command.objects.create(
        cluster=job.cluster,
        run_id=job.cluster.run_id,
        kind=Command.Kind.STOP_JOB,
        created_by=by,
        body={"submission_id": job.submission_id},
    )
    after = {"cluster": job.cluster.name}
    record("job.stopped", actor=by, team=job.cluster.team, subject=job, after=after)
