"""Begin to replace the nodes that run with settings of an earlier version."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.models import User
from accounts.services import record
from clusters.models import Cluster
from clusters.nodes.outdated import outdated_of
from clusters.queries.replacement import last_replacement
from clusters.transitions import note
from domain.events import EventKind
from domain.lifecycle import NodeState


@transaction.atomic
def begin_replacement(cluster: Cluster, *, by: User | None) -> bool:
    """Have outdated nodes replaced from the next pass on; return whether there are any."""
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
    record(
        "cluster.replacement_started",
        actor=by,
        team=cluster.team,
        subject=cluster,
        after={"nodes": names},
    )
    return True
