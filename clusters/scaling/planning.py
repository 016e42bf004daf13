"""Plan under a lease that is renewed, and for no more processor time than a pass may use."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clusters.leases import LeaseLost, renewed
from clusters.models import Cluster

# Of processor time: a busy machine must not make a cluster slow.
FAST_SECONDS, SLOW_SECONDS = 1.0, 30.0


class PlanningTimedOut(Exception):
    """Planning took longer than a pass of this queue may plan."""


@dataclass(kw_only=True)
class Planning:
    """The planning of one pass: how long it may take, and how long it took so far."""

    cluster: Cluster
    limit: float = SLOW_SECONDS
    seconds: float = 0.0
    timed_out: bool = False
    found_nothing: bool = False  # to launch or to drain, and nothing waits

    def ask[Answer](self, question: Callable[[], Answer]) -> Answer:
        """Return the answer; raises PlanningTimedOut, or LeaseLost."""
        started = time.thread_time()
        try:
            with (
                _stopped_after(self.limit - self.seconds) as lose,
                renewed(self.cluster, lost=lose),
            ):
                return question()
        except PlanningTimedOut:
            self.timed_out = True
            raise
        finally:
            self.seconds += time.thread_time() - started


@dataclass
class _Stop:
    """What the next signal raises in the main thread."""

    error: Exception | None = None

    def __call__(self, *_: object) -> None:
        error, self.error = self.error, None
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if error is not None:
            raise error


_STOP = _Stop()


@contextmanager
def _stopped_after(seconds: float) -> Iterator[Callable[[], None]]:
    """Raise PlanningTimedOut after so much processor time; yield what raises LeaseLost at once.

    Signals reach main threads only, which workers plan in: elsewhere nothing is stopped. The
    handler stays installed: a signal that comes late must find it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return

    def lose() -> None:
        _STOP.error = LeaseLost()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGVTALRM)

    signal.signal(signal.SIGVTALRM, _STOP)
    _STOP.error = PlanningTimedOut()
    signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, 0.001))
    try:
        yield lose
    finally:
        _STOP.error = None
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
