"""A clock that jumps ends no wait too early and none too late: marks of a cluster move with it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Least, Now
from django.utils.timezone import now

from clusters.models import Cluster, Consolidation, Cooldown, Group, Node, Run
from clusters.nodes.drain import DRAIN_TIME
from clusters.queues import LONGEST_REST, STEP_BACK
from domain.cooldowns import LONGEST
from domain.lifecycle import JOINING_NODE_STATES, NodeState

log = logging.getLogger(__name__)

# Longer than any pause between two passes: the clock was set forward, or Mobula was away.
GAP = LONGEST_REST + timedelta(minutes=5)
_OF_NODES = (
    *("requested_at", "launched_at", "booted_at", "ready_at", "draining_at"),
    *("idle_since", "missing_since"),
)
_OF_RUNS = (
    *("requested_at", "started_at", "idle_since", "waiting_since"),
    "failed_at",
    *("agent_seen_at", "demand_at"),
)


def follow_the_clock(cluster: Cluster) -> None:
    """Mend the marks of a cluster whose last pass lies in the future, or very long ago."""
    last = cluster.passed_at
    if last is None:
        return
    if last > now() + STEP_BACK:
        log.warning("clock was set back", extra={"cluster": str(cluster.pk)})
        _forget_the_future(cluster)
    elif last < now() - GAP:
        log.warning("no pass for long", extra={"cluster": str(cluster.pk), "last": str(last)})
        _wait_anew(cluster)
    else:
        return
    # The next report is stored whole: it mends what was moved here.
    Run.objects.filter(pk=cluster.run_id).update(report_digest="")
    cluster.run.refresh_from_db()


def _forget_the_future(cluster: Cluster) -> None:
    """Let nothing have happened later than now; deadlines keep the longest time they may have.

    A user's pause of the idle timer, the history and the ledger stay as they are.
    """
    nodes = Node.objects.filter(cluster=cluster).exclude(state=NodeState.TERMINATED)
    for name in _OF_NODES:
        nodes.filter(**{f"{name}__gt": Now()}).update(**{name: Now()})
    late = nodes.filter(drain_deadline__gt=Now() + DRAIN_TIME)
    late.filter(state=NodeState.DRAINING).update(drain_deadline=Now() + DRAIN_TIME)
    runs = Run.objects.filter(pk=cluster.run_id)
    for name in _OF_RUNS:
        runs.filter(**{f"{name}__gt": Now()}).update(**{name: Now()})
    looks = Consolidation.objects.filter(run=cluster.run_id)
    looks.filter(looked_at__gt=Now()).update(looked_at=Now())
    looks.filter(since__gt=Now()).update(since=Now())
    Group.objects.filter(cluster=cluster, stopped_at__gt=Now()).update(stopped_at=Now())
    rows = Cluster.objects.filter(pk=cluster.pk, replacing_since__gt=Now())
    rows.update(replacing_since=Now())
    cooling = Cooldown.objects.filter(cloud=cluster.cloud_id)
    cooling.filter(Q(failed_at__gt=Now()) | Q(until__gt=Now() + LONGEST)).update(
        failed_at=Now(), until=Least(F("until"), Now() + LONGEST)
    )


def _wait_anew(cluster: Cluster) -> None:
    """Count no time in which nobody looked: not as idle, and not as a start that takes long."""
    nodes = Node.objects.filter(cluster=cluster)
    joining = nodes.filter(state__in=JOINING_NODE_STATES)
    joining.update(requested_at=Now())
    joining.filter(launched_at__isnull=False).update(launched_at=Now())
    joining.filter(booted_at__isnull=False).update(booted_at=Now())
    nodes.filter(missing_since__isnull=False).update(missing_since=None)
    Run.objects.filter(pk=cluster.run_id).update(idle_since=None)
