"""What a report says of the nodes, and what became of the commands about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection
from django.utils.timezone import now

from clusters.agent import bounds
from clusters.models import Cluster, Command, Job, Node
from clusters.nodes.with_groups import nodes_with_groups
from clusters.transitions import StateChanged, move_node
from domain.lifecycle import JOINING_NODE_STATES, EndCause, NodeState

_FROM_RAY = ("ray_node_id", "address", "idle_since", "actors", "total", "free", "missing_since")
_WRITE = """
    UPDATE clusters_node AS node
    SET ray_node_id = reported.ray_node_id, address = reported.address,
        idle_since = reported.idle_since,
        actors = reported.actors, total = reported.total, free = reported.free,
        missing_since = reported.missing_since
    FROM jsonb_to_recordset(%s::jsonb) AS reported (
        id bigint, ray_node_id text, address text, idle_since timestamptz, actors integer,
        total jsonb, free jsonb, missing_since timestamptz
    )
    WHERE node.id = reported.id
"""
MISSING_TIME = timedelta(seconds=30)
_MOST_RESULTS = 1_000
_LONGEST_IDLE = 10 * 365 * 24 * 3600


class Found(NamedTuple):
    """What became of a report's nodes."""

    is_urgent: bool  # the planner should look at once
    is_new: bool  # something was written of nodes that are listed
    is_complete: bool  # all live nodes are ready and listed: the same report again changes nothing


def store_nodes(cluster: Cluster, report: Mapping[str, Any]) -> Found:
    """Store what Ray says of each node."""
    reported = {item["node"]: item for item in report.get("nodes", ())}
    dead = {item["ray_node_id"]: item for item in report.get("dead", ())}
    rows = cluster.nodes.filter(run=cluster.run_id).exclude(state=NodeState.TERMINATED)
    # A report that does not list nodes at all says nothing of them, unlike one with an empty list.
    may_miss = "nodes" in report and report.get("healthy", True)
    changed, complete, stale = False, True, []
    for node in nodes_with_groups(cluster, rows)[0]:
        complete &= node.state == NodeState.READY and node.name in reported
        if node.name in reported:
            fields = _ray_fields(node, reported[node.name])
            changed |= (fields["idle_since"] is None) != (node.idle_since is None)
            stale += [node] if _take_over(node, fields) else []
            changed |= _join(node)
        elif node.ray_node_id and node.ray_node_id in dead:
            changed |= _bury(node, dead[node.ray_node_id])
        elif node.state == NodeState.READY and may_miss:
            changed |= _miss(node)
    _write(stale)
    return Found(is_urgent=changed, is_new=bool(stale), is_complete=complete)


def _write(nodes: Sequence[Node]) -> None:
    """Write down what Ray said of these nodes, in one statement however many they are.

    Django's bulk_update would write a CASE for each column with a WHEN for each node.
    """
    if not nodes:
        return
    rows = [{"id": node.pk} | {name: getattr(node, name) for name in _FROM_RAY} for node in nodes]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps(rows, default=datetime.isoformat)])


def _take_over(node: Node, fields: Mapping[str, Any]) -> bool:
    """Set the fields of the node; return whether any was another before."""
    before = [getattr(node, name) for name in fields]
    for name, value in fields.items():
        setattr(node, name, value)
    return before != list(fields.values())


def _join(node: Node) -> bool:
    # Not one that was never asked for: Ray cannot know it, whatever the report says.
    if node.state not in JOINING_NODE_STATES:
        return False
    return _move(node, NodeState.READY, reason="Ray joined the cluster.")


def _ray_fields(node: Node, item: Mapping[str, Any]) -> dict[str, Any]:
    idle = item.get("idle_seconds") if item.get("status") == "IDLE" else None
    since = None
    if idle is not None:
        since = now() - timedelta(seconds=min(bounds.amount(idle), _LONGEST_IDLE))
        # Ray counts in its own steps: a start that wobbles by a second is the same start.
        if node.idle_since and abs(since - node.idle_since) < timedelta(seconds=2):
            since = node.idle_since
    return {
        "ray_node_id": bounds.text(item["ray_node_id"], most=64),
        # The provider's word stands: two that differ would be written in turns for ever.
        "address": node.address or bounds.text(item.get("address"), most=100),
        "idle_since": since,
        "actors": None if item.get("actors") is None else int(bounds.amount(item["actors"])),
        "total": bounds.amounts(item.get("total", {}), most=bounds.MOST_NODE_NAMES),
        "free": bounds.amounts(item.get("available", {}), most=bounds.MOST_NODE_NAMES),
        "missing_since": None,
    }


def _miss(node: Node) -> bool:
    """Ray lists the node neither as alive nor as dead: after MISSING_TIME it counts as dead."""
    if node.missing_since is None or node.missing_since > now():  # or the clock was set back
        Node.objects.filter(pk=node.pk).update(missing_since=now())
        return False
    if now() - node.missing_since < MISSING_TIME:
        return False
    return _bury(node, {"reason": f"Not in Ray's node list for {MISSING_TIME.seconds} s."})


def _bury(node: Node, item: Mapping[str, Any]) -> bool:
    """Ray says that the node is dead: its machine must go, whatever state it is in."""
    reason = bounds.text(item.get("reason") or "Ray stopped on the node.", most=1_000)
    if node.state == NodeState.READY:
        return _move(node, NodeState.TERMINATING, reason=reason, cause=EndCause.LOST)
    if node.state == NodeState.DRAINING:
        return _move(node, NodeState.TERMINATING, reason="Drained.")
    return False


def _move(node: Node, state: NodeState, *, reason: str, cause: EndCause | None = None) -> bool:
    # If the reconcile loop moved it at the same moment, the next report tells.
    with suppress(StateChanged):
        move_node(node, state, reason=reason, cause=cause)
    return True


def finish_commands(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> bool:
    """Note the results of commands, each once; return whether there were any."""
    results = {str(item["id"]): item for item in islice(items, _MOST_RESULTS)}
    rows = Command.objects.filter(pk__in=results.keys(), cluster=cluster, finished_at=None)
    commands = list(rows.select_related("node__group", "node__cluster"))
    for command in commands:
        item = results[str(command.pk)]
        ok, message = bool(item["ok"]), bounds.text(item.get("message"), most=1_000)
        rows.filter(pk=command.pk).update(finished_at=now(), ok=ok, message=message)
        _after(command, ok=ok, message=message)
    return bool(commands)


def _after(command: Command, *, ok: bool, message: str) -> None:
    """Let the outcome of a command have its effect."""
    node = command.node
    if command.kind == Command.Kind.SUBMIT_JOB and not ok:
        Job.objects.filter(
            run=command.run_id,
            submission_id=command.body["submission_id"],
        ).update(status="FAILED", message=message, ended_at=now())
    if node is None or node.state != NodeState.DRAINING:
        return
    if not ok and node.drain_deadline is None:
        _move(node, NodeState.READY, reason=f"Ray rejected the drain: {message}")
    elif ok and node.drain_deadline is None:  # an idle node that accepted is gone at once
        _move(node, NodeState.TERMINATING, reason="Drained.")
