"""Which clusters are due, and which queue of Celery their passes run in.

The fast queue is for everything that takes moments. What takes long has a queue, and workers, of
its own, so that no cluster keeps another team's waiting.
"""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum, StrEnum

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from clusters.models import Cluster

# A cluster whose pass took long stays in the slow queue for so long after it.
SLOW_TIME = timedelta(minutes=10)
# A clock that was set back by less changes nothing here.
STEP_BACK = timedelta(seconds=5)
# The longest rest, and the longest pause between two passes.
LONGEST_REST = timedelta(minutes=15)


class Queue(StrEnum):
    """Queues of Celery, as settings and workers name them."""

    FAST = "celery"  # Celery's default
    SLOW = "slow"


class Priority(IntEnum):
    """Priorities of messages: of those that wait in a queue, the lowest number goes first."""

    USER = 0  # a user waits for it
    LOOP = 3  # the sweep, reports
    ROUTINE = 6  # nothing has changed, and nothing is due: a precaution


def is_due() -> Q:
    """Return the condition that a cluster needs a pass now."""
    waited = Q(wake_at__lte=Now()) & (Q(rest_until=None) | Q(rest_until__lte=Now()))
    return waited | Q(passed_at__gt=Now() + STEP_BACK)


def is_slow() -> Q:
    """Return the condition that a cluster's passes belong in the slow queue."""
    return Q(slow_until__isnull=False, slow_until__gt=Now(), slow_until__lte=Now() + SLOW_TIME)


def queue_of(cluster: Cluster) -> Queue:
    """Return the queue for the next pass of a cluster, as far as its row was read."""
    until, moment = cluster.slow_until, now()
    return Queue.SLOW if until and moment < until <= moment + SLOW_TIME else Queue.FAST


def is_resting(cluster: Cluster) -> bool:
    """Return whether a report must not make a pass yet, as far as the row was read."""
    until, moment = cluster.rest_until, now()
    return until is not None and moment < until <= moment + LONGEST_REST
