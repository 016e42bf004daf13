"""Ask the planner, write its decisions and nodes down, and carry them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from clusters.leases import LeaseLost, renew
from clusters.models import Cluster, Command, Decision, Group, Node
from clusters.planning import current_demand, planned_rows, request_for
from clusters.renting import machine_for
from clusters.strategies import floors_of
from clusters.transitions import move_node
from domain.demand import describe
from domain.lifecycle import EndCause, NodeState
from domain.planner import Drain, Launch, Plan, Unserved, plan
from providers.base import NodeRole

# A node that must go gets so long to finish what it does.
DRAIN_TIME = timedelta(seconds=30)
# Who does not answer for so long whether an idle node may go is not asked any more.
ANSWER_TIME = timedelta(seconds=60)
# A node that Ray wanted to keep is left in peace for so long.
REFUSAL_TIME = timedelta(seconds=30)
# What cannot be served is noted once in so long, and not without end.
UNSERVED_TIME, MOST_UNSERVED = timedelta(minutes=10), 50


def scale(cluster: Cluster, nodes: list[Node]) -> list[Node]:
    """Plan once and write the outcome down; return the live nodes, new ones included."""
    groups = list(cluster.groups.all())
    floors = floors_of(cluster, groups, nodes, current_demand(cluster))
    answer = plan(request_for(cluster, groups, nodes, floors=floors))
    drains = _without_refused(cluster, answer.drains)
    if not (drains or answer.launches or answer.unserved or answer.placements):
        return nodes
    with transaction.atomic():
        renew(cluster)  # locks the cluster before its nodes, as a report does: no deadlock
        _note_unserved(cluster, answer)
        _note_placements(nodes, answer)
        by_name = {node.name: node for node in nodes}
        for drain in drains:
            _drain(cluster, by_name[drain.node], drain)
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


def _without_refused(cluster: Cluster, drains: Sequence[Drain]) -> Sequence[Drain]:
    """Return the drains without those of idle nodes that Ray wanted to keep just now."""
    if not any(drain.idle for drain in drains):
        return drains
    refused = set(
        cluster.commands.filter(
            kind=Command.Kind.DRAIN, ok=False, finished_at__gt=now() - REFUSAL_TIME
        ).values_list("node__name", flat=True)
    )
    return [drain for drain in drains if not (drain.idle and drain.node in refused)]


def _note_unserved(cluster: Cluster, answer: Plan) -> None:
    """Store what cannot be served, each shape and reason once in UNSERVED_TIME."""
    if not answer.unserved:
        return
    recent = cluster.decisions.filter(
        kind=Decision.Kind.UNSERVED, at__gt=now() - UNSERVED_TIME
    ).values_list("demand__asked", flat=True)
    noted = {_what_and_why(asked) for asked in recent}
    for item in answer.unserved:
        key = _what_and_why(asdict(item))
        if key in noted or len(noted) >= MOST_UNSERVED:
            continue
        noted.add(key)
        reason = f"{item.count} × {describe(item.resources)} must wait: {item.reason}"
        _decide(cluster, Decision.Kind.UNSERVED, item, reason=reason)


def _what_and_why(asked: Mapping[str, Any]) -> tuple[str, str]:
    return describe(asked["resources"]), asked["reason"]


def _decide(
    cluster: Cluster,
    kind: Decision.Kind,
    item: Launch | Drain | Unserved,
    *,
    reason: str,
    group: str = "",
) -> Decision:
    return Decision.objects.create(
        cluster=cluster,
        kind=kind,
        group=group,
        count=getattr(item, "count", 1),
        reason=reason[:1000],
        demand={"asked": _asked(item), "waiting": _shortened(cluster.demand)},
    )


def _asked(item: Launch | Drain | Unserved) -> dict[str, Any]:
    """Return the item as JSON has it: prices as text, and what nodes are for with the nodes."""
    plain = {name: value for name, value in asdict(item).items() if name != "packs"}
    price = plain.get("hourly_usd")
    return plain if price is None else {**plain, "hourly_usd": str(price)}


def _shortened(demand: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first of what waits: a decision is read, not computed with."""
    return {kind: list(items)[:20] for kind, items in demand.items()}


