"""Look for nodes that could go, look again, then recommend it or carry it out, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now

from clusters.agent_report import has_fresh_report
from clusters.leases import renew
from clusters.models import Cluster, Consolidation, Group, Node, ScalingDecision
from clusters.nodes.config import configuration_of
from clusters.nodes.drain import drain
from clusters.nodes.rows import add_nodes
from clusters.scaling import decisions
from clusters.scaling.node_work import may_hold_actors
from clusters.transitions import note
from domain.configuration.spec import ComputeConfig
from domain.configuration.spec import ConsolidationMode as Mode
from domain.events import EventKind
from domain.lifecycle import EndCause, NodeState
from domain.planner import PlanRequest
from domain.planner.consolidation.proposals import (
    MOST_NODES,
    Findings,
    Proposal,
    consolidation,
)
from domain.planner.consolidation.score import Weights
from domain.planner.consolidation.trial import tried

# A proposal must still be found after so long before anything comes of it.
RECHECK_TIME = timedelta(seconds=15)
# Work that was moved is reported within so long: until then, where it will go counts as needed.
SETTLE_TIME = timedelta(seconds=10)
# The same recommendation is noted once in so long, and what is not worth it once in so long.
RECOMMEND_TIME, KEEP_TIME = timedelta(hours=1), timedelta(days=1)

_LEAVING = {NodeState.DRAINING, NodeState.TERMINATING}
_NOTHING: dict[str, Any] = {
    "proposal": {},
    "since": None,
    "acting_since": None,
    "drained_at": None,
    "replacement": None,
}


def last_look(cluster: Cluster) -> Consolidation | None:
    """Return what the last look at this run of the cluster found."""
    row: Consolidation | None = getattr(cluster, "consolidation", None)
    return row if row is not None and row.run == cluster.run else None


def takers(last: Consolidation | None) -> set[str]:
    """Return the nodes to which work is being moved: they must not go, though they idle."""
    if last is None or last.acting_since is None:
        return set()
    return {*last.proposal["takers"], last.proposal.get("replacement", "")}


def forget(last: Consolidation | None) -> None:
    """Drop a proposal: what it was found in has changed."""
    if last is not None and last.proposal:
        _update(last, **_NOTHING)


def propose(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: list[Node],
    request: PlanRequest,
    last: Consolidation | None,
    *,
    most: int | None,
) -> list[Node]:
    """Look once; return the live nodes, a replacement included."""
    config = configuration_of(cluster)
    found = _found(config, request, most=most)
    row = _stored(cluster, last, found)
    proposal = found.proposal
    if proposal is None:
        _note_kept(cluster, found)
        return nodes
    if row.since is None or now() - row.since < RECHECK_TIME:
        return nodes
    if _may_act(config, proposal.group, nodes):
        return _begin(cluster, groups, nodes, row, proposal)
    _recommend(cluster, row, proposal)
    return nodes


def advance(
    cluster: Cluster,
    nodes: list[Node],
    request: PlanRequest,
    row: Consolidation,
    *,
    most: int | None,
) -> None:
    """Carry on with the proposal that is being carried out."""
    going = [node for node in nodes if node.name in row.proposal["nodes"]]
    if row.drained_at is not None:
        _end_when_settled(cluster, row, going)
        return
    new = next((node for node in nodes if node.pk == row.replacement_id), None)
    if new is None or new.state in _LEAVING:
        _abandon(cluster, row, nodes, why="the new node did not come")
    elif new.state == NodeState.READY and has_fresh_report(cluster):
        why = _changed(request, row, going, most=most)
        if why:
            _abandon(cluster, row, nodes, why=why)
        else:
            _drain(cluster, row, going)


def weights() -> Weights:
    """Return what disruption is measured with on this installation."""
    return Weights(**settings.DISRUPTION_WEIGHTS)


def move_time() -> timedelta:
    """Return how long what a node does has to end by itself before it is moved."""
    return timedelta(seconds=settings.MOVE_SECONDS)


def _found(config: ComputeConfig, request: PlanRequest, *, most: int | None) -> Findings:
    modes = {group.name: config.consolidation_of(group.name) for group in request.groups}
    if all(mode is Mode.OFF for mode in modes.values()):
        return Findings()
    limit = MOST_NODES if most is None else most
    return consolidation(request, modes=modes, weights=weights(), most=limit)


def _may_act(config: ComputeConfig, group: str, nodes: Sequence[Node]) -> bool:
    """Actors may hold state that nobody can move: there, only the group's own word counts."""
    if config.consolidation_of(group) is not Mode.ACT:
        return False
    if config.settings_of(group).consolidation is Mode.ACT:
        return True
    return not any(node.group.name == group and may_hold_actors(node) for node in nodes)


