"""Bring a cluster closer to what its owner wants. Safe to run twice, late, or to be killed."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils.timezone import now

from clouds.drivers import driver_for
from clusters.agent_report import AGENT_SILENCE
from clusters.leases import LEASE, LeaseLost, is_free, lease, renew
from clusters.models import Cluster, Node, Run
from clusters.models.event import EventSeverity
from clusters.nodes.driver_refs import reference, specification
from clusters.queues import Priority, Queue, is_due, is_slow
from clusters.reconcile import (
    cloud_resources,
    health,
    machines,
    node_logs,
    observe,
    settled,
    termination,
    timers,
)
from clusters.reconcile import head as heads
from clusters.reconcile.clock import follow_the_clock
from clusters.reconcile.turn import Turn
from clusters.scaling import scale
from clusters.scaling.planning import PlanningTimedOut
from clusters.transitions import StateChanged, move_cluster, note
from domain.events import EventKind
from domain.failures import cause_of
from domain.lifecycle import ClusterState, ClusterTarget, NodeState
from domain.wording import duration
from providers.base import (
    ClusterRef,
    ProviderDriver,
    ProviderError,
)

log = logging.getLogger(__name__)

AFTER_CHANGE = timedelta(seconds=1)  # somebody else changed the cluster meanwhile
AFTER_ERROR = timedelta(seconds=5)
ENDED = timedelta(minutes=5)  # nothing is left to be done
# So many are asked for at a time; messages that nobody takes in some seconds are dropped.
MOST_DUE = {Queue.FAST: 500, Queue.SLOW: 20}
# Celery stops a task after that.
TIME_LIMIT = timedelta(seconds=settings.CELERY_TASK_SOFT_TIME_LIMIT)


def reconcile(cluster_id: str, *, only_if_due: bool = False, queue: Queue = Queue.SLOW) -> None:
    """Do the next steps for one cluster and note when to look again."""
    with lease(cluster_id, only_if_due=only_if_due, queue=queue) as cluster:
        if cluster is None:
            return  # another worker has it, or did it already
        follow_the_clock(cluster)
        turn = Turn.of(cluster, queue)
        pause = AFTER_ERROR  # after a defect of ours too: it must not keep the workers busy
        try:
            pause = _attempt(cluster, turn)
            health.judge(cluster, turn.nodes, timeouts=turn.timeouts)
            turn.settled = timers.rest_of(turn)
        finally:
            turn.end(pause)


def _attempt(cluster: Cluster, turn: Turn) -> timedelta:
    """Make one pass; return how long it may rest."""
    try:
        driver = driver_for(cluster.cloud)
        if driver.facts.lease > LEASE:
            renew(cluster)
        return _pass(cluster, driver, reference(cluster), turn)
    except (StateChanged, LeaseLost) as error:
        log.info("pass ended early", extra={"cluster": str(cluster.pk), "why": str(error)})
        return AFTER_CHANGE
    except ProviderError as error:
        _note_error(cluster, error)
        return AFTER_ERROR
    except SoftTimeLimitExceeded:
        turn.stop(f"A pass of the reconcile loop took longer than {duration(TIME_LIMIT)}")
        return AFTER_ERROR


def _note_error(cluster: Cluster, error: ProviderError) -> None:
    text = str(error)[:500]
    if cluster.run.last_error != text:
        kind = error.failure_class.value
        Run.objects.filter(pk=cluster.run_id).update(last_error=text, last_error_class=kind)
        cluster.run.last_error, cluster.run.last_error_class = text, kind
        cause = cause_of(text)
        more = {"text": cause.text} if cause.has_more else {}
        note(
            cluster,
            cause.sentence,
            kind=EventKind.PROVIDER_ERROR,
            fields={"failure": error.failure_class, "retryable": error.retryable, **more},
            severity=EventSeverity.WARNING if error.retryable else EventSeverity.ERROR,
        )
    starting = cluster.state in {ClusterState.REQUESTED, ClusterState.STARTING}
    if not error.retryable and starting and cluster.target == ClusterTarget.RUNNING:
        heads.give_up_refused(cluster, reason=text)


def _pass(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, turn: Turn) -> timedelta:
    if cluster.target != ClusterTarget.RUNNING or cluster.state == ClusterState.FAILED:
        is_over = termination.end(cluster, driver, ref)
        return ENDED if is_over else driver.facts.look_every_busy
    if cluster.state in {ClusterState.REQUESTED, ClusterState.STOPPED}:
        move_cluster(cluster, ClusterState.STARTING, reason="Launch started.")
    if cluster.state == ClusterState.STARTING and (
        heads.fail_without_cloud(cluster) or not _prepared(cluster, driver, ref)
    ):
        return driver.facts.look_every_busy
    nodes = observe.observe(cluster, driver, ref, seen=turn.machines)
    head = heads.head_of(cluster, driver, ref, nodes)
    if head is None:
        return driver.facts.look_every_busy
    heads.give_up_late(cluster, head)
    nodes = nodes if head in nodes else [*nodes, head]
    if cluster.state == ClusterState.STARTING and head.state == NodeState.READY:
        move_cluster(cluster, ClusterState.RUNNING, reason="Head node ready.")
    if cluster.state == ClusterState.RUNNING:
        if termination.end_if_due(cluster, nodes):
            return timedelta(0)
        nodes = _scaled(cluster, nodes, turn)
    machines.carry_out(cluster, driver, ref, nodes)
    node_logs.keep_what_is_read(cluster, driver, ref, nodes)
    _watch_agent(cluster, driver, ref, head)
    _clear_error(cluster)
    turn.nodes = nodes
    is_calm = all(n.state == NodeState.READY for n in nodes)
    return driver.facts.look_every_calm if is_calm else driver.facts.look_every_busy


def _scaled(cluster: Cluster, nodes: list[Node], turn: Turn) -> list[Node]:
    """Return the live nodes after planning; where that takes too long, the pass goes on without."""
    if turn.leaves(cluster.run.demand):
        return nodes
    try:
        return scale.scale(cluster, nodes, turn.planning)
    except PlanningTimedOut:
        seconds = timedelta(seconds=turn.planning.limit)
        turn.stop(f"Planning for the pending demand took longer than {duration(seconds)}")
        return nodes


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


def _watch_agent(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, head: Node) -> None:
    seen = cluster.run.agent_seen_at
    if head.state == NodeState.READY and seen and abs(now() - seen) > AGENT_SILENCE:
        driver.launch(ref, [specification(head)])  # makes sure that its agent runs


def _clear_error(cluster: Cluster) -> None:
    if cluster.run.last_error:
        Run.objects.filter(pk=cluster.run_id).update(last_error="", last_error_class="")
        cluster.run.last_error = cluster.run.last_error_class = ""


def due(queue: Queue = Queue.FAST) -> list[str]:
    """Return the ids of the clusters that need a whole pass now."""
    return list(due_passes(queue))


def due_passes(queue: Queue) -> dict[str, Priority]:
    """Return the clusters that need a whole pass now by their ids, who waits longest first.

    Those that only have their routine are the last: after a restart that may be all there are.
    """
    rows = Cluster.objects.exclude(state=ClusterState.TERMINATED).filter(is_due(), is_free())
    rows = rows.filter(is_slow() if queue is Queue.SLOW else ~is_slow())
    found = settled.with_routine(settled.settled(rows, wanted=False))
    return {
        str(pk): Priority.ROUTINE if has_routine else Priority.LOOP
        for pk, has_routine in found[: MOST_DUE[queue]]
    }