def _write_nodes(cluster: Cluster, group: Group, launch: Launch) -> list[Node]:
    decision = _decide(
        cluster, Decision.Kind.LAUNCH, launch, reason=launch.reason, group=group.name
    )
    return add_nodes(cluster, group, count=launch.count, decision=decision, launch=launch)


def add_nodes(
    cluster: Cluster,
    group: Group,
    *,
    count: int,
    decision: Decision | None = None,
    launch: Launch | None = None,
) -> list[Node]:
    """Write `count` new nodes down under names never used before.

    The counter moves only for the holder of the lease, so that two workers, one of them late,
    can never both answer the same demand. Without a launch they are the group's own machine.
    """
    held = Cluster.objects.filter(pk=cluster.pk, lease_token=cluster.lease_token)
    if not held.update(next_node=F("next_node") + count):
        raise LeaseLost
    cluster.refresh_from_db(fields=["next_node"])
    machine = machine_for(cluster, group, launch)
    numbers = range(cluster.next_node - count, cluster.next_node)
    planned = _planned(launch, count=count)
    return Node.objects.bulk_create(
        Node(
            name=f"{cluster.handle}-{number}",
            cluster=cluster,
            group=group,
            run=cluster.run,
            role=group.role,
            decision=decision,
            planned=shapes,
            **machine,
        )
        for number, shapes in zip(numbers, planned, strict=True)
    )


def _planned(launch: Launch | None, *, count: int) -> list[list[dict[str, Any]]]:
    packs = launch.packs if launch else ()
    planned = [planned_rows(pack.shapes) for pack in packs for _ in range(pack.count)]
    return planned + [[] for _ in range(count - len(planned))]


def _drain(cluster: Cluster, node: Node, drain: Drain) -> None:
    cause = EndCause.IDLE if drain.idle else EndCause.RESIZED
    reason = drain.reason.replace(node.name, node.label)  # people know it by its group
    decision = _decide(cluster, Decision.Kind.DRAIN, drain, reason=reason, group=node.group.name)
    if node.state != NodeState.READY:  # Ray does not know it yet: nothing to drain
        move_node(node, NodeState.TERMINATING, reason=reason, cause=cause)
        return
    deadline = None if drain.idle else now() + DRAIN_TIME
    Node.objects.filter(pk=node.pk).update(decision=decision, drain_deadline=deadline)
    node.drain_deadline = deadline
    move_node(node, NodeState.DRAINING, reason=reason, cause=cause)
    order_drain(node, idle=drain.idle, message=f"decision {decision.pk}: {reason}")


def keep_if_unanswered(cluster: Cluster, node: Node) -> None:
    """Let an idle node work on when nobody said in ANSWER_TIME whether Ray lets it go."""
    if node.draining_at is None or now() - node.draining_at < ANSWER_TIME:
        return
    with transaction.atomic():
        renew(cluster)
        told = "Nobody answered whether it may go: it stays."
        Command.objects.filter(node=node, kind=Command.Kind.DRAIN, finished_at=None).update(
            finished_at=now(), ok=False, message=told
        )
        move_node(node, NodeState.READY, reason=told)


def order_drain(node: Node, *, idle: bool, message: str) -> None:
    """Have the head agent drain `node` in Ray."""
    Command.objects.create(
        cluster_id=node.cluster_id,
        run=node.run,
        kind=Command.Kind.DRAIN,
        node=node,
        body={
            "node": node.name,
            "ray_node_id": node.ray_node_id,
            "reason": "idle" if idle else "preemption",
            "message": message,
            "deadline_seconds": DRAIN_TIME.seconds,
        },
    )
