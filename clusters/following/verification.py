"""Whether the clusters of a release do well, for as long as its environment wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.timezone import now

from accounts.errors import ServiceError
from clusters.following.bringing import VERIFICATION, failed_jobs
from clusters.following.versions import has_told_versions, other_versions
from clusters.models import Cluster
from clusters.submission import submit_command
from clusters.workloads import WORKLOADS
from domain.health.model import Level
from domain.lifecycle import ClusterState, ClusterTarget, NodeRole, NodeState
from promotions import progress
from promotions.models import ChangeRequest, Rollout

PATIENCE = timedelta(minutes=20)
"""How much longer than the environment's time a cluster may take until it does well."""

_TASK = WORKLOADS["cpu_tasks"]
_TASK_VALUES = {"tasks": 1, "seconds": 0, "cpus": 0.1}
_LEVELS_IN_WORDS = {
    Level.DEGRADED: "is degraded",
    Level.BLIND: "sends no reports",
    Level.STUCK: "is stuck",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is wrong with a cluster; `final` where waiting cannot mend it."""

    words: str
    final: bool = False


def verify(request: ChangeRequest) -> None:
    """Look at every running cluster of the release, and tell the request once it is decided."""
    rollouts = list(request.rollouts.filter(state=Rollout.State.FOLLOWING))
    rows = Cluster.objects.select_related("run", "team", "image_version__image").in_bulk(
        [r.cluster_id for r in rollouts]
    )
    running = [(r, rows[r.cluster_id]) for r in rollouts if _counts(rows.get(r.cluster_id))]
    doubts = [(cluster, _look(request, rollout, cluster)) for rollout, cluster in running]
    final = [f"{cluster}: {doubt.words}" for cluster, doubt in doubts if doubt and doubt.final]
    if final:
        progress.not_verified(request.pk, reason=" ".join(final))
        return
    waiting = [f"{cluster}: {doubt.words}" for cluster, doubt in doubts if doubt]
    time = timedelta(minutes=request.environment.verify_minutes)
    if waiting:
        if request.state_since < now() - time - PATIENCE:
            progress.not_verified(request.pk, reason=" ".join(waiting))
        return
    since = max((r.healthy_since for r, _ in running if r.healthy_since), default=None)
    if since is not None and since > now() - time:
        return
    progress.verified(request.pk, summary=_summary(len(running)))


def _counts(cluster: Cluster | None) -> bool:
    """Whether the cluster still runs, or failed by itself: one that a user ended does not count."""
    return cluster is not None and cluster.target == ClusterTarget.RUNNING


def _summary(count: int) -> str:
    if not count:
        return "No running cluster follows the release yet."
    return f"{count} cluster{' does' if count == 1 else 's do'} well."


def _look(request: ChangeRequest, rollout: Rollout, cluster: Cluster) -> Doubt | None:
    doubt = _doubt(request, rollout, cluster)
    healthy_since = None if doubt else rollout.healthy_since or now()
    detail = doubt.words if doubt else f"Runs {request.version} and does well."
    if (healthy_since, detail) != (rollout.healthy_since, rollout.detail):
        rollout.healthy_since, rollout.detail = healthy_since, detail[:500]
        rollout.save(update_fields=["healthy_since", "detail", "updated_at"])
    return doubt


def _doubt(request: ChangeRequest, rollout: Rollout, cluster: Cluster) -> Doubt | None:
    if cluster.state == ClusterState.FAILED:
        return Doubt(words=cluster.run.end_reason or "It failed.", final=True)
    if cluster.state != ClusterState.RUNNING:
        return Doubt(words=f"It is {cluster.state}.")
    if words := _LEVELS_IN_WORDS.get(Level(cluster.health)):
        finding = cluster.findings[0].get("sentence", "") if cluster.findings else ""
        return Doubt(words=finding or f"It {words}.")
    if other := other_versions(cluster):
        return Doubt(words=other, final=has_told_versions(cluster))
    if missing := _missing(cluster):
        return Doubt(words=missing)
    if fewer := _more_failures(request, rollout, cluster):
        return Doubt(words=fewer, final=True)
    return _task(request, cluster) if request.environment.verify_task else None


def _missing(cluster: Cluster) -> str:
    """Return which group has not as many nodes ready as it must have, or ""."""
    for group in cluster.groups.filter(role=NodeRole.WORKER, min_nodes__gt=0):
        ready = group.nodes.filter(state=NodeState.READY).count()
        if ready < group.min_nodes:
            return f"Group {group} has {ready} of at least {group.min_nodes} nodes."
    return ""


def _more_failures(request: ChangeRequest, rollout: Rollout, cluster: Cluster) -> str:
    """Return that more jobs failed since than in as long a time before, or ""."""
    failures = failed_jobs(cluster, since=request.state_since)
    before = rollout.failed_jobs_before
    if failures <= before:
        return ""
    jobs = "job" if failures == 1 else "jobs"
    return f"{failures} {jobs} failed since the release, {before} in the same time before."


def _task(request: ChangeRequest, cluster: Cluster) -> Doubt | None:
    """Run the task, once per request and start of the cluster, and say how it ended."""
    command, files = request.environment.verify_command, {}
    if not command:
        command, files = _TASK.entrypoint(_TASK_VALUES), {_TASK.script: _TASK.source()}
    try:
        job = submit_command(
            cluster,
            command,
            files=files,
            workload=VERIFICATION,
            submission_id=f"mobula-verify-{request.pk}",
            purpose=f"Verifies {request.version}",
            by=None,
        )
    except ServiceError as refusal:
        return Doubt(words=refusal.message)
    if not job.is_over:
        return Doubt(words="Its verification task has not ended yet.")
    if job.status == "SUCCEEDED":
        return None
    why = f": {job.message}" if job.message else "."
    return Doubt(words=f"Its verification task {job.status.lower()}{why}", final=True)
