"""A provider takes a spot machine back: what can still be done in the time there is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from clusters.leases import renew
from clusters.models import Cluster, Node
from clusters.models.event import EventSeverity
from clusters.nodes.drain import order
from clusters.transitions import move_node, note
from domain.events import EventKind
from domain.lifecycle import STARTING_NODE_STATES, EndCause, NodeRole, NodeState

# The machine is given back so long before it is taken: Ray's last words need some time, too.
MARGIN = timedelta(seconds=5)


def handle_interruption(cluster: Cluster, node: Node, *, at: datetime) -> None:
    """Answer the notice that `node` is taken back `at`; the same notice again changes nothing."""
    deadline = max(at - MARGIN, now())
    if node.drain_deadline is not None and node.drain_deadline <= at:
        return  # it goes before that anyway
    if node.role == NodeRole.HEAD:
        _warn(cluster, node, at=at)
    elif node.state in STARTING_NODE_STATES:
        move_node(
            node,
            NodeState.TERMINATING,
            reason=f"Spot interruption at {at:%H:%M:%S} UTC, before the node was ready.",
            cause=EndCause.INTERRUPTED,
        )
    elif node.state in {NodeState.READY, NodeState.DRAINING}:
        _drain(cluster, node, at=at, deadline=deadline)


@transaction.atomic
def _drain(cluster: Cluster, node: Node, *, at: datetime, deadline: datetime) -> None:
    renew(cluster)  # locks the cluster before its nodes, as a report does: no deadlock
    Node.objects.filter(pk=node.pk).update(drain_deadline=deadline)
    node.drain_deadline = deadline
    left = max(0, int((deadline - now()).total_seconds()))
    reason = f"Spot interruption of {node.label} ({node.machine}) at {at:%H:%M:%S} UTC"
    if node.state == NodeState.READY:
        cause = EndCause.INTERRUPTED
        move_node(node, NodeState.DRAINING, reason=f"{reason}.", cause=cause)
    order(node, reason="preemption", message=reason, seconds=left)
    note(
        cluster,
        f"{reason}: {left} s left to drain.",
        kind=EventKind.SPOT_INTERRUPTION_NOTICE,
        fields={**_noticed(node, at=at), "seconds_left": left},
        severity=EventSeverity.WARNING,
    )


@transaction.atomic
def _warn(cluster: Cluster, node: Node, *, at: datetime) -> None:
    """Nothing can take the head's place: say so, once."""
    Node.objects.filter(pk=node.pk).update(drain_deadline=at)
    node.drain_deadline = at
    message = (
        f"Spot interruption of the head node at {at:%H:%M:%S} UTC: the cluster ends with it. "
        "Save your data, and use an on-demand head node next time."
    )
    kind, fields = EventKind.SPOT_INTERRUPTION_NOTICE, _noticed(node, at=at)
    note(cluster, message, kind=kind, fields=fields, severity=EventSeverity.ERROR)


def _noticed(node: Node, *, at: datetime) -> dict[str, object]:
    return {"node": node.name, "role": node.role, "instance_type": node.machine, "at": at}
