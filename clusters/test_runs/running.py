"""Run the workload of a test on its cluster."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.errors import Invalid, ServiceError, WrongState
from accounts.permissions import Action, may, require
from clusters.models import Cluster, Job
from clusters.submission import submit, submit_command
from clusters.test_runs.evidence import cluster_of, cost_of, job_of, kept, submission_id_of
from clusters.test_runs.limits import exceeded_money, exceeded_time
from clusters.test_runs.parameters import values_for
from clusters.workloads import WORKLOADS
from domain.failures import brief
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterState, ClusterTarget
from domain.promotions.states import TestRunState
from domain.promotions.workloads import COMMAND, WORKLOAD_CHOICES, wrong_workload
from domain.wording import duration
from promotions.models import TestRun
from promotions.transitions import move_test_run

# The last lines of a log come up to a second after Ray says that the job is over.
LOG_TIME = timedelta(seconds=3)
_ENDS = {
    ClusterState.FAILED: "failed",
    ClusterState.STOPPING: "was stopped",
    ClusterState.STOPPED: "was stopped",
}


def submit_when_running(run: TestRun, *, now: datetime) -> None:
    """Submit the workload once the cluster runs."""
    cluster = cluster_of(run)
    if reason := _why_over(run, cluster, doing="its cluster was still starting", now=now):
        _fail(run, cluster, None, reason)
    elif cluster is not None and cluster.state == ClusterState.RUNNING:
        _submit(run, cluster)


def _submit(run: TestRun, cluster: Cluster) -> None:
    try:
        require(may(run.request.author, Action.OPERATE, team=cluster.team))
        _submit_workload(run, cluster)
    except WrongState:
        return  # the cluster changed since it was read: the next step says how
    except ServiceError as refusal:
        _fail(run, cluster, None, " ".join(refusal.messages))
        return
    move_test_run(run, TestRunState.RUNNING, summary=f"{label_of(run)} runs on {cluster}.")


def _submit_workload(run: TestRun, cluster: Cluster) -> None:
    by, name, purpose = run.request.author, submission_id_of(run), f"Tests {run.version}"
    if run.workload == COMMAND:
        submit_command(
            cluster,
            run.command,
            package=run.package,
            workload=COMMAND,
            by=by,
            submission_id=name,
            purpose=purpose,
        )
        return
    if reason := wrong_workload(run.workload):
        raise Invalid.at("workload", reason)
    workload = WORKLOADS[run.workload]
    values = values_for(workload, list(cluster.groups.all()))
    submit(cluster, workload, values=values, by=by, submission_id=name, purpose=purpose)


def watch_workload(run: TestRun, *, now: datetime) -> None:
    """End the run with its workload, with its cluster, or at its limits."""
    cluster = cluster_of(run)
    job = job_of(run)
    label = label_of(run)
    if job and job.status == "SUCCEEDED":
        if not _has_log(job, now=now):
            return
        took = f" in {duration(job.seconds)}" if job.seconds is not None else ""
        summary = f"{label} succeeded{took}."
        move_test_run(run, TestRunState.PASSED, summary=summary, **kept(cluster, job, now=now))
    elif reason := _why_over(run, cluster, doing=f"{label} had not ended", now=now):
        _fail(run, cluster, job, reason)
    elif job is None:
        _fail(run, cluster, job, f"The job of {label} is gone.")
    elif job.is_over and _has_log(job, now=now):
        verb = "was stopped" if job.status == "STOPPED" else "failed"
        _fail(run, cluster, job, f"{label} {verb}{_because(job.message)}")


def _why_over(run: TestRun, cluster: Cluster | None, *, doing: str, now: datetime) -> str:
    """Return why the run cannot go on, or ""."""
    if cluster is None:
        return "Its cluster is gone."
    if cluster.state not in LIVE_CLUSTER_STATES or cluster.target != ClusterTarget.RUNNING:
        verb = _ENDS.get(ClusterState(cluster.state), "was terminated")
        return f"Its cluster {verb}{_because(cluster.run.end_reason or cluster.run.last_error)}"
    if reason := exceeded_money(run, microusd=cost_of(cluster, now=now)):
        return reason
    if reason := exceeded_time(run, doing=doing, now=now):
        error = cluster.run.last_error
        return f"{reason} {brief(error)}" if error else reason
    return ""


def _because(text: str) -> str:
    return f": {brief(text)}" if text else "."


def _has_log(job: Job, *, now: datetime) -> bool:
    """Return whether the job's log has had time to come; clocks that differ delay nothing."""
    return job.ended_at is None or not timedelta(0) <= now - job.ended_at < LOG_TIME


def _fail(run: TestRun, cluster: Cluster | None, job: Job | None, reason: str) -> None:
    move_test_run(run, TestRunState.FAILED, summary=reason, **kept(cluster, job))


def label_of(run: TestRun) -> str:
    """Return what the run runs in words."""
    return WORKLOAD_CHOICES.get(run.workload, run.workload)
