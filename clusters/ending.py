"""The idle rule and the lifetime rule: when a running cluster ends by itself."""

from __future__ import annotations

from django.utils.timezone import now

from clusters.models import Cluster, Node
from clusters.models.record import Severity
from clusters.scaling import REPORT_LIMIT
from clusters.transitions import move_cluster
from domain.idle import IdleInput, Verdict, verdict
from domain.lifecycle import ClusterState, ClusterTarget, NodeState


def verdict_for(cluster: Cluster, nodes: list[Node]) -> Verdict:
    """Return whether the cluster is idle now, with the signals that say so."""
    moment = now()
    fresh = bool(cluster.agent_seen_at and moment - cluster.agent_seen_at < REPORT_LIMIT)
    busy = [node for node in nodes if node.state == NodeState.READY and node.idle_since is None]
    return verdict(
        IdleInput(
            drivers=cluster.drivers if fresh else None,
            actors=cluster.actors if fresh else None,
            waiting=_waiting(cluster) if fresh else None,
            held=len(busy) if fresh else None,
            hold_until=cluster.hold_until,
        ),
        idle_since=cluster.idle_since,
        started_at=cluster.started_at,
        idle_minutes=cluster.idle_minutes,
        max_lifetime_minutes=cluster.max_lifetime_minutes,
        now=moment,
    )


def _waiting(cluster: Cluster) -> int:
    demand = cluster.demand
    shapes = sum(int(shape["count"]) for shape in demand.get("shapes", ()))
    return shapes + len(demand.get("gangs", ()))


def end_if_due(cluster: Cluster, nodes: list[Node]) -> bool:
    """Terminate the cluster if its idle or its lifetime rule says so; return whether it did."""
    answer = verdict_for(cluster, nodes)
    if answer.idle_since != cluster.idle_since:
        Cluster.objects.filter(pk=cluster.pk).update(idle_since=answer.idle_since)
        cluster.idle_since = answer.idle_since
    if not answer.stops_at or answer.stops_at > now():
        return False
    Cluster.objects.filter(pk=cluster.pk).update(target=ClusterTarget.TERMINATED)
    cluster.target = ClusterTarget.TERMINATED
    move_cluster(cluster, ClusterState.TERMINATING, reason=answer.reason, severity=Severity.WARNING)
    return True
