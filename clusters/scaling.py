"""Ask the planner, write its decisions and nodes down, and carry them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.utils.timezone import now

from clouds.catalogue import price_in
from clusters.leases import LeaseLost, renew
from clusters.models import Cluster, Command, Decision, Group, Node
from clusters.transitions import move_node
from domain.demand import Demand, demand_from_report, describe
from domain.lifecycle import EndCause, NodeState
from domain.offerings import Market
from domain.planner import Drain, Launch, NodeView, Plan, PlanRequest, Unserved, plan
from domain.planner import Group as PlannedGroup
from domain.planner.model import NodePhase
from domain.pricing import hourly_microusd, microusd
from domain.wording import MICRO
from metering import rates
from providers.base import NodeRole

# An agent that was silent for so long says nothing about now.
REPORT_LIMIT = timedelta(seconds=30)
# A node that must go gets so long to finish what it does.
DRAIN_TIME = timedelta(seconds=30)
# Who does not answer for so long whether an idle node may go is not asked any more.
ANSWER_TIME = timedelta(seconds=60)
# A node that Ray wanted to keep is left in peace for so long.
REFUSAL_TIME = timedelta(seconds=30)
# So many failed starts in so long, and the group does not grow until they are past.
FAILED_STARTS, FAILED_STARTS_TIME = 3, timedelta(minutes=10)
# What cannot be served is noted once in so long, and not without end.
UNSERVED_TIME, MOST_UNSERVED = timedelta(minutes=10), 50

NODE_GROUP_LABEL = "ray.io/node-group"

_PHASES = {
    NodeState.REQUESTED: NodePhase.PENDING,
    NodeState.LAUNCHING: NodePhase.PENDING,
    NodeState.BOOTING: NodePhase.PENDING,
    NodeState.READY: NodePhase.READY,
    NodeState.DRAINING: NodePhase.LEAVING,
    NodeState.TERMINATING: NodePhase.LEAVING,
}


def request_for(cluster: Cluster, groups: list[Group], nodes: list[Node]) -> PlanRequest:
    """Return the planner's question for the cluster as its rows are now."""
    head = next((node for node in nodes if node.role == NodeRole.HEAD), None)
    workers = [node for node in nodes if node.role == NodeRole.WORKER]
    fresh = has_fresh_report(cluster)
    prices = _prices(cluster, groups) if cluster.max_usd_per_hour is not None else {}
    return PlanRequest(
        groups=tuple(
            _group(cluster, group, hourly_usd=prices.get(group.name))
            for group in groups
            if group.role == NodeRole.WORKER
        ),
        nodes=tuple(_view(node, fresh=fresh) for node in workers),
        demand=current_demand(cluster),
        autoscaling=cluster.autoscaling,
        head_free=head.free if head else {},
        head_total=head.total if head else {},
        max_resources=cluster.max_resources,
        min_resources=cluster.min_resources,
        max_usd_per_hour=cluster.max_usd_per_hour,
        head_usd_per_hour=prices.get(head.group.name, Decimal(0)) if head else Decimal(0),
        cooling=_cooling(cluster),
    )


def has_fresh_report(cluster: Cluster) -> bool:
    """Return whether the agent has spoken lately enough for its word to count."""
    seen = cluster.agent_seen_at
    return seen is not None and now() - seen < REPORT_LIMIT


def _cooling(cluster: Cluster) -> dict[str, str]:
    """Return the groups that fail to start again and again, with the reason not to go on."""
    failed = cluster.nodes.filter(
        run=cluster.run,
        end_cause=EndCause.START_FAILED,
        terminating_at__gt=now() - FAILED_STARTS_TIME,
    )
    counts = failed.order_by().values_list("group__name").annotate(Count("pk"))
    return {
        group: f"{count} of its nodes failed to start within "
        f"{FAILED_STARTS_TIME.seconds // 60} minutes"
        for group, count in counts
        if count >= FAILED_STARTS
    }


def current_demand(cluster: Cluster) -> Demand:
    """Return what Ray waits for, or nothing when the last report is too old to act on."""
    if not cluster.demand_at or not has_fresh_report(cluster):
        return Demand()
    return demand_from_report(cluster.demand)


