"""Carry out a proposal step by step: the replacement comes, then the nodes go."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now

from clusters.agent_report import has_fresh_report
from clusters.leases import renew
from clusters.models import Cluster, Consolidation, Group, Node, ScalingDecision
from clusters.nodes.drain import drain
from clusters.nodes.rows import add_nodes
from clusters.scaling import decisions
from clusters.scaling.consolidation.policy import SETTLE_TIME, move_time
from clusters.scaling.consolidation.record import forget, move
from clusters.scaling.planning import Planning
from clusters.transitions import note
from domain.events import EventKind
from domain.lifecycle import LEAVING_NODE_STATES, ConsolidationState, EndCause, NodeState
from domain.planner import PlanRequest
from domain.planner.consolidation.proposals import Proposal
from domain.planner.consolidation.trial import tried


def advance(
    cluster: Cluster,
    nodes: list[Node],
    request: PlanRequest,
    row: Consolidation,
    planning: Planning,
    *,
    most: int | None,
) -> None:
    """Carry on with the proposal that is being carried out."""
    going = [node for node in nodes if node.name in row.proposal["nodes"]]
    if row.state == ConsolidationState.DRAINING:
        _end_when_settled(cluster, row, going)
        return
    new = next((node for node in nodes if node.pk == row.replacement_id), None)
    if new is None or new.state in LEAVING_NODE_STATES:
        _abandon(cluster, row, nodes, why="the replacement node did not start")
    elif new.state == NodeState.READY and has_fresh_report(cluster):
        why = planning.ask(lambda: _changed(request, row, going, most=most))
        if why:
            _abandon(cluster, row, nodes, why=why)
        else:
            _drain(cluster, row, going)


def begin(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: list[Node],
    row: Consolidation,
    proposal: Proposal,
) -> list[Node]:
    """Ask for the replacement, or drain at once where none is needed."""
    going = [node for node in nodes if node.name in proposal.nodes]
    if proposal.launch is None:
        _drain(cluster, row, going)
        return nodes
    group = next(group for group in groups if group.name == proposal.launch.group)
    with transaction.atomic():
        renew(cluster)  # locks the cluster before its nodes, as a report does: no deadlock
        decision = decisions.decide(
            cluster,
            ScalingDecision.Kind.LAUNCH,
            reason=row.proposal["sentence"],
            asked=decisions.asked(proposal.launch),
            group=group.name,
        )
        [new] = add_nodes(cluster, group, count=1, decision=decision, launch=proposal.launch)
        doing = {**row.proposal, "replacement": new.name}
        move(row, ConsolidationState.REPLACING, proposal=doing, replacement=new)
    return [*nodes, new]


def _changed(
    request: PlanRequest, row: Consolidation, going: Sequence[Node], *, most: int | None
) -> str:
    """Return why the nodes may not go any more, as part of a sentence; "" if they may."""
    leaving = any(node.state in LEAVING_NODE_STATES for node in going)
    if leaving or len(going) < len(row.proposal["nodes"]):
        return "one of its nodes is already draining"
    if most is not None and most < len(going):
        return "blocked by a disruption budget"
    trial = tried(request, {node.name for node in going})
    if trial.why or trial.launch:
        return trial.why or "pending demand has increased"
    return ""


@transaction.atomic
def _drain(cluster: Cluster, row: Consolidation, going: Sequence[Node]) -> None:
    renew(cluster)
    reason = row.proposal["sentence"]
    decision = decisions.decide(
        cluster,
        ScalingDecision.Kind.CONSOLIDATE,
        reason=reason,
        asked=row.proposal,
        group=row.proposal["group"],
        count=len(going),
    )
    for node in going:
        drain(
            node,
            decision=decision,
            reason=reason,
            cause=EndCause.CONSOLIDATED,
            idle=node.idle_since is not None,
            time=move_time(),
        )
    move(row, ConsolidationState.DRAINING)


def _end_when_settled(cluster: Cluster, row: Consolidation, going: Sequence[Node]) -> None:
    """The nodes are gone, or Ray kept them: then what was to take their work is free again."""
    if any(node.state in LEAVING_NODE_STATES for node in going):
        return
    ended = cluster.nodes.filter(name__in=row.proposal["nodes"]).aggregate(at=Max("ended_at"))
    if ended["at"] is None or now() - ended["at"] > SETTLE_TIME:
        forget(row)


@transaction.atomic
def _abandon(cluster: Cluster, row: Consolidation, nodes: Sequence[Node], *, why: str) -> None:
    renew(cluster)
    labels = {node.name: node.label for node in nodes}
    names = ", ".join(labels.get(name, name) for name in row.proposal["nodes"])
    fields = {"nodes": row.proposal["nodes"], "why": why}
    message = f"Consolidation of {names} canceled: {why}."
    note(cluster, message, kind=EventKind.CONSOLIDATION_CANCELED, fields=fields)
    forget(row)
