"""The row of a run's consolidation: the only module that writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.timezone import now

from clusters.models import Cluster, Consolidation
from clusters.scaling.consolidation.policy import RECHECK_TIME
from clusters.transitions import StateChanged
from domain.lifecycle import (
    ACTING_CONSOLIDATION_STATES,
    ConsolidationState,
    check_consolidation_move,
)
from domain.planner.consolidation.proposals import Findings, Proposal


def last_look(cluster: Cluster) -> Consolidation | None:
    """Return what the last look at this run of the cluster found."""
    row: Consolidation | None = getattr(cluster.run, "consolidation", None)
    return row


def is_acting(last: Consolidation | None) -> bool:
    """Return whether a proposal is being carried out."""
    return last is not None and last.state in ACTING_CONSOLIDATION_STATES


def takers(last: Consolidation | None) -> set[str]:
    """Return the nodes to which work is being moved: they must not go, though they idle."""
    if last is None or not is_acting(last):
        return set()
    return {*last.proposal["takers"], last.proposal.get("replacement", "")}


def forget(last: Consolidation | None) -> None:
    """Drop a proposal: what it was found in has changed, or it is done."""
    if last is not None and last.state != ConsolidationState.NONE:
        move(last, ConsolidationState.NONE, proposal={}, since=None, replacement=None)


def note_look(cluster: Cluster, last: Consolidation | None, findings: Findings) -> Consolidation:
    """Write down what a look found; what is found again after RECHECK_TIME is confirmed."""
    moment = now()
    row = last or Consolidation.objects.create(run=cluster.run, looked_at=moment)
    proposal = _as_json(findings.proposal) if findings.proposal else {}
    state, since = ConsolidationState.NONE, None
    if proposal and key(row.proposal) != key(proposal):
        state, since = ConsolidationState.FOUND, moment
    elif proposal:
        state, since = ConsolidationState(row.state), row.since
        if since is not None and moment - since >= RECHECK_TIME:
            state = ConsolidationState.CONFIRMED
    move(row, state, looked_at=moment, proposal=proposal, since=since, stays=dict(findings.stays))
    return row


def move(row: Consolidation, wanted: ConsolidationState, **fields: Any) -> None:
    """Write `wanted` and the fields; raises StateChanged or MoveNotAllowed.

    To stay in a state is no move: then only the fields are written.
    """
    current = ConsolidationState(row.state)
    if wanted is not current:
        check_consolidation_move(current, wanted)
    fields["state"] = wanted
    if not Consolidation.objects.filter(pk=row.pk, state=current).update(**fields):
        raise StateChanged(f"The consolidation of {row.run} is no longer {current}.")
    for name, value in fields.items():
        setattr(row, name, value)


def key(proposal: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what makes two proposals the same."""
    return tuple(proposal.get("nodes", ())), tuple(proposal.get("machine", ()))


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
