"""Bring a cluster closer to what its owner wants. Safe to run twice, late, or to be killed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db.models.functions import Now
from django.utils.timezone import now

from clouds.drivers import driver_for
from clusters.leases import LeaseLost, lease, renew
from clusters.models import Cluster, Node
from clusters.models.event import EventSeverity
from clusters.nodes import drain, rows
from clusters.nodes.driver_refs import reference, specification
from clusters.reconcile import cloud_resources, launch, observe, termination
from clusters.scaling import scale
from clusters.transitions import StateChanged, move_cluster, move_node, note
from domain.events import EventKind
from domain.lifecycle import (
    CLUSTER_MOVES,
    ClusterState,
    ClusterTarget,
    EndCause,
    NodeRole,
    NodeState,
)
from providers.base import (
    ClusterRef,
    ProviderDriver,
    ProviderError,
)

log = logging.getLogger(__name__)

BUSY = timedelta(seconds=1)  # something moves: look again soon
CALM = timedelta(seconds=3)  # a machine that dies unasked must be noticed within 10 s
AFTER_ERROR = timedelta(seconds=5)
# Without a word from the agent for so long, the head is asked to start it again.
AGENT_SILENCE = timedelta(seconds=15)


def reconcile(cluster_id: str, *, only_if_due: bool = False) -> None:
    """Do the next steps for one cluster and note when to look again."""
    with lease(cluster_id, only_if_due=only_if_due) as cluster:
        if cluster is None:
            return  # another worker has it, or did it already
        seen = cluster.wake_at
        pause = AFTER_ERROR  # after a defect of ours too: it must not keep the workers busy
        try:
            pause = _attempt(cluster)
        finally:
            # Whoever woke the cluster meanwhile moved wake_at: then leave it, it is due at once.
            Cluster.objects.filter(pk=cluster.pk, wake_at=seen).update(wake_at=Now() + pause)


def _attempt(cluster: Cluster) -> timedelta:
    """Make one pass; return how long it may rest."""
    try:
        return _pass(cluster, driver_for(cluster.cloud), reference(cluster))
    except (StateChanged, LeaseLost) as error:
        log.info("pass ended early", extra={"cluster": str(cluster.pk), "why": str(error)})
        return BUSY
    except ProviderError as error:
        _note_error(cluster, error)
        return AFTER_ERROR


def _note_error(cluster: Cluster, error: ProviderError) -> None:
    text = str(error)[:500]
    if cluster.last_error != text:
        Cluster.objects.filter(pk=cluster.pk).update(last_error=text)
        note(
            cluster,
            text,
            kind=EventKind.PROVIDER_ERROR,
            fields={"failure": error.failure_class, "retryable": error.retryable},
            severity=EventSeverity.WARNING if error.retryable else EventSeverity.ERROR,
        )
    starting = cluster.state in {ClusterState.REQUESTED, ClusterState.STARTING}
    if not error.retryable and starting and cluster.target == ClusterTarget.RUNNING:
        _give_up(cluster, text)


def _give_up(cluster: Cluster, reason: str) -> None:
    """What the provider refuses for good, another cloud resource may grant."""
    heads = [n for n in observe.live_nodes(cluster) if n.role == NodeRole.HEAD]
    if heads and heads[0].state != NodeState.TERMINATING and cloud_resources.has_next(cluster):
        cloud_resources.give_up(heads[0], reason=reason)
    else:
        _fail(cluster, reason)


def _pass(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> timedelta:
    if cluster.target != ClusterTarget.RUNNING or cluster.state == ClusterState.FAILED:
        return _end(cluster, driver, ref)
    if cluster.state in {ClusterState.REQUESTED, ClusterState.STOPPED}:
        move_cluster(cluster, ClusterState.STARTING, reason="A worker took the request.")
    if cluster.state == ClusterState.STARTING and not _prepared(cluster, driver, ref):
        return BUSY
    nodes = observe.observe(cluster, driver, ref)
    head = _head(cluster, driver, ref, nodes)
    if head is None:
        return BUSY
    cloud_resources.give_up_late_head(cluster, head)
    nodes = nodes if head in nodes else [*nodes, head]
    if cluster.state == ClusterState.STARTING and head.state == NodeState.READY:
        move_cluster(cluster, ClusterState.RUNNING, reason="The head is ready.")
    if cluster.state == ClusterState.RUNNING:
        if termination.end_if_due(cluster, nodes):
            return timedelta(0)
        nodes = scale.scale(cluster, nodes)
    _carry_out(cluster, driver, ref, nodes)
    _watch_agent(cluster, driver, ref, head)
    _clear_error(cluster)
    return CALM if all(n.state == NodeState.READY for n in nodes) else BUSY


def _prepared(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> bool:
    """Prepare the cluster; return False if that is refused here and tried elsewhere next."""
    try:
        driver.prepare(ref)
    except ProviderError as error:
        if error.retryable or not cloud_resources.has_next(cluster):
            raise
        cloud_resources.switch(cluster, driver, ref, reason=str(error))
        return False
    return True


def _head(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]
) -> Node | None:
    """Return this run's head, written down if there is none; None if it is lost."""
    heads = [node for node in nodes if node.role == NodeRole.HEAD]
    if heads and heads[0].state != NodeState.TERMINATING and heads[0].run == cluster.run:
        return heads[0]
    ended = cluster.nodes.filter(role=NodeRole.HEAD, run=cluster.run).exclude(end_cause="")
    last = ended.order_by("-pk").first()
    if last and cloud_resources.has_next(cluster):
        if nodes:
            _terminate(cluster, driver, ref, nodes)
        else:
            cloud_resources.switch(cluster, driver, ref, reason=last.end_reason)
        return None
    if last:
        fields = {"node": last.name, "cause": last.end_cause}
        _fail(cluster, f"The head is lost: {last.end_reason}", fields=fields)
        return None
    if heads:
        return None  # the head of an earlier run is still going
    group = cluster.groups.get(role=NodeRole.HEAD)
    return rows.add_nodes(cluster, group, count=1)[0]