def _stored(cluster: Cluster, last: Consolidation | None, found: Findings) -> Consolidation:
    proposal = _as_json(found.proposal) if found.proposal else {}
    same = last is not None and bool(proposal) and _key(last.proposal) == _key(proposal)
    moment = now()
    row, _ = Consolidation.objects.update_or_create(
        cluster=cluster,
        defaults={
            **_NOTHING,
            "run": cluster.run,
            "looked_at": moment,
            "proposal": proposal,
            "since": last.since if same and last else (moment if proposal else None),
            "stays": dict(found.stays),
        },
    )
    return row


def _as_json(proposal: Proposal) -> dict[str, Any]:
    launch = proposal.launch
    return {
        "group": proposal.group,
        "nodes": list(proposal.nodes),
        "takers": list(proposal.takers),
        "machine": [launch.group, launch.instance_type, launch.market, launch.zone]
        if launch
        else [],
        "savings_usd": str(proposal.savings_usd),
        "score": asdict(proposal.score),
        "sentence": proposal.sentence,
    }


def _key(proposal: Mapping[str, Any]) -> tuple[object, ...]:
    """What makes two proposals the same."""
    return tuple(proposal.get("nodes", ())), tuple(proposal.get("machine", ()))


def _begin(
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
    group = next(one for one in groups if one.name == proposal.launch.group)
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
        _update(row, proposal=doing, acting_since=now(), replacement=new)
    return [*nodes, new]


def _changed(
    request: PlanRequest, row: Consolidation, going: Sequence[Node], *, most: int | None
) -> str:
    """Return why the nodes may not go any more, as part of a sentence; "" if they may."""
    if len(going) < len(row.proposal["nodes"]) or any(n.state in _LEAVING for n in going):
        return "one of them goes already"
    if most is not None and most < len(going):
        return "blocked by a disruption budget"
    trial = tried(request, {node.name for node in going})
    if trial.why or trial.launch:
        return trial.why or "there is more work now"
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
    _update(row, acting_since=row.acting_since or now(), drained_at=now())


def _end_when_settled(cluster: Cluster, row: Consolidation, going: Sequence[Node]) -> None:
    """The nodes are gone, or Ray kept them: then what was to take their work is free again."""
    if any(node.state in _LEAVING for node in going):
        return
    ended = cluster.nodes.filter(name__in=row.proposal["nodes"]).aggregate(at=Max("ended_at"))
    if ended["at"] is None or now() - ended["at"] > SETTLE_TIME:
        _update(row, **_NOTHING)


@transaction.atomic
def _abandon(cluster: Cluster, row: Consolidation, nodes: Sequence[Node], *, why: str) -> None:
    renew(cluster)
    labels = {node.name: node.label for node in nodes}
    names = ", ".join(labels.get(name, name) for name in row.proposal["nodes"])
    fields = {"nodes": row.proposal["nodes"], "why": why}
    message = f"Consolidation of {names} canceled: {why}."
    note(cluster, message, kind=EventKind.CONSOLIDATION_CANCELED, fields=fields)
    _update(row, **_NOTHING)


def _recommend(cluster: Cluster, row: Consolidation, proposal: Proposal) -> None:
    recent = cluster.decisions.filter(
        kind=ScalingDecision.Kind.RECOMMEND, at__gt=now() - RECOMMEND_TIME
    ).values_list("demand__asked", flat=True)
    if _key(row.proposal) in {_key(one) for one in recent}:
        return
    decisions.decide(
        cluster,
        ScalingDecision.Kind.RECOMMEND,
        reason=proposal.sentence,
        asked=row.proposal,
        group=proposal.group,
        count=len(proposal.nodes),
    )


def _note_kept(cluster: Cluster, found: Findings) -> None:
    """Say once in a while what comes closest to being worth it."""
    kept = ScalingDecision.Kind.KEEP
    if not found.closest or cluster.decisions.filter(kind=kept, at__gt=now() - KEEP_TIME).exists():
        return
    decisions.decide(cluster, kept, reason=found.closest, asked={})


def _update(row: Consolidation, **fields: Any) -> None:
    Consolidation.objects.filter(pk=row.pk).update(**fields)
    for name, value in fields.items():
        setattr(row, name, value)
