"""Bring the clusters that follow a release to its version, each as far as it can while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.timezone import now

from accounts.errors import ServiceError, WrongState
from clusters.following.adoption import moves_cloud
from clusters.models import Cluster, Job
from clusters.nodes.outdated import outdated_of
from clusters.queries.replacement import replacement_of
from clusters.updates.apply import apply_update
from clusters.updates.plan import is_live, plan_update
from domain.configuration.effects import Effect
from domain.failures import brief
from domain.lifecycle import ClusterState, ClusterTarget, NodeState
from promotions import progress
from promotions.models import ChangeRequest, Release, Rollout
from promotions.models.request import Strategy
from providers.base import ProviderError

LONGEST = timedelta(hours=6)
"""After that, what still runs with old settings fails the request."""

State = Rollout.State
ENDED = frozenset({State.FOLLOWING, State.WAITING, State.FAILED})
type Outcome = tuple[Rollout.State, str]


def followers_of(release: Release) -> Sequence[Cluster]:
    """Return the clusters, but for terminated ones, that follow what the environment has."""
    rows = Cluster.objects.filter(
        release__environment=release.environment, release__template=release.template
    ).exclude(state=ClusterState.TERMINATED)
    return list(
        rows.select_related("team", "cloud", "image_version", "run", "version__template").order_by(
            "name"
        )
    )


def bring(request: ChangeRequest) -> None:
    """Take every cluster that follows one step; tell the request once none is under way."""
    release = request.release
    clusters = {cluster.pk: cluster for cluster in followers_of(release)}
    rollouts = _rollouts(request, clusters.values())
    for rollout in rollouts:
        if rollout.state in ENDED or (request.paused_at and rollout.state == State.PENDING):
            continue
        cluster = clusters.get(rollout.cluster_id)
        outcome = _step(cluster, request, release) if cluster else _TERMINATED
        if outcome[0] == State.UPDATING and request.state_since < now() - LONGEST:
            hours = LONGEST // timedelta(hours=1)
            outcome = (State.FAILED, f"Not all nodes were replaced within {hours} hours.")
        rollout.state, rollout.detail = outcome[0], outcome[1][:500]
        rollout.save(update_fields=["state", "detail", "updated_at"])
    if all(rollout.state in ENDED for rollout in rollouts):
        failed = [r for r in rollouts if r.state == State.FAILED]
        progress.applied(request.pk, failures=[f"{r.cluster_name}: {r.detail}" for r in failed])


_TERMINATED: Outcome = (State.FOLLOWING, "It was terminated.")


def _rollouts(request: ChangeRequest, clusters: Iterable[Cluster]) -> list[Rollout]:
    since = now() - timedelta(minutes=max(request.environment.verify_minutes, 1))
    Rollout.objects.bulk_create(
        [
            Rollout(
                request=request,
                cluster_id=cluster.pk,
                cluster_name=cluster.name,
                failed_jobs_before=failed_jobs(cluster, since=since),
            )
            for cluster in clusters
        ],
        ignore_conflicts=True,
    )
    return list(request.rollouts.all())


def failed_jobs(cluster: Cluster, *, since: datetime) -> int:
    """Return how many jobs of the cluster have failed since."""
    return Job.objects.filter(cluster=cluster, status="FAILED", ended_at__gte=since).count()


def _step(cluster: Cluster, request: ChangeRequest, release: Release) -> Outcome:
    if cluster.target == ClusterTarget.TERMINATED:
        return _TERMINATED
    if cluster.version_id != release.version_id:
        return _update(cluster, request, release)
    if cluster.release_id != release.pk:
        Cluster.objects.filter(pk=cluster.pk).update(release=release)
    nodes = list(cluster.nodes.exclude(state=NodeState.TERMINATED).select_related("group"))
    if cluster.replacing_since and outdated_of(cluster, nodes):
        progress_so_far = replacement_of(cluster, nodes)
        return (State.UPDATING, f"{progress_so_far.words}." if progress_so_far else "")
    if not is_live(cluster):
        return (State.WAITING, f"Starts with {release.version}.")
    return (State.FOLLOWING, f"Runs {release.version}.")


def _update(cluster: Cluster, request: ChangeRequest, release: Release) -> Outcome:
    try:
        update = plan_update(cluster, version=release.version)
    except ServiceError as refusal:
        return (State.FAILED, " ".join(refusal.messages))
    except ProviderError as error:  # the others go on; this one is tried again
        state = State.PENDING if error.retryable else State.FAILED
        return (state, brief(str(error)))
    live = is_live(cluster)
    if moves_cloud(update.changes):
        reason = f"{release.version} runs on another cloud. Launch a new cluster for it."
        return (State.WAITING, reason)
    if live and update.needs_relaunch:
        return (State.WAITING, f"{update.needs_relaunch} It follows once it was stopped.")
    at_next_start = request.strategy == Strategy.NEXT_START and update.effect is not Effect.LIVE
    if live and at_next_start and update.effect is not None:
        return (State.WAITING, "It follows at its next start.")
    try:
        apply_update(cluster, update, replace=live, release=release, by=None)
    except WrongState as refusal:  # a user changed it in this moment: the next step sees how
        return (State.PENDING, refusal.message)
    return (State.UPDATING, f"Updated to {release.version}.")
