"""Replace the nodes that run with settings of an earlier version; pause, and resume."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters.models import Cluster
from clusters.queries.replacement import replacement_of
from clusters.services.locking import locked
from clusters.services.waking import wake
from clusters.transitions import note
from clusters.updates.plan import require_live
from clusters.updates.replacing import begin_replacement
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
    record("cluster.replacement_paused", actor=by, team=cluster.team, subject=cluster)