def _fail(cluster: Cluster, reason: str, *, fields: Mapping[str, object] | None = None) -> None:
    severity = EventSeverity.ERROR
    move_cluster(cluster, ClusterState.FAILED, reason=reason, fields=fields, severity=severity)


def _carry_out(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]
) -> None:
    """Ask the provider for what the rows say: drained nodes away, requested ones started."""
    for node in nodes:
        _end_drain(cluster, node)
    _terminate(cluster, driver, ref, nodes)
    waiting = [n for n in nodes if n.state in {NodeState.REQUESTED, NodeState.LAUNCHING}]
    for node in waiting:
        if node.state == NodeState.REQUESTED:
            move_node(node, NodeState.LAUNCHING, reason="Asked of the provider.")
    if waiting:
        renew(cluster)
        launch.launch(cluster, driver, ref, waiting)


def _end_drain(cluster: Cluster, node: Node) -> None:
    if node.state != NodeState.DRAINING:
        return
    if node.drain_deadline is None:
        drain.keep_if_unanswered(cluster, node)
    elif node.drain_deadline < now():
        move_node(node, NodeState.TERMINATING, reason="Its time to drain is over.")


def _terminate(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]
) -> None:
    going = [node.name for node in nodes if node.state == NodeState.TERMINATING]
    if going:
        renew(cluster)
        driver.terminate(ref, going)


def _watch_agent(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, head: Node) -> None:
    seen = cluster.agent_seen_at
    if head.state == NodeState.READY and seen and now() - seen > AGENT_SILENCE:
        driver.launch(ref, [specification(head)])  # makes sure that its agent runs


def _clear_error(cluster: Cluster) -> None:
    if cluster.last_error:
        Cluster.objects.filter(pk=cluster.pk).update(last_error="")


_CAUSES = {
    ClusterTarget.STOPPED: EndCause.CLUSTER_STOPPED,
    ClusterTarget.TERMINATED: EndCause.CLUSTER_TERMINATED,
    ClusterTarget.RUNNING: EndCause.CLUSTER_FAILED,
}


_WAYS = {
    ClusterTarget.STOPPED: ClusterState.STOPPING,
    ClusterTarget.TERMINATED: ClusterState.TERMINATING,
}


def _end(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> timedelta:
    """Remove every machine; when the provider confirms, the cluster has stopped or ended."""
    _follow_target(cluster)
    cause = _CAUSES[ClusterTarget(cluster.target)]
    nodes = observe.observe(cluster, driver, ref)
    for node in nodes:
        if node.state == NodeState.REQUESTED:
            move_node(node, NodeState.TERMINATED, cause=cause, reason="Never asked for.")
        elif node.state != NodeState.TERMINATING:
            move_node(node, NodeState.TERMINATING, cause=cause, reason=f"The {cause}.")
    _terminate(cluster, driver, ref, nodes)
    if observe.observe(cluster, driver, ref):
        return BUSY
    return _ended(cluster, driver, ref)


def _follow_target(cluster: Cluster) -> None:
    """Take the way to what is wanted, should nobody have done so: else it never arrives."""
    way = _WAYS.get(ClusterTarget(cluster.target))
    if way and way in CLUSTER_MOVES[ClusterState(cluster.state)]:
        move_cluster(cluster, way, reason=f"It is to be {cluster.target}.")


def _ended(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> timedelta:
    if driver.observe(ref):
        return BUSY  # machines without a row are still going
    if cluster.state == ClusterState.TERMINATING:
        driver.destroy(ref)
    termination.close_run(cluster)
    return timedelta(minutes=5)


def due() -> list[str]:
    """Return the ids of the clusters that somebody must look at now."""
    rows = Cluster.objects.exclude(state=ClusterState.TERMINATED)
    rows = rows.filter(wake_at__lte=Now()).order_by("wake_at")
    return [str(pk) for pk in rows.values_list("pk", flat=True)[:500]]
