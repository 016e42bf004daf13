"""Replace the nodes that run with settings of an earlier version; pause, and resume."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters.models import Cluster
from clusters.nodes.outdated import outdated_of
from clusters.queries.replacement import last_replacement, replacement_of
from clusters.services.locking import locked, require_live
from clusters.services.waking import wake
from clusters.transitions import note
from domain.events import EventKind
from domain.lifecycle import NodeState


@transaction.atomic
def replace_outdated(cluster: Cluster, *, by: User) -> None:
    """Replace the nodes that run with settings of an earlier version, step by step.

    What was paused goes on where it stopped.
    """
    current = locked(cluster, operator=by)
    require_live(current, to="update")
    require_usable(current.cloud, team=current.team)  # else nothing would take their place
    if not begin_replacement(current, by=by):
        raise WrongState(f"All nodes of {cluster} run with the settings of {current.version}.")
    wake(cluster)


@transaction.atomic
def begin_replacement(cluster: Cluster, *, by: User) -> bool:
    """Have outdated nodes replaced from the next pass on; return whether there are any."""
    require(may(by, Action.OPERATE, team=cluster.team))
    nodes = cluster.nodes.exclude(state=NodeState.TERMINATED).select_related("group")
    outdated = outdated_of(cluster, nodes)
    if not outdated or cluster.replacing_since:
        return bool(outdated)
    Cluster.objects.filter(pk=cluster.pk).update(replacing_since=now())
    begun = last_replacement(cluster)
    names = sorted({*outdated, *(begun.nodes if begun else ())})
    words = "Resumed replacing" if begun else "Replacing"
    note(
        cluster,
        f"{words} {len(outdated)} outdated node{'' if len(outdated) == 1 else 's'}.",
        kind=EventKind.CLUSTER_REPLACEMENT_STARTED,
        fields={"nodes": names, "version": str(cluster.version)},
        by=by,
    )
    _record(cluster, "cluster.replacement_started", names, by)
    return True


@transaction.atomic
def pause_replacement(cluster: Cluster, *, by: User) -> None:
    """Let the nodes that have not been replaced yet run on. A second call changes nothing."""
    require(may(by, Action.OPERATE, team=cluster.team))
    rows = Cluster.objects.filter(pk=cluster.pk, replacing_since__isnull=False)
    if not rows.update(replacing_since=None):
        return
    progress = replacement_of(cluster, list(cluster.nodes.exclude(state=NodeState.TERMINATED)))
    message = "Replacement of outdated nodes paused."
    fields: dict[str, object] = {}
    if progress:
        message = f"Replacement paused: {progress.words}."
        fields = {"replaced": progress.replaced, "nodes": progress.total}
    note(cluster, message, kind=EventKind.CLUSTER_REPLACEMENT_ENDED, fields=fields, by=by)
    _record(cluster, "cluster.replacement_paused", [], by)


def _record(cluster: Cluster, action: str, nodes: list[str], by: User) -> None:
    after = {"nodes": nodes} if nodes else None
    record(action, actor=by, team=cluster.team, subject=cluster, after=after)
