"""Ask the planner, write its decisions and nodes down, and carry them out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from clusters.agent_report import current_demand
from clusters.leases import renew
from clusters.models import Cluster, Command, Group, Node, ScalingDecision
from clusters.nodes.drain import drain
from clusters.nodes.rows import add_nodes, planned_rows
from clusters.scaling import decisions, disruption
from clusters.scaling.consolidation.record import last_look, takers
from clusters.scaling.plan_request import request_for
from clusters.scaling.planning import Planning
from clusters.scaling.strategies.floors import floors_of
from clusters.scaling.waits import note_waits
from domain.lifecycle import EndCause, NodeRole
from domain.planner import Drain, Launch, Plan, PlanRequest, plan

# A node that Ray wanted to keep is left in peace for so long.
REFUSAL_TIME = timedelta(seconds=30)


def scale(cluster: Cluster, nodes: list[Node], planning: Planning) -> list[Node]:
    """Plan once and write the outcome down; return the live nodes, new ones included.

    Raises PlanningTimedOut before anything is written.
    """
    groups = list(cluster.groups.all())
    floors = floors_of(cluster, groups, nodes, current_demand(cluster), moment=now())
    request = request_for(cluster, groups, nodes, floors=floors)
    answer = planning.ask(lambda: plan(request))
    last = last_look(cluster)
    taken = answer
    if staying := _staying(cluster, answer.drains, kept=takers(last)):
        # Others go in their place: what a budget allows is not used up by nodes that stay.
        busy = _with_busy(request, staying)
        taken = planning.ask(lambda: plan(busy))
    if taken.drains or taken.launches or taken.unserved or taken.placements:
        nodes = _write(cluster, groups, nodes, taken)
    note_waits(cluster, request, taken)
    planning.found_nothing = _is_nothing(request, answer) and taken.is_empty
    return disruption.disrupt(cluster, groups, nodes, request, answer, planning=planning, last=last)


def _is_nothing(request: PlanRequest, answer: Plan) -> bool:
    demand = request.demand
    return answer.is_empty and not (answer.unserved or demand.shapes or demand.gangs)


def _write(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: list[Node],
    answer: Plan,
) -> list[Node]:
    with transaction.atomic():
        renew(cluster)  # locks the cluster before its nodes, as a report does: no deadlock
        decisions.note_unserved(cluster, answer.unserved)
        _note_placements(nodes, answer)
        by_name = {node.name: node for node in nodes}
        for item in answer.drains:
            _drain(cluster, by_name[item.node], item)
        for launch in answer.launches:
            group = next(g for g in groups if g.name == launch.group)
            nodes = [*nodes, *_write_nodes(cluster, group, launch)]
    return nodes


def _note_placements(nodes: Sequence[Node], answer: Plan) -> None:
    """Keep what each node is to take: the next plan puts the same there, and launches nothing."""
    changed = []
    for node in nodes:
        planned = planned_rows(answer.placements.get(node.name, ()))
        if node.role == NodeRole.WORKER and planned and planned != node.planned:
            node.planned = planned
            changed.append(node)
    Node.objects.bulk_update(changed, ["planned"])


def _staying(
    cluster: Cluster, drains: Sequence[Drain], *, kept: Collection[str]
) -> Collection[str]:
    """Return the nodes that work moves to, or that Ray wanted to keep, if idle ones of them go."""
    idle = {item.node for item in drains if item.idle}
    if not idle:
        return ()
    refused = cluster.commands.filter(
        kind=Command.Kind.DRAIN, ok=False, finished_at__gt=now() - REFUSAL_TIME
    ).values_list("node__name", flat=True)
    staying = {*kept, *refused}
    return staying if idle & staying else ()


def _with_busy(request: PlanRequest, names: Collection[str]) -> PlanRequest:
    """Return the request with those nodes as ones that do not idle."""
    nodes = (
        replace(node, idle_seconds=None) if node.name in names else node for node in request.nodes
    )
    return replace(request, nodes=tuple(nodes))


def _write_nodes(cluster: Cluster, group: Group, launch: Launch) -> list[Node]:
    decision = decisions.decide(
        cluster,
        ScalingDecision.Kind.LAUNCH,
        reason=launch.reason,
        asked=decisions.asked(launch),
        group=group.name,
        count=launch.count,
    )
    return add_nodes(cluster, group, count=launch.count, decision=decision, launch=launch)


def _drain(cluster: Cluster, node: Node, item: Drain) -> None:
    decision = decisions.decide(
        cluster,
        ScalingDecision.Kind.DRAIN,
        reason=item.reason,
        asked=decisions.asked(item),
        group=node.group.name,
    )
    cause = EndCause.IDLE if item.idle else EndCause.RESIZED
    drain(node, decision=decision, reason=item.reason, cause=cause, idle=item.idle)
