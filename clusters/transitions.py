"""The only module that writes `state` of clusters and nodes, with an event for each move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Manager
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from clusters.models import Cluster, Event, Node, Run
from clusters.models.event import EventSeverity
from domain.events import EventKind
from domain.failures import cause_of
from domain.lifecycle import (
    ENDING_CLUSTER_STATES,
    ClusterState,
    EndCause,
    NodeRole,
    NodeState,
    check_cluster_move,
    check_node_move,
)
from metering import ledger

_NODE_MOMENTS = {
    NodeState.LAUNCHING: "launched_at",
    NodeState.BOOTING: "booted_at",
    NodeState.READY: "ready_at",
    NodeState.DRAINING: "draining_at",
    NodeState.TERMINATING: "terminating_at",
    NodeState.TERMINATED: "ended_at",
}
_NODE_KINDS: Mapping[EndCause | None, EventKind] = {
    EndCause.LOST: EventKind.NODE_LOST,
    EndCause.START_FAILED: EventKind.NODE_START_FAILED,
    EndCause.START_TIMED_OUT: EventKind.NODE_START_FAILED,
    EndCause.INTERRUPTED: EventKind.NODE_INTERRUPTED,
}
_FAILURES = _NODE_KINDS.keys()
_MESSAGE_LENGTH = 1000


class StateChanged(WrongState):
    """Somebody else moved it first. Reload and decide again."""

    code = "state-changed"


@transaction.atomic
def move_cluster(
    cluster: Cluster,
    wanted: ClusterState,
    *,
    reason: str,
    fields: Mapping[str, object] | None = None,
    by: User | None = None,
    severity: EventSeverity = EventSeverity.INFO,
) -> None:
    """Move `cluster` to `wanted` and note why; raises StateChanged or MoveNotAllowed."""
    current = ClusterState(cluster.state)
    check_cluster_move(current, wanted)
    moment = now()
    columns: dict[str, object] = {"state": wanted, "state_since": moment}
    _compare_and_set(cluster, current, columns)
    run = Run.objects.filter(pk=cluster.run_id)
    if wanted is ClusterState.RUNNING:
        run.update(started_at=moment)
        cluster.run.started_at = moment
    elif wanted in ENDING_CLUSTER_STATES:
        run.filter(end_reason="").update(end_reason=reason[:_MESSAGE_LENGTH])
        cluster.run.end_reason = cluster.run.end_reason or reason[:_MESSAGE_LENGTH]
    Event.objects.create(
        cluster=cluster,
        kind=EventKind.CLUSTER_STATE_CHANGED,
        from_state=current,
        to_state=wanted,
        message=reason[:_MESSAGE_LENGTH],
        fields=dict(fields or {}),
        actor=by,
        severity=severity,
    )


@transaction.atomic
def move_node(
    node: Node,
    wanted: NodeState,
    *,
    reason: str = "",
    cause: EndCause | None = None,
    at: datetime | None = None,
) -> None:
    """Move `node` to `wanted`, with its event and its ledger interval in the same transaction.

    `cause` and `reason` of the first move towards the end stay, unless Ray refuses the drain;
    raises StateChanged or MoveNotAllowed.
    """
    current = NodeState(node.state)
    check_node_move(current, wanted)
    moment = at or now()
    fields: dict[str, object] = {"state": wanted, _NODE_MOMENTS[wanted]: moment}
    if wanted is NodeState.READY and node.ready_at:  # Ray refused the drain: as if never asked
        fields = {"state": wanted, "draining_at": None, "drain_deadline": None}
        fields |= {"end_cause": "", "end_reason": ""}
    if cause and not node.end_cause:
        fields |= {"end_cause": cause, "end_reason": reason[:_MESSAGE_LENGTH]}
    if cause in _FAILURES:  # before its node: a report locks them in that order
        Run.objects.filter(pk=node.run_id).update(failed_at=moment)
        node.cluster.run.failed_at = moment
    _compare_and_set(node, current, fields)
    _tell_ledger(node, wanted, moment)
    Event.objects.create(
        cluster_id=node.cluster_id,
        node=node,
        kind=_NODE_KINDS.get(cause, EventKind.NODE_STATE_CHANGED),
        from_state=current,
        to_state=wanted,
        **_said(reason, cause),
        severity=EventSeverity.ERROR if cause and cause.is_failure else EventSeverity.INFO,
    )


@transaction.atomic
def note_late_machine(node: Node, *, since: datetime) -> None:
    """Let the ledger count a machine that is first seen when its node is terminating already.

    So it is where the answer to a launch was lost, and the node was given up before it was listed.
    """
    unseen = Node.objects.filter(
        pk=node.pk, state=NodeState.TERMINATING, booted_at=None, ready_at=None
    )
    if unseen.update(booted_at=since):
        node.booted_at = since
        _open_interval(node, since)
        ledger.mark_leaving(node.name, at=node.terminating_at or since)


def _said(reason: str, cause: EndCause | None) -> dict[str, Any]:
    """Return the message and the fields of a node's event: of a failure, its cause in brief."""
    fields = {"cause": cause} if cause else {}
    if cause not in _FAILURES:
        return {"message": reason[:_MESSAGE_LENGTH], "fields": fields}
    read = cause_of(reason)
    text = {"text": read.text[:_MESSAGE_LENGTH]} if read.has_more else {}
    return {"message": read.sentence[:_MESSAGE_LENGTH], "fields": {**fields, **text}}


def note(
    cluster: Cluster,
    message: str,
    *,
    kind: EventKind,
    fields: Mapping[str, object] | None = None,
    by: User | None = None,
    severity: EventSeverity = EventSeverity.INFO,
) -> None:
    """Add a line to the cluster's history that is not a move."""
    Event.objects.create(
        cluster=cluster,
        kind=kind,
        message=message[:_MESSAGE_LENGTH],
        fields=dict(fields or {}),
        actor=by,
        severity=severity,
    )


def _compare_and_set(row: Cluster | Node, current: str, fields: dict[str, object]) -> None:
    table: Manager[Any] = Cluster.objects if isinstance(row, Cluster) else Node.objects
    rows = table.filter(pk=row.pk, state=current)
    if rows.update(**fields) != 1:
        raise StateChanged(f"{row} is no longer {current}.")
    for name, value in fields.items():
        setattr(row, name, value)


def _tell_ledger(node: Node, state: NodeState, moment: datetime) -> None:
    if state in {NodeState.BOOTING, NodeState.READY}:
        _open_interval(node, moment)
    if state is NodeState.READY:
        ledger.mark_ready(node.name, at=moment)
    if state is NodeState.TERMINATING:  # a draining node still works, or is kept after all
        ledger.mark_leaving(node.name, at=moment)
    if state is NodeState.TERMINATED:
        ledger.close_interval(node.name, ended_at=moment)


def _open_interval(node: Node, moment: datetime) -> None:
    """A node costs from the moment its machine is there."""
    cluster, hardware = node.cluster, node.hardware
    ledger.open_interval(
        node=node.name,
        cluster_id=cluster.pk,
        cluster_name=cluster.name,
        team_id=cluster.team_id,
        template_id=cluster.version.template_id,
        template_name=cluster.version.template.name,
        owner_id=cluster.owner_id,
        owner_name=str(cluster.owner),
        group=node.group.name,
        role=NodeRole(node.role),
        instance_type=node.machine,
        market=node.market,
        vcpus=hardware.vcpus,
        memory_bytes=hardware.memory_bytes,
        gpus=hardware.gpus,
        hourly_microusd=node.hourly_microusd,
        started_at=moment,
    )
