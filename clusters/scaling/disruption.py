"""What a pass takes away beside idle nodes: outdated ones, by consolidation, for spot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from clouds.access import has_cloud
from clusters.agent_report import has_fresh_report
from clusters.leases import renew
from clusters.models import Cluster, Consolidation, Group, Node, ScalingDecision
from clusters.nodes.config import configuration_of
from clusters.nodes.drain import drain
from clusters.scaling import decisions
from clusters.scaling.budgets import left_to_go
from clusters.scaling.consolidation.policy import move_time
from clusters.scaling.consolidation.proposing import propose
from clusters.scaling.consolidation.record import forget, is_acting
from clusters.scaling.consolidation.steps import advance
from clusters.scaling.planning import Planning
from clusters.scaling.replacement import replace_next
from clusters.scaling.spot_return import spot_returns
from domain.configuration.spec import Disruption
from domain.lifecycle import EndCause, NodeRole, NodeState
from domain.offerings import Market
from domain.planner import Plan, PlanRequest
from domain.planner.mixing import on_demand_wanted
from domain.spot_return import Return

# A look costs some plans: once in so long is enough.
LOOK_TIME = timedelta(seconds=10)


def disrupt(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: list[Node],
    request: PlanRequest,
    answer: Plan,
    *,
    planning: Planning,
    last: Consolidation | None,
) -> list[Node]:
    """Take away what is worth it, within the budgets; return the live nodes, new ones included."""
    if not has_cloud(cluster):
        forget(last)
        return nodes  # nothing could take their place
    if last is not None and is_acting(last):
        most = _most(cluster, nodes, Disruption.CONSOLIDATION)
        advance(cluster, nodes, request, last, planning, most=most)
        return nodes
    if cluster.replacing_since and replace_next(cluster, nodes, answer):
        forget(last)
        return nodes
    if not _is_quiet(cluster, nodes, request, answer):
        forget(last)
        return nodes
    if last is not None and now() - last.looked_at < LOOK_TIME:
        return nodes
    most = _most(cluster, nodes, Disruption.CONSOLIDATION)
    after = propose(cluster, groups, nodes, request, last, planning, most=most)
    if all(node.state == NodeState.READY for node in after):
        _return_to_spot(cluster, after, request)
    return after


def _is_quiet(cluster: Cluster, nodes: Sequence[Node], request: PlanRequest, answer: Plan) -> bool:
    """Return whether nothing waits, comes or goes, and what is known is known of now."""
    demand = request.demand
    return (
        answer.is_empty
        and not (answer.unserved or demand.shapes or demand.gangs)
        and all(node.state == NodeState.READY for node in nodes)
        and has_fresh_report(cluster)
    )


def _most(cluster: Cluster, nodes: Sequence[Node], reason: Disruption) -> int | None:
    return left_to_go(configuration_of(cluster), nodes, reason=reason)


def _return_to_spot(cluster: Cluster, nodes: Sequence[Node], request: PlanRequest) -> None:
    """Drain one node, the one that gains the most; the next one follows when it is replaced."""
    by_name = {node.name: node for node in nodes}
    wanted = [
        item
        for item in spot_returns(cluster, nodes)
        if not _is_floor(by_name[item.node], nodes, request)
    ]
    most = _most(cluster, nodes, Disruption.SPOT_RETURN) if wanted else 0
    if wanted and most != 0:
        _give_back(cluster, by_name[wanted[0].node], wanted[0])


def _is_floor(node: Node, nodes: Sequence[Node], request: PlanRequest) -> bool:
    """An on-demand node of the group's floor would come back as one."""
    group = next((other for other in request.groups if other.name == node.group.name), None)
    own = [n for n in nodes if n.role == NodeRole.WORKER and n.group_id == node.group_id]
    on_demand = sum(other.market == Market.ON_DEMAND for other in own)
    return group is None or on_demand <= on_demand_wanted(group, nodes=len(own))


@transaction.atomic
def _give_back(cluster: Cluster, node: Node, item: Return) -> None:
    renew(cluster)
    decision = decisions.decide(
        cluster,
        ScalingDecision.Kind.SPOT_RETURN,
        reason=item.sentence,
        asked={"node": item.node, "gain_usd": str(item.gain_usd)},
        group=node.group.name,
    )
    drain(
        node,
        decision=decision,
        reason=item.sentence,
        cause=EndCause.SPOT_RETURN,
        idle=node.idle_since is not None,
        time=move_time(),
    )
