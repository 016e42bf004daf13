"""One pass of the reconcile loop over a cluster: what it used, and when the next one may be."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Q, When
from django.db.models.functions import Now
from django.utils.timezone import now

from clusters.models import Cluster, Node
from clusters.models.event import EventSeverity
from clusters.queues import LONGEST_REST, SLOW_TIME, Queue
from clusters.reconcile.settled import Rest, fingerprint
from clusters.scaling.planning import FAST_SECONDS, SLOW_SECONDS, Planning
from clusters.transitions import note
from domain.events import EventKind
from domain.wording import duration
from providers.base import ObservedNode

# After a pass, a cluster rests this many times as long as the pass computed, whatever is reported.
REST = 4
# More different shapes and bundles than this are not planned in the fast queue.
MOST_FAST = 500
# A pass that waits longer than this for its provider is for the slow queue, too.
LONG_SECONDS = 15.0
# After a timeout, doubled with each further one.
FIRST_PAUSE = timedelta(seconds=30)


@dataclass(kw_only=True)
class Turn:
    """A pass that has begun."""

    cluster: Cluster
    queue: Queue
    planning: Planning
    wake_at: datetime
    rest_until: datetime | None
    nodes: list[Node] | None = None  # that live after it; None: it came to none
    machines: list[ObservedNode] = field(default_factory=list)  # as the pass saw them first
    settled: Rest | None = None  # None: the next pass is a whole one
    timed_out: str = ""  # after how long what was stopped, as part of a sentence
    began: datetime = field(default_factory=now)
    started: float = field(default_factory=time.monotonic)
    computed: float = field(default_factory=time.thread_time)

    @classmethod
    def of(cls, cluster: Cluster, queue: Queue) -> Turn:
        limit = FAST_SECONDS if queue is Queue.FAST else SLOW_SECONDS
        return cls(
            cluster=cluster,
            queue=queue,
            planning=Planning(cluster=cluster, limit=limit),
            wake_at=cluster.wake_at,
            rest_until=cluster.rest_until,
        )

    def end(self, pause: timedelta) -> None:
        """Write down when the next pass is due, and in which queue.

        Whoever woke the cluster meanwhile moved `wake_at`: then it is due at once. A user cleared
        `rest_until`, too: then nothing of this pass holds the next one up.
        """
        rest = timedelta(seconds=REST * (time.thread_time() - self.computed))
        if self.timed_out:
            pause = rest = self._pause(self.timeouts)
        elif self._is_handed_over:
            pause = rest = timedelta(0)
        undisturbed = Q(rest_until=self.rest_until)
        slow = {"slow_until": _if(undisturbed, "slow_until", SLOW_TIME)} if self._is_slow else {}
        Cluster.objects.filter(pk=self.cluster.pk).update(
            passed_at=Now(),
            wake_at=_if(Q(wake_at=self.wake_at), "wake_at", pause),
            rest_until=_if(undisturbed, "rest_until", min(rest, LONGEST_REST)),
            timeouts=self.timeouts,
            **slow,
            **self._rest(pause),
        )

    def _rest(self, pause: timedelta) -> dict[str, Any]:
        """Return what lets the next looks be at the machines alone; nothing if it was disturbed."""
        if self.settled is None:
            return {"look_at": None}
        undisturbed = When(wake_at=self.wake_at, then=Now() + pause)
        return {
            "look_at": Case(undisturbed, default=None),
            "settled_until": self.settled.until,
            "is_routine": self.settled.is_routine,
            "settled_news": self.cluster.run.news,
            "machines": fingerprint(self.machines),
        }

    @property
    def timeouts(self) -> int:
        """How many passes in a row were stopped, this one included."""
        return self.cluster.timeouts + 1 if self.timed_out else 0

    def leaves(self, demand: Mapping[str, Any]) -> bool:
        """Return whether so much demand is left to the slow queue, without a try."""
        if self.queue is Queue.FAST and _size(demand) > MOST_FAST:
            self.planning.timed_out = True
        return self.planning.timed_out

    def stop(self, what: str) -> None:
        """Note that something of the pass was stopped; `what` is the subject of a sentence."""
        if self._is_handed_over:
            return
        timeouts = self.cluster.timeouts + 1
        self.timed_out = what
        if timeouts > 1 and self._pause(timeouts) == self._pause(timeouts - 1):
            return  # said often enough
        pause = self._pause(timeouts)
        note(
            self.cluster,
            f"{what} and was stopped. Nodes that run stay; Mobula tries again in "
            f"{duration(pause)}.",
            kind=EventKind.RECONCILE_TIMED_OUT,
            fields={"timeouts": timeouts, "retry_seconds": int(pause.total_seconds())},
            severity=EventSeverity.ERROR,
        )

    @property
    def _is_handed_over(self) -> bool:
        """Whether the slow queue takes over what was too much for the fast one."""
        return self.queue is Queue.FAST and self.planning.timed_out

    @property
    def _is_slow(self) -> bool:
        waited = time.monotonic() - self.started > LONG_SECONDS
        computed = self.planning.seconds > FAST_SECONDS
        return bool(self.timed_out) or self._is_handed_over or waited or computed

    @staticmethod
    def _pause(timeouts: int) -> timedelta:
        return min(FIRST_PAUSE * (1 << min(timeouts - 1, 10)), LONGEST_REST)


def _size(demand: Mapping[str, Any]) -> int:
    """Return how many different things wait, as the run keeps its demand."""
    gangs = demand.get("gangs", ())
    bundles = sum(len(gang["bundles"]) + sum(map(len, gang.get("fallbacks", ()))) for gang in gangs)
    return len(demand.get("shapes", ())) + len(demand.get("standing_requests", ())) + bundles


def _if(condition: Q, column: str, length: timedelta) -> Case:
    """Return so long from now under the condition, else what the column says."""
    return Case(When(condition, then=Now() + length), default=F(column))
