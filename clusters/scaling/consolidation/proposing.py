"""Look for nodes that could go, look again, then recommend it or begin to carry it out."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.timezone import now

from clusters.models import Cluster, Consolidation, Group, Node, ScalingDecision
from clusters.nodes.config import configuration_of
from clusters.scaling import decisions
from clusters.scaling.consolidation.policy import (
    KEEP_TIME,
    RECOMMEND_TIME,
    may_act,
    weights,
)
from clusters.scaling.consolidation.record import key, note_look
from clusters.scaling.consolidation.steps import begin
from clusters.scaling.planning import Planning
from domain.configuration.spec import ComputeConfig
from domain.configuration.spec import ConsolidationMode as Mode
from domain.lifecycle import ConsolidationState
from domain.planner import PlanRequest
from domain.planner.consolidation.proposals import (
    MOST_NODES,
    Findings,
    Proposal,
    consolidation,
)


def propose(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: list[Node],
    request: PlanRequest,
    last: Consolidation | None,
    planning: Planning,
    *,
    most: int | None,
) -> list[Node]:
    """Look once; return the live nodes, a replacement included."""
    config = configuration_of(cluster)
    findings = planning.ask(lambda: _findings(config, request, most=most))
    row = note_look(cluster, last, findings)
    proposal = findings.proposal
    if proposal is None:
        _note_kept(cluster, findings)
        return nodes
    if row.state != ConsolidationState.CONFIRMED:
        return nodes
    if may_act(config, proposal.group, nodes):
        return begin(cluster, groups, nodes, row, proposal)
    _recommend(cluster, row, proposal)
    return nodes


def _findings(config: ComputeConfig, request: PlanRequest, *, most: int | None) -> Findings:
    modes = {group.name: config.consolidation_of(group.name) for group in request.groups}
    if all(mode is Mode.OFF for mode in modes.values()):
        return Findings()
    limit = MOST_NODES if most is None else most
    return consolidation(request, modes=modes, weights=weights(), most=limit)


def _recommend(cluster: Cluster, row: Consolidation, proposal: Proposal) -> None:
    recent = cluster.decisions.filter(
        kind=ScalingDecision.Kind.RECOMMEND, at__gt=now() - RECOMMEND_TIME
    ).values_list("demand__asked", flat=True)
    if key(row.proposal) in {key(noted) for noted in recent}:
        return
    decisions.decide(
        cluster,
        ScalingDecision.Kind.RECOMMEND,
        reason=proposal.sentence,
        asked=row.proposal,
        group=proposal.group,
        count=len(proposal.nodes),
    )


def _note_kept(cluster: Cluster, findings: Findings) -> None:
    """Say once in a while what comes closest to being worth it."""
    kept = ScalingDecision.Kind.KEEP
    recent = cluster.decisions.filter(kind=kept, at__gt=now() - KEEP_TIME)
    if findings.closest and not recent.exists():
        decisions.decide(cluster, kept, reason=findings.closest, asked={})
