"""When a running cluster ends by itself, and how its machines go before its run is closed."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.utils.timezone import now

from clusters import runs
from clusters.agent_report import has_fresh_report
from clusters.models import Cluster, Node, Run
from clusters.models.event import EventSeverity
from clusters.reconcile import machines, observe
from clusters.transitions import move_cluster, move_node
from domain.idle import IdleInput, IdleVerdict, WorkspaceUse, verdict
from domain.lifecycle import (
    CLUSTER_MOVES,
    ClusterState,
    ClusterTarget,
    EndCause,
    NodeState,
)
from providers.base import ClusterRef, ProviderDriver


def verdict_for(cluster: Cluster, nodes: list[Node]) -> IdleVerdict:
    """Return whether the cluster is idle now, with the signals that say so."""
    ready = [node for node in nodes if node.state == NodeState.READY]
    return verdict_of(cluster, busy=sum(node.idle_since is None for node in ready))


def verdict_of(cluster: Cluster, *, busy: int) -> IdleVerdict:
    """Return the same from how many of its ready nodes are not idle."""
    fresh = has_fresh_report(cluster)
    return verdict(
        IdleInput(
            drivers=cluster.run.drivers if fresh else None,
            actors=cluster.run.actors if fresh else None,
            waiting=_waiting(cluster) if fresh else None,
            held=busy if fresh else None,
            hold_until=cluster.run.hold_until,
            workspace=use_of(cluster) if cluster.workspace_id else None,
        ),
        idle_since=cluster.run.idle_since,
        started_at=cluster.run.started_at,
        idle_minutes=cluster.idle_minutes,
        max_lifetime_minutes=cluster.max_lifetime_minutes,
        now=now(),
    )


def use_of(cluster: Cluster) -> WorkspaceUse:
    """Return what the agent says of the use of a workspace's JupyterLab."""
    told = cluster.run.workspace
    if told.get("state") == "running":
        at = told.get("active_at")
        seen = datetime.fromtimestamp(at, UTC) if at else None
        return WorkspaceUse(busy=told.get("busy"), active_at=seen)
    # Where there is no server, nobody works in it: such a workspace may end.
    return WorkspaceUse(busy=0, active_at=None)


def _waiting(cluster: Cluster) -> int:
    demand = cluster.run.demand
    shapes = sum(int(shape["count"]) for shape in demand.get("shapes", ()))
    return shapes + len(demand.get("gangs", ()))


def end_if_due(cluster: Cluster, nodes: list[Node]) -> bool:
    """Terminate the cluster if its idle or its lifetime rule says so; return whether it did."""
    answer = verdict_for(cluster, nodes)
    if answer.idle_since != cluster.run.idle_since:
        Run.objects.filter(pk=cluster.run_id).update(idle_since=answer.idle_since)
        cluster.run.idle_since = answer.idle_since
    if not answer.stops_at or answer.stops_at > now():
        return False
    return _terminate(cluster, reason=answer.reason)


@transaction.atomic
def _terminate(cluster: Cluster, *, reason: str) -> bool:
    """Terminate the cluster unless somebody used, held or stopped it since it was read."""
    run = cluster.run
    # Locks both rows and reads them anew: whoever uses or holds the cluster writes to its run.
    as_judged = Cluster.objects.select_for_update(of=("self", "run"), no_key=True).filter(
        pk=cluster.pk,
        state=cluster.state,
        target=cluster.target,
        run=run,
        run__idle_since=run.idle_since,
        run__hold_until=run.hold_until,
    )
    if as_judged.select_related("run").first() is None:
        return False
    # A workspace is started again by its owner.
    target = ClusterTarget.STOPPED if cluster.workspace_id else ClusterTarget.TERMINATED
    Cluster.objects.filter(pk=cluster.pk).update(target=target)
    cluster.target = target
    fields = {
        "idle_since": run.idle_since,
        "idle_minutes": cluster.idle_minutes,
        "max_lifetime_minutes": cluster.max_lifetime_minutes,
    }
    severity = EventSeverity.WARNING
    move_cluster(cluster, _WAYS[target], reason=reason, fields=fields, severity=severity)
    return True


_CAUSES = {
    ClusterTarget.STOPPED: EndCause.CLUSTER_STOPPED,
    ClusterTarget.TERMINATED: EndCause.CLUSTER_TERMINATED,
    ClusterTarget.RUNNING: EndCause.CLUSTER_FAILED,
}
_WAYS = {
    ClusterTarget.STOPPED: ClusterState.STOPPING,
    ClusterTarget.TERMINATED: ClusterState.TERMINATING,
}


def end(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> bool:
    """Remove every machine; return whether the provider confirms it: then the run has ended."""
    _follow_target(cluster)
    cause = _CAUSES[ClusterTarget(cluster.target)]
    nodes = observe.observe(cluster, driver, ref)
    for node in nodes:
        if node.state == NodeState.REQUESTED:
            move_node(node, NodeState.TERMINATED, cause=cause, reason="Never launched.")
        elif node.state != NodeState.TERMINATING:
            move_node(node, NodeState.TERMINATING, cause=cause, reason=f"{cause.capitalize()}.")
    machines.remove(cluster, driver, ref, nodes)
    if observe.observe(cluster, driver, ref):
        return False
    return _close(cluster, driver, ref)


def _follow_target(cluster: Cluster) -> None:
    """Take the way to what is wanted, should nobody have done so: else it never arrives."""
    way = _WAYS.get(ClusterTarget(cluster.target))
    if way and way in CLUSTER_MOVES[ClusterState(cluster.state)]:
        move_cluster(cluster, way, reason=f"Target state: {cluster.target}.")


def _close(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> bool:
    if driver.observe(ref):
        return False  # machines without a row are still going
    if cluster.state == ClusterState.TERMINATING:
        driver.destroy(ref)
    runs.end(cluster)
    return True
