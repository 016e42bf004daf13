"""Let the work of a cluster that was replaced end, then terminate it."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from clusters.following.switching import move_switch, tell_beside
from clusters.models import Cluster, Job, Switch
from clusters.models.event import EventSeverity
from clusters.queries.clusters import nodes_of
from clusters.reconcile.termination import verdict_for
from clusters.services.operating import end_cluster
from clusters.transitions import note
from domain.events import EventKind
from domain.idle import Activity
from domain.lifecycle import ClusterState, ClusterTarget
from domain.promotions.states import APPLIED_STATES, OPEN_STATES, RequestState
from domain.promotions.switches import Drain, Fate, Next, SwitchState, drain

# The last lines of a job's log come up to some seconds after it has ended.
QUIET = timedelta(seconds=10)


def drain_old(switch: Switch) -> None:
    """Keep, ask about, or terminate the old cluster of a switch that was made."""
    old = switch.old
    if old.target == ClusterTarget.TERMINATED:
        _done(switch)
        return
    jobs = _jobs(old)
    answer = drain(
        activity=_activity(old, jobs),
        jobs=jobs,
        fate=_fate(switch),
        switched_at=switch.switched_at or switch.created_at,
        now=now(),
    )
    if answer.next is Next.END:
        end_cluster(old, reason=f"Replaced by {switch.new}. {answer.words}")
        _done(switch)
        return
    if answer.next is Next.ASK and switch.asked_at is None:
        _ask(switch, answer, jobs)
    if answer.words != switch.detail:
        Switch.objects.filter(pk=switch.pk).update(detail=answer.words)
        tell_beside(switch, answer.words)


def _done(switch: Switch) -> None:
    words = "It is terminated."
    move_switch(switch, SwitchState.DONE, detail=words)
    tell_beside(switch, words)


def _ask(switch: Switch, answer: Drain, jobs: int) -> None:
    Switch.objects.filter(pk=switch.pk).update(asked_at=now())
    note(
        switch.old,
        f"Replaced by {switch.new}. {answer.words}",
        kind=EventKind.CLUSTER_DRAIN_OVERDUE,
        fields={"request": switch.request_id, "jobs": jobs},
        severity=EventSeverity.WARNING,
    )


def _jobs(old: Cluster) -> int:
    """Return how many jobs and drivers run or wait, those that Ray has not reported yet too."""
    open_jobs = Job.objects.filter(run=old.run_id).exclude(status__in=Job.OVER).count()
    return max(open_jobs, old.run.drivers or 0)


def _activity(old: Cluster, jobs: int) -> Activity:
    if old.target != ClusterTarget.RUNNING or old.state == ClusterState.FAILED:
        return Activity.IDLE  # nothing runs there any more
    if jobs:
        return Activity.ACTIVE
    answer = verdict_for(old, nodes_of(old))
    if answer.state is Activity.IDLE and (answer.idle_since or now()) > now() - QUIET:
        return Activity.ACTIVE
    return answer.state


def _fate(switch: Switch) -> Fate:
    request = switch.request
    if request.state in APPLIED_STATES or request.rollbacks.filter(state__in=OPEN_STATES).exists():
        return Fate.OPEN
    return Fate.FAILED if request.state == RequestState.FAILED else Fate.SETTLED
