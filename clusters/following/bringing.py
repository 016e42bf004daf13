"""Bring the clusters that follow a release to its version, each as far as it can while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import ServiceError, WrongState
from clusters.following.adoption import moves_cloud
from clusters.following.switching import switch_back, switch_of, want_switch
from clusters.models import Cluster, Job, Switch
from clusters.nodes.outdated import outdated_of
from clusters.queries.replacement import replacement_of
from clusters.updates.apply import apply_update
from clusters.updates.plan import Update, is_live, plan_update
from domain.configuration.effects import Effect
from domain.failures import brief
from domain.lifecycle import ClusterState, ClusterTarget, NodeState
from domain.promotions.switches import SwitchState
from promotions import progress
from promotions.environments import newest
from promotions.models import ChangeRequest, Release, Rollout
from promotions.models.request import Strategy
from promotions.transitions import locked
from providers.base import ProviderError

LONGEST = timedelta(hours=6)
"""After that, what still runs with old settings fails the request."""

VERIFICATION = "verification"
"""The workload, in a job's metadata, of jobs by which Mobula verifies a release."""

State = Rollout.State
ENDED = frozenset({State.FOLLOWING, State.WAITING, State.FAILED})
type Outcome = tuple[Rollout.State, str]


def followers_of(release: Release) -> Sequence[Cluster]:
    """Return the clusters, but for terminated ones, that follow what the environment has."""
    rows = Cluster.objects.filter(
        release__environment=release.environment, release__template=release.template
    ).exclude(state=ClusterState.TERMINATED)
    return list(
        rows.select_related(
            *("team", "cloud", "image_version", "run", "version__template", "settings__environment")
        ).order_by("name")
    )


def bring(request: ChangeRequest) -> None:
    """Take every cluster that follows one step; tell the request once none is under way."""
    release = request.release
    with transaction.atomic():
        locked(request)  # a switch moves a cluster and its rollout at once: not between these
        clusters = {cluster.pk: cluster for cluster in followers_of(release)}
        rollouts = _rollouts(request, clusters.values())
    for rollout in rollouts:
        if rollout.state in ENDED or (request.paused_at and rollout.state == State.PENDING):
            continue
        cluster = clusters.get(rollout.cluster_id)
        outcome = _step(cluster, request, release) if cluster else _TERMINATED
        if outcome[0] == State.UPDATING and request.state_since < now() - LONGEST:
            hours = LONGEST // timedelta(hours=1)
            outcome = (State.FAILED, f"It did not follow within {hours} hours. {outcome[1]}")
        rollout.state, rollout.detail = outcome[0], outcome[1][:500]
        # Not where another cluster took over meanwhile: that wrote what is so now.
        request.rollouts.filter(pk=rollout.pk, cluster_id=rollout.cluster_id).update(
            state=rollout.state, detail=rollout.detail, updated_at=now()
        )
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
    """Return how many jobs of the cluster have failed since, without those that verified it."""
    failed = Job.objects.filter(cluster=cluster, status="FAILED", ended_at__gte=since)
    return failed.exclude(metadata__contains={"workload": VERIFICATION}).count()


def _step(cluster: Cluster, request: ChangeRequest, release: Release) -> Outcome:
    if cluster.target == ClusterTarget.TERMINATED:
        return _TERMINATED
    settings = newest(cluster.settings, request.settings)
    if (cluster.version_id, cluster.settings) != (release.version_id, settings):
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
    if request.rolls_back_id and switch_back(request, cluster, release):
        return (State.FOLLOWING, f"Switched back to {release.version}.")
    switch = switch_of(request, cluster)
    # One that is not needed since the cluster was stopped: that follows as any other.
    if switch and (is_live(cluster) or switch.state != SwitchState.CANCELED):
        return _outcome_of(switch)
    try:
        settings = newest(cluster.settings, request.settings)
        update = plan_update(cluster, version=release.version, settings=settings)
    except ServiceError as refusal:
        return (State.FAILED, " ".join(refusal.messages))
    except ProviderError as error:  # the others go on; this one is tried again
        state = State.PENDING if error.retryable else State.FAILED
        return (state, brief(str(error)))
    live = is_live(cluster)
    if live and request.strategy == Strategy.SWITCH and _needs_new_cluster(update):
        wanted = want_switch(request, cluster)
        return _outcome_of(wanted) if wanted else (State.PENDING, _NOT_YET)
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


_NOT_YET = "A new cluster is launched beside it once the request goes on and earlier ones are gone."


def _needs_new_cluster(update: Update) -> bool:
    """Whether a cluster that runs cannot follow without new nodes, a new head, or another cloud."""
    return bool(update.needs_relaunch) or update.effect not in {None, Effect.LIVE}


def _outcome_of(switch: Switch) -> Outcome:
    if switch.state in {SwitchState.FAILED, SwitchState.CANCELED}:
        return (State.FAILED, switch.detail)
    return (State.UPDATING, switch.detail)