def _prices(cluster: Cluster, groups: list[Group]) -> dict[str, Decimal]:
    """Return what one node of each group costs in dollars an hour, where that is known."""
    prices = {group.name: _hourly_microusd(cluster, group) for group in groups}
    return {name: Decimal(price) / MICRO for name, price in prices.items() if price is not None}


def _group(cluster: Cluster, group: Group, *, hourly_usd: Decimal | None) -> PlannedGroup:
    return PlannedGroup(
        name=group.name,
        instance_type=group.instance_type,
        market=Market(group.market),
        resources=group.resources,
        # Ray itself gives its nodes this label; work may ask for it.
        labels={**group.labels, NODE_GROUP_LABEL: group.name},
        min_nodes=group.min_nodes,
        max_nodes=group.max_nodes,
        idle_seconds=cluster.worker_idle_seconds
        if group.idle_seconds is None
        else group.idle_seconds,
        hourly_usd=hourly_usd,
    )


def _view(node: Node, *, fresh: bool) -> NodeView:
    ready = node.state == NodeState.READY
    moment = now()
    idle_since = node.idle_since if fresh else None
    return NodeView(
        name=node.name,
        group=node.group.name,
        phase=_PHASES[NodeState(node.state)],
        free=node.free if ready else node.group.resources,
        total=node.total if ready else node.group.resources,
        idle_seconds=(moment - idle_since).total_seconds() if idle_since else None,
        age_seconds=(moment - node.requested_at).total_seconds(),
    )


def scale(cluster: Cluster, nodes: list[Node]) -> list[Node]:
    """Plan once and write the outcome down; return the live nodes, new ones included."""
    groups = list(cluster.groups.all())
    answer = plan(request_for(cluster, groups, nodes))
    drains = _without_refused(cluster, answer.drains)
    if not (drains or answer.launches or answer.unserved):
        return nodes
    with transaction.atomic():
        renew(cluster)  # locks the cluster before its nodes, as a report does: no deadlock
        _note_unserved(cluster, answer)
        by_name = {node.name: node for node in nodes}
        for drain in drains:
            _drain(cluster, by_name[drain.node], drain)
        for launch in answer.launches:
            group = next(g for g in groups if g.name == launch.group)
            nodes = [*nodes, *_write_nodes(cluster, group, launch)]
    return nodes


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
        demand={"asked": asdict(item), "waiting": _shortened(cluster.demand)},
    )


def _shortened(demand: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first of what waits: a decision is read, not computed with."""
    return {kind: list(items)[:20] for kind, items in demand.items()}


def _write_nodes(cluster: Cluster, group: Group, launch: Launch) -> list[Node]:
    decision = _decide(
        cluster, Decision.Kind.LAUNCH, launch, reason=launch.reason, group=group.name
    )
    return add_nodes(cluster, group, count=launch.count, decision=decision)


def add_nodes(
    cluster: Cluster, group: Group, *, count: int, decision: Decision | None = None
) -> list[Node]:
    """Write `count` new nodes down under names never used before.

    The counter moves only for the holder of the lease, so that two workers, one of them late,
    can never both answer the same demand.
    """
    held = Cluster.objects.filter(pk=cluster.pk, lease_token=cluster.lease_token)
    if not held.update(next_node=F("next_node") + count):
        raise LeaseLost
    cluster.refresh_from_db(fields=["next_node"])
    price = _hourly_microusd(cluster, group)
    numbers = range(cluster.next_node - count, cluster.next_node)
    return Node.objects.bulk_create(
        Node(
            name=f"{cluster.handle}-{number}",
            cluster=cluster,
            group=group,
            run=cluster.run,
            role=group.role,
            market=group.market,
            hourly_microusd=price,
            decision=decision,
        )
        for number in numbers
    )


def _hourly_microusd(cluster: Cluster, group: Group) -> int | None:
    """Return what one node of `group` costs an hour from now on, or None where nobody knows."""
    own = price_in(cluster.cloud, group.instance_type, market=Market(group.market))
    if own is not None:
        return microusd(own)
    card = rates.current_rate(cluster.cloud_id, now(), kind=cluster.cloud.provider)
    if card is None:
        return None
    return hourly_microusd(
        rates.rate_card(card),
        vcpus=group.vcpus,
        memory_bytes=group.memory_bytes,
        gpus=group.gpus,
    )


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
