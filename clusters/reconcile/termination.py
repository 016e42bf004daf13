"""When a running cluster ends by itself, and what is closed once its machines are gone."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from clusters.agent_report import has_fresh_report
from clusters.models import Cluster, Command, Job, Node
from clusters.models.event import EventSeverity
from clusters.transitions import StateChanged, move_cluster
from domain.idle import IdleInput, IdleVerdict, verdict
from domain.lifecycle import ClusterState, ClusterTarget, NodeState


def verdict_for(cluster: Cluster, nodes: list[Node]) -> IdleVerdict:
    """Return whether the cluster is idle now, with the signals that say so."""
    ready = [node for node in nodes if node.state == NodeState.READY]
    return verdict_of(cluster, busy=sum(node.idle_since is None for node in ready))


def verdict_of(cluster: Cluster, *, busy: int) -> IdleVerdict:
    """Return the same from how many of its ready nodes are not idle."""
    fresh = has_fresh_report(cluster)
    return verdict(
        IdleInput(
            drivers=cluster.drivers if fresh else None,
            actors=cluster.actors if fresh else None,
            waiting=_waiting(cluster) if fresh else None,
            held=busy if fresh else None,
            hold_until=cluster.hold_until,
        ),
        idle_since=cluster.idle_since,
        started_at=cluster.started_at,
        idle_minutes=cluster.idle_minutes,
        max_lifetime_minutes=cluster.max_lifetime_minutes,
        now=now(),
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
    return _terminate(cluster, reason=answer.reason)


@transaction.atomic
def _terminate(cluster: Cluster, *, reason: str) -> bool:
    """Terminate the cluster unless somebody used, held or stopped it since it was read."""
    as_judged = Cluster.objects.filter(
        pk=cluster.pk,
        state=cluster.state,
        target=cluster.target,
        idle_since=cluster.idle_since,
        hold_until=cluster.hold_until,
    )
    if not as_judged.update(target=ClusterTarget.TERMINATED):
        return False
    cluster.target = ClusterTarget.TERMINATED
    fields = {
        "idle_since": cluster.idle_since,
        "idle_minutes": cluster.idle_minutes,
        "max_lifetime_minutes": cluster.max_lifetime_minutes,
    }
    severity = EventSeverity.WARNING
    move_cluster(cluster, ClusterState.TERMINATING, reason=reason, fields=fields, severity=severity)
    return True


_RESTS = {
    ClusterState.STOPPING: ClusterState.STOPPED,
    ClusterState.TERMINATING: ClusterState.TERMINATED,
}


@transaction.atomic
def close_run(cluster: Cluster) -> None:
    """Close a run whose machines are gone: its state, and the work that nobody will end now.

    Raises Conflict when the cluster was started or terminated meanwhile.
    """
    as_seen = Cluster.objects.filter(pk=cluster.pk, run=cluster.run, state=cluster.state)
    # Also locks the row: a late report waits here, and is then told that the run is over.
    if not as_seen.update(demand={}, demand_at=None, drivers=None, actors=None, last_error=""):
        raise StateChanged(f"{cluster} is no longer {cluster.state}.")
    rest = _RESTS.get(ClusterState(cluster.state))
    if rest:
        move_cluster(cluster, rest, reason="All its machines are gone.")
    _close_work(cluster)


def _close_work(cluster: Cluster) -> None:
    moment, told = now(), f"The cluster was {cluster.state} before this ended."
    status = "FAILED" if cluster.state == ClusterState.FAILED else "STOPPED"
    jobs = Job.objects.filter(cluster=cluster).exclude(status__in=Job.OVER)
    jobs.update(status=status, message=told, ended_at=moment)
    commands = Command.objects.filter(cluster=cluster, finished_at=None)
    commands.update(finished_at=moment, ok=False, message=told)
