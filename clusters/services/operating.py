"""Resize, stop, start and terminate clusters, and hold their idle timer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from accounts.errors import Invalid, NotFound, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters import runs
from clusters.following import adopt_release
from clusters.models import Cluster, Group
from clusters.preflight import check_restart
from clusters.services.locking import held, locked
from clusters.services.waking import wake
from clusters.transitions import move_cluster, note
from clusters.updates.plan import require_live
from domain.events import EventKind
from domain.lifecycle import (
    LIVE_CLUSTER_STATES,
    ClusterState,
    ClusterTarget,
    NodeRole,
    NodeState,
)
from domain.limits import wrong_node_limits
from images.queries import why_not_launchable

HOLD_HOURS = (0, 1, 4, 24, 72)


@transaction.atomic
def resize_group(
    cluster: Cluster, *, group: str, min_nodes: int, max_nodes: int, by: User
) -> Group:
    """Give a group of a running cluster other limits, which the next plan follows; return it."""
    cluster = locked(cluster, operator=by)
    require_live(cluster, to="resize")
    # Compared here: PostgreSQL refuses some of the names that an address may hold.
    workers = cluster.groups.filter(role=NodeRole.WORKER)
    row = next((row for row in workers if row.name == group), None)
    if row is None:
        raise NotFound(f"{cluster} has no worker group '{group}'.")
    if wrong := wrong_node_limits(min_nodes, max_nodes):
        raise Invalid.at("min_nodes", wrong)
    if min_nodes > row.min_nodes or max_nodes > row.max_nodes:
        require_usable(cluster.cloud, team=cluster.team)
    before = {"min_nodes": row.min_nodes, "max_nodes": row.max_nodes}
    row.min_nodes, row.max_nodes = min_nodes, max_nodes
    row.save(update_fields=["min_nodes", "max_nodes"])
    note(
        cluster,
        f"Group {group} resized to {min_nodes}–{max_nodes} nodes.",
        kind=EventKind.CLUSTER_RESIZED,
        fields={"group": group, **_sizes(min_nodes, max_nodes), "before": before},
        by=by,
    )
    after = {"group": group, **_sizes(min_nodes, max_nodes)}
    _record(cluster, "cluster.resized", by, before={"group": group, **before}, after=after)
    wake(cluster)
    return row


def _sizes(min_nodes: int, max_nodes: int) -> dict[str, object]:
    return {"min_nodes": min_nodes, "max_nodes": max_nodes}


@transaction.atomic
def stop_cluster(cluster: Cluster, *, by: User) -> None:
    """Give all machines back and keep the cluster, so that it can be started again."""
    cluster = locked(cluster, operator=by)
    if cluster.state not in LIVE_CLUSTER_STATES:
        raise WrongState(f"{cluster} is {cluster.state}: only a running cluster can be stopped.")
    _aim(cluster, ClusterTarget.STOPPED)
    move_cluster(cluster, ClusterState.STOPPING, reason=f"Stopped by {by}.", by=by)
    _record(cluster, "cluster.stopped", by)
    wake(cluster)


def start_cluster(cluster: Cluster, *, by: User) -> None:
    """Bring a stopped or failed cluster up again, as a new run with new machines and tokens.

    One that follows a release starts with what its environment has now.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    adopt_release(cluster)  # asks the driver: no transaction yet
    _start(cluster, by=by)


@transaction.atomic
def _start(cluster: Cluster, *, by: User) -> None:
    cluster = locked(cluster, operator=by)
    if cluster.state not in {ClusterState.STOPPED, ClusterState.FAILED}:
        raise WrongState(f"{cluster} is {cluster.state}: only a stopped cluster can be started.")
    if cluster.replaced_by:
        raise WrongState(f"{cluster} was replaced by {cluster.replaced_by}. Use that one.")
    if cluster.nodes.exclude(state=NodeState.TERMINATED).exists():
        raise WrongState("Its machines are still terminating. Try again in a moment.")
    require_usable(cluster.cloud, team=cluster.team)
    if refusal := why_not_launchable(cluster.image_version):
        raise WrongState(refusal)
    runs.begin(cluster)
    _aim(cluster, ClusterTarget.RUNNING)
    move_cluster(cluster, ClusterState.STARTING, reason=f"Started by {by}.", by=by)
    _record(cluster, "cluster.started", by)
    wake(cluster)
    check_restart(cluster, asked_by=by)


@transaction.atomic
def terminate_cluster(cluster: Cluster, *, by: User, reason: str = "") -> None:
    """Give all machines back for good. A second call changes nothing."""
    _terminate(locked(cluster, operator=by), reason=reason, by=by)


@transaction.atomic
def end_cluster(cluster: Cluster, *, reason: str) -> None:
    """Terminate a cluster that has no purpose any more. A second call changes nothing."""
    if cluster.target != ClusterTarget.TERMINATED:
        _terminate(held(cluster), reason=reason, by=None)


def _terminate(cluster: Cluster, *, reason: str, by: User | None) -> None:
    is_ending = cluster.state in {ClusterState.TERMINATING, ClusterState.TERMINATED}
    if is_ending or cluster.target == ClusterTarget.TERMINATED:
        return
    _aim(cluster, ClusterTarget.TERMINATED)
    move_cluster(cluster, ClusterState.TERMINATING, reason=reason or f"Terminated by {by}.", by=by)
    _record(cluster, "cluster.terminated", by, reason=reason)
    wake(cluster)


@transaction.atomic
def hold_idle_timer(cluster: Cluster, *, hours: int, by: User) -> None:
    """Keep an idle cluster for so many hours more; 0 lets the timer run again."""
    cluster = locked(cluster, operator=by)
    if hours not in HOLD_HOURS:
        raise Invalid.at("hours", f"Select one of {', '.join(map(str, HOLD_HOURS))} hours.")
    until = now() + timedelta(hours=hours) if hours else None
    runs.write(cluster, Q(), hold_until=until)
    text = f"Idle timer paused for {hours} h." if hours else "Idle timer resumed."
    kind = EventKind.CLUSTER_IDLE_TIMER_PAUSED if hours else EventKind.CLUSTER_IDLE_TIMER_RESUMED
    note(cluster, text, kind=kind, fields={"hours": hours, "until": until}, by=by)
    _record(cluster, "cluster.idle_held", by, after={"hours": hours})
    wake(cluster)


def _aim(cluster: Cluster, target: ClusterTarget) -> None:
    """Write what is wanted; what made its passes slow may be over with it."""
    Cluster.objects.filter(pk=cluster.pk).update(target=target, slow_until=None, timeouts=0)
    cluster.target, cluster.slow_until = target, None


def _record(
    cluster: Cluster,
    action: str,
    by: User | None,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    record(
        action,
        actor=by,
        team=cluster.team,
        subject=cluster,
        before=dict(before) if before else None,
        after=dict(after) if after else None,
        reason=reason,
    )
