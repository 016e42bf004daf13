"""Replace outdated nodes one after another, as far as the disruption budgets let them go."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from clusters.leases import renew
from clusters.models import Cluster, Node, ScalingDecision
from clusters.nodes.config import configuration_of
from clusters.nodes.drain import drain
from clusters.nodes.outdated import outdated_of
from clusters.scaling import decisions
from clusters.scaling.budgets import left_to_go
from clusters.scaling.consolidation.policy import move_time
from clusters.transitions import note
from domain.configuration.diff import Change, sentence
from domain.configuration.spec import Disruption
from domain.events import EventKind
from domain.lifecycle import EndCause, NodeState
from domain.planner import Plan

# Without a budget that says more: the next one goes when the one before has been replaced.
AT_A_TIME = 1
MOST_CHANGES = 3


def replace_next(cluster: Cluster, nodes: Sequence[Node], answer: Plan) -> bool:
    """Drain the next outdated nodes, idle ones first; return whether any is still there.

    The plan launches what takes their place: so each step waits until every node is ready.
    """
    outdated = outdated_of(cluster, nodes)
    if not outdated:
        return any(node.state != NodeState.READY for node in nodes) or _end(cluster)
    if answer.launches or any(node.state != NodeState.READY for node in nodes):
        return True
    budget = left_to_go(configuration_of(cluster), nodes, reason=Disruption.OUTDATED)
    most = AT_A_TIME if budget is None else budget
    going = [node for node in nodes if node.name in outdated]
    going.sort(key=lambda node: (node.idle_since is None, node.pk))
    for node in going[:most]:
        _replace(cluster, node, outdated[node.name])
    return True


@transaction.atomic
def _replace(cluster: Cluster, node: Node, changes: Sequence[Change]) -> None:
    renew(cluster)
    named = "; ".join(sentence(change) for change in changes[:MOST_CHANGES])
    more = len(changes) - MOST_CHANGES
    reason = f"{node.label} is outdated: {named}{f'; and {more} more' if more > 0 else ''}."
    decision = decisions.decide(
        cluster,
        ScalingDecision.Kind.REPLACE,
        reason=reason,
        asked={"node": node.name, "changes": [sentence(change) for change in changes]},
        group=node.group.name,
    )
    drain(
        node,
        decision=decision,
        reason=reason,
        cause=EndCause.OUTDATED,
        idle=node.idle_since is not None,
        time=move_time(),
    )


def _end(cluster: Cluster) -> bool:
    """Note that nothing is left to be replaced; return False."""
    rows = Cluster.objects.filter(pk=cluster.pk, replacing_since__isnull=False)
    if rows.update(replacing_since=None):
        message = "All outdated nodes have been replaced."
        note(cluster, message, kind=EventKind.CLUSTER_REPLACEMENT_ENDED)
    return False
