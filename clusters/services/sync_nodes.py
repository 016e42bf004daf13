"""What a report says of the nodes, and what became of the commands about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from clusters.models import Cluster, Command, Job, Node
from clusters.transitions import Conflict, move_node
from domain.lifecycle import EndCause, NodeState

_JOINING = {NodeState.REQUESTED, NodeState.LAUNCHING, NodeState.BOOTING}


def store_nodes(cluster: Cluster, report: Mapping[str, Any]) -> bool:
    """Store what Ray says of each node; return whether the planner should look at once."""
    reported = {item["node"]: item for item in report.get("nodes", ())}
    dead = {item["ray_node_id"]: item for item in report.get("dead", ())}
    rows = cluster.nodes.filter(run=cluster.run).exclude(state=NodeState.TERMINATED)
    changed = False
    for node in rows.select_related("group", "cluster__version__template", "cluster__owner"):
        if node.name in reported:
            changed |= _update_node(node, reported[node.name])
        elif node.ray_node_id and node.ray_node_id in dead:
            changed |= _bury(node, dead[node.ray_node_id])
    return changed


def _update_node(node: Node, item: Mapping[str, Any]) -> bool:
    """Store what Ray says of the node; return whether the planner should look."""
    fields = _ray_fields(node, item)
    became_idle = (fields["idle_since"] is None) != (node.idle_since is None)
    stale = {name: value for name, value in fields.items() if getattr(node, name) != value}
    if stale:
        Node.objects.filter(pk=node.pk).update(**stale)
        for name, value in stale.items():
            setattr(node, name, value)
    if node.state in _JOINING:
        return _move(node, NodeState.READY, reason="Ray joined the cluster.")
    return became_idle


def _ray_fields(node: Node, item: Mapping[str, Any]) -> dict[str, Any]:
    idle = item.get("idle_seconds") if item.get("status") == "IDLE" else None
    since = None
    if idle is not None:
        since = now() - timedelta(seconds=float(idle))
        # Ray counts in its own steps: a start that wobbles by a second is the same start.
        if node.idle_since and abs(since - node.idle_since) < timedelta(seconds=2):
            since = node.idle_since
    return {
        "ray_node_id": str(item["ray_node_id"]),
        "address": str(item.get("address") or node.address),
        "idle_since": since,
        "total": dict(item.get("total", {})),
        "free": dict(item.get("available", {})),
    }


def _bury(node: Node, item: Mapping[str, Any]) -> bool:
    """Ray says that the node is dead: its machine must go, whatever state it is in."""
    reason = str(item.get("reason") or "Ray on it died.")
    if node.state == NodeState.READY:
        return _move(node, NodeState.TERMINATING, reason=reason, cause=EndCause.LOST)
    if node.state == NodeState.DRAINING:
        return _move(node, NodeState.TERMINATING, reason="Drained.")
    return False


def _move(node: Node, state: NodeState, *, reason: str, cause: EndCause | None = None) -> bool:
    with suppress(
        Conflict
    ):  # the reconcile loop moved it at the same moment: the next report tells
        move_node(node, state, reason=reason, cause=cause)
    return True


def finish_commands(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> bool:
    """Note the results of commands, each once; return whether there were any."""
    changed = False
    for item in items:
        rows = Command.objects.filter(pk=item["id"], cluster=cluster, finished_at=None)
        command = rows.select_related("node__group", "node__cluster").first()
        if command is None:
            continue
        ok, message = bool(item["ok"]), str(item.get("message") or "")
        rows.update(finished_at=now(), ok=ok, message=message[:1000])
        _after(command, ok=ok, message=message)
        changed = True
    return changed


def _after(command: Command, *, ok: bool, message: str) -> None:
    """Let the outcome of a command have its effect."""
    node = command.node
    if command.kind == Command.Kind.SUBMIT_JOB and not ok:
        Job.objects.filter(
            cluster=command.cluster_id, submission_id=command.body["submission_id"]
        ).update(status="FAILED", message=message, ended_at=now())
    if node is None or node.state != NodeState.DRAINING:
        return
    if not ok and node.drain_deadline is None:
        _move(node, NodeState.READY, reason=f"Ray keeps it: {message}")
    elif ok and node.drain_deadline is None:  # an idle node that accepted is gone at once
        _move(node, NodeState.TERMINATING, reason="Drained.")
