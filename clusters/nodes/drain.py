"""Have a node drained in Ray: it takes no more work, and goes when its own is done or moved."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from clusters.leases import renew
from clusters.models import Cluster, Command, Node, ScalingDecision
from clusters.transitions import move_node
from domain.lifecycle import EndCause, NodeState

# A node that must go gets so long to finish what it does.
DRAIN_TIME = timedelta(seconds=30)
# Who does not answer for so long whether an idle node may go is not asked any more.
ANSWER_TIME = timedelta(seconds=60)


def drain(
    node: Node,
    *,
    decision: ScalingDecision,
    reason: str,
    cause: EndCause,
    idle: bool,
    time: timedelta = DRAIN_TIME,
) -> None:
    """Drain the node; an idle one goes only if Ray agrees, any other one within `time`."""
    if node.state != NodeState.READY:  # Ray does not know it yet: nothing to drain
        move_node(node, NodeState.TERMINATING, reason=reason, cause=cause)
        return
    deadline = None if idle else now() + time
    Node.objects.filter(pk=node.pk).update(
        decision=decision, decision_reason=decision.reason, drain_deadline=deadline
    )
    node.drain_deadline = deadline
    move_node(node, NodeState.DRAINING, reason=reason, cause=cause)
    order(
        node,
        reason="idle" if idle else "preemption",
        message=f"decision {decision.pk}: {reason}",
        seconds=time.seconds,
    )


def keep_if_unanswered(cluster: Cluster, node: Node) -> None:
    """Let an idle node work on when nobody said in ANSWER_TIME whether Ray lets it go."""
    if node.draining_at is None or now() - node.draining_at < ANSWER_TIME:
        return
    with transaction.atomic():
        renew(cluster)
        told = "Ray did not confirm the drain in time; the node stays."
        Command.objects.filter(node=node, kind=Command.Kind.DRAIN, finished_at=None).update(
            finished_at=now(), ok=False, message=told
        )
        move_node(node, NodeState.READY, reason=told)


def order(node: Node, *, reason: str, message: str, seconds: int) -> None:
    """Have the head agent drain `node` in Ray: "idle" asks, "preemption" tells."""
    Command.objects.create(
        cluster_id=node.cluster_id,
        run_id=node.run_id,
        kind=Command.Kind.DRAIN,
        node=node,
        body={
            "node": node.name,
            "ray_node_id": node.ray_node_id,
            "reason": reason,
            "message": message,
            "deadline_seconds": seconds,
        },
    )
