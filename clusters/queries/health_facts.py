"""What is known of one cluster, gathered for the verdict on its health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.timezone import now

from clouds.access import has_cloud, taken_away
from clusters.agent_report import has_fresh_report
from clusters.models import Cluster, Group, Node
from clusters.models import Cooldown as CooldownRow
from clusters.scaling.cooldowns import cooling_rows
from clusters.scaling.failed_starts import FAILED_STARTS_TIME, failed_at, failures_of, paused_until
from domain.cooldowns import FailureClass
from domain.failures import cause_of
from domain.health.model import Cooldown, Facts, GroupFacts, NodeFailure
from domain.health.plain import waits_from
from domain.lifecycle import (
    START_FAILURES,
    STARTING_NODE_STATES,
    ClusterState,
    EndCause,
    NodeRole,
    NodeState,
)
from domain.planner.explanation.causes import StopKind

# An idle node whose drain Ray has not answered, a machine whose end is not confirmed, for so long.
UNANSWERED, LINGERING = timedelta(seconds=20), timedelta(minutes=5)


def facts_of(cluster: Cluster, nodes: Sequence[Node], *, timeouts: int) -> Facts:
    """Return what is known of a cluster whose live nodes were read."""
    failures = failures_of(cluster)
    waits = waits_from(cluster.run.waits)
    is_cold = failures or any(StopKind.OFFER_COOLING in wait.stops for wait in waits)
    cold = cooling_rows(cluster) if is_cold else []
    moment = now()
    return Facts(
        state=ClusterState(cluster.state),
        now=moment,
        window=FAILED_STARTS_TIME,
        groups=_groups(cluster, nodes, failures, cold),
        waits=waits,
        pending=_pending(cluster),
        agent_seen_at=cluster.run.agent_seen_at,
        is_silent=not has_fresh_report(cluster),
        error=cluster.run.last_error,
        error_class=_class(cluster.run.last_error_class),
        is_without_cloud="" if has_cloud(cluster) else taken_away(cluster.cloud, team=cluster.team),
        timeouts=timeouts,
        unanswered_drains=[node.label for node in nodes if _is_unanswered(node, moment)],
        lingering=[node.label for node in nodes if _is_lingering(node, moment)],
        end_reason=cluster.run.end_reason,
        last_head=_last_head(cluster, nodes),
    )


def _last_head(cluster: Cluster, nodes: Sequence[Node]) -> str:
    heads = [node.name for node in nodes if node.role == NodeRole.HEAD]
    if heads or cluster.state != ClusterState.FAILED:
        return heads[-1] if heads else ""
    rows = cluster.nodes.filter(role=NodeRole.HEAD, run=cluster.run_id).order_by("-pk")
    return rows.values_list("name", flat=True).first() or ""


def _class(text: str) -> FailureClass | None:
    return FailureClass(text) if text else None


def _pending(cluster: Cluster) -> int:
    if not has_fresh_report(cluster):
        return 0
    demand = cluster.run.demand
    return sum(int(shape["count"]) for shape in demand.get("shapes", ())) + len(
        demand.get("gangs", ())
    )


def _is_unanswered(node: Node, moment: datetime) -> bool:
    since = node.draining_at
    is_idle = node.state == NodeState.DRAINING and node.drain_deadline is None
    return is_idle and since is not None and moment - since > UNANSWERED


def _is_lingering(node: Node, moment: datetime) -> bool:
    since = node.terminating_at
    is_going = node.state == NodeState.TERMINATING
    return is_going and since is not None and moment - since > LINGERING


def _groups(
    cluster: Cluster, nodes: Sequence[Node], failures: Sequence[Node], cold: Sequence[CooldownRow]
) -> list[GroupFacts]:
    paused = paused_until(failures)
    of_group: dict[int, list[Node]] = {}
    failed: dict[int, list[Node]] = {}
    for node in nodes:
        of_group.setdefault(node.group_id, []).append(node)
    for node in failures:
        failed.setdefault(node.group_id, []).append(node)
    return [
        _group(
            cluster,
            group,
            nodes=of_group.get(group.pk, ()),
            failures=failed.get(group.pk, ()),
            cold=cold,
            paused=paused.get(group.name),
        )
        for group in cluster.groups.all()
    ]


def _group(
    cluster: Cluster,
    group: Group,
    *,
    nodes: Sequence[Node],
    failures: Sequence[Node],
    cold: Sequence[CooldownRow],
    paused: datetime | None,
) -> GroupFacts:
    is_stopped = group.stopped_at is not None and group.stopped_at >= cluster.run.requested_at
    ready = [node for node in nodes if node.state == NodeState.READY]
    retried = group.retried_at
    return GroupFacts(
        name=group.name,
        role=NodeRole(group.role),
        stopped=group.stopped_reason if is_stopped else "",
        failures=[
            _failure(node) for node in failures if retried is None or failed_at(node) > retried
        ],
        paused_until=paused,
        cooldowns=[
            Cooldown(
                words=cause_of(row.cause).words, failure=FailureClass(row.failure), until=row.until
            )
            for row in cold
            if row.market == group.market and row.instance_type in {"", group.instance_type}
        ],
        ready=len(ready),
        ready_at=max((node.ready_at for node in ready if node.ready_at), default=None),
        starting=sum(node.state in STARTING_NODE_STATES for node in nodes),
    )


def _failure(node: Node) -> NodeFailure:
    return NodeFailure(
        node=node.name,
        label=node.label,
        at=failed_at(node),
        words=cause_of(node.end_reason).words,
        is_start=node.end_cause in START_FAILURES,
        is_interruption=node.end_cause == EndCause.INTERRUPTED,
    )
