"""The head of a run: found, written down, given up, and started on the next cloud resource."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.timezone import now

from clouds.access import may_use, taken_away
from clusters.models import Cluster, Node
from clusters.models.event import EventSeverity
from clusters.nodes import rows
from clusters.nodes.config import configuration_of, resources_of, start_timeout
from clusters.reconcile import cloud_resources, machines, observe, zones
from clusters.transitions import move_cluster, move_node, note
from domain.events import EventKind
from domain.failures import brief
from domain.lifecycle import (
    JOINING_NODE_STATES,
    ClusterState,
    EndCause,
    NodeRole,
    NodeState,
)
from domain.wording import duration
from providers.base import ClusterRef, ProviderDriver

MOST_ATTEMPTS = 3  # to start a head whose Ray timed out


def head_of(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]
) -> Node | None:
    """Return this run's head, written down if there is none; None while there can be none.

    A head that is lost fails the cluster. One that found no capacity is replaced by one in another
    zone, one that never came up by one on the next cloud resource, as far as there are any, and
    one whose Ray timed out is tried again.
    """
    heads = [node for node in nodes if node.role == NodeRole.HEAD]
    if heads and heads[0].state != NodeState.TERMINATING and heads[0].run_id == cluster.run_id:
        return heads[0]
    ended = cluster.nodes.filter(role=NodeRole.HEAD, run=cluster.run_id).exclude(end_cause="")
    last = ended.order_by("-pk").first()
    is_elsewhere = last is not None and zones.may_go_elsewhere(cluster, last)
    if last and not is_elsewhere and cloud_resources.has_next(cluster):
        if nodes:
            machines.remove(cluster, driver, ref, nodes)
        else:
            cloud_resources.switch(cluster, driver, ref, reason=brief(last.end_reason))
        return None
    timed_out = ended.filter(end_cause=EndCause.START_TIMED_OUT).count()
    if last and not is_elsewhere and not _may_try_again(cluster, last, attempts=timed_out):
        fields = {"node": last.name, "cause": last.end_cause}
        _fail(cluster, f"Head node lost: {brief(last.end_reason)}", fields=fields)
        return None
    if heads:  # an earlier one is still going
        machines.remove(cluster, driver, ref, heads)
        return None
    return _new_head(cluster, last, attempt=timed_out + 1)


def _may_try_again(cluster: Cluster, last: Node, *, attempts: int) -> bool:
    """Return whether a head that Ray was too slow for, as on a busy machine, gets another try."""
    timed_out = last.end_cause == EndCause.START_TIMED_OUT
    return timed_out and cluster.state == ClusterState.STARTING and attempts < MOST_ATTEMPTS


@transaction.atomic
def _new_head(cluster: Cluster, last: Node | None, *, attempt: int) -> Node:
    group = cluster.groups.get(role=NodeRole.HEAD)
    [head] = rows.add_nodes(cluster, group, count=1, zone=zones.zone_for(cluster, group))
    if last is not None:
        is_again = last.end_cause == EndCause.START_TIMED_OUT
        where = f"again, attempt {attempt} of {MOST_ATTEMPTS}" if is_again else f"in {head.zone}"
        note(
            cluster,
            f"Starting the head node {where}: {brief(last.end_reason)}",
            kind=EventKind.NODE_START_FAILED,
            fields={"node": last.name, "attempt": attempt, "cause": last.end_cause},
            severity=EventSeverity.WARNING,
        )
    return head


def give_up_late(cluster: Cluster, head: Node) -> None:
    """End a head that has not come up within `zone_starting_timeout`, if there is another way."""
    coming = head.state in JOINING_NODE_STATES
    if cluster.state != ClusterState.STARTING or not coming or len(resources_of(cluster)) == 1:
        return
    limit = start_timeout(configuration_of(cluster))
    if now() - head.requested_at > limit and cloud_resources.has_next(cluster):
        why = brief(cluster.run.last_error) if cluster.run.last_error else "It did not start."
        _give_up(head, reason=f"Head node not ready within {duration(limit)}: {why}")


def give_up_refused(cluster: Cluster, *, reason: str) -> None:
    """End a start that the provider refuses for good: another cloud resource may grant it."""
    heads = [n for n in observe.live_nodes(cluster) if n.role == NodeRole.HEAD]
    if heads and heads[0].state != NodeState.TERMINATING and cloud_resources.has_next(cluster):
        _give_up(heads[0], reason=reason)
    else:
        _fail(cluster, reason)


def fail_without_cloud(cluster: Cluster) -> bool:
    """Fail a start on a cloud that the team can no longer use; return whether it was one."""
    if may_use(cluster.cloud, team=cluster.team):
        return False
    _fail(cluster, taken_away(cluster.cloud, team=cluster.team))
    return True


def _give_up(head: Node, *, reason: str) -> None:
    """End a head that does not start here."""
    move_node(head, NodeState.TERMINATING, cause=EndCause.START_FAILED, reason=reason)


def _fail(cluster: Cluster, reason: str, *, fields: Mapping[str, object] | None = None) -> None:
    severity = EventSeverity.ERROR
    move_cluster(cluster, ClusterState.FAILED, reason=reason, fields=fields, severity=severity)
