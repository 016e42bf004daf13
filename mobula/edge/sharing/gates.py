"""How often a cluster's agent may report, and how much work its reports may make."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import NamedTuple


class Rate(NamedTuple):
    """How often those behind a gate may report, and how many of them at the same time."""

    per_second: float
    burst: float
    most_inside: int = 1


# An agent reports every second, every half second while nodes change, and five times a second
# at most, when something changes at once.
AGENT = Rate(6.0, 20.0)
# A machine reports some eight times while it starts, then every five minutes: 500 that start
# together need a minute or two.
NODES = Rate(40.0, 200.0, most_inside=64)
# Reports that take long count for more: a cluster gets half a core, and as much for its nodes.
WORK_SHARE = 0.5
LONGEST_DEBT = 60.0
MOST_GATES = 5_000


class TooSoon(Exception):
    """The cluster has to wait for so many seconds before it reports again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Wait {seconds:.1f} seconds.")
        self.seconds = seconds


class Gate:
    """Lets the reports of one cluster in, one after the other if there is one sender."""

    def __init__(self, rate: Rate = AGENT) -> None:
        self._rate = rate
        self._level, self._at = rate.burst, monotonic()
        self._inside = 0

    def enter(self) -> None:
        """Begin a report; raises TooSoon."""
        moment = monotonic()
        rate = self._rate
        self._level = min(rate.burst, self._level + (moment - self._at) * rate.per_second)
        self._at = moment
        if self._inside >= rate.most_inside:
            raise TooSoon(1.0)
        if self._level < 1.0:
            raise TooSoon((1.0 - self._level) / rate.per_second)
        self._level -= 1.0
        self._inside += 1

    def leave(self, *, work_seconds: float = 0.0) -> None:
        """End the report, which took so much of a processor."""
        per_second = self._rate.per_second
        beyond = max(0.0, work_seconds / WORK_SHARE * per_second - 1.0)
        self._level = max(self._level - beyond, -LONGEST_DEBT * per_second)
        self._inside -= 1


class Gates:
    """The gate of each cluster that reports; those unused for longest are forgotten."""

    def __init__(self, rate: Rate = AGENT) -> None:
        self._rate = rate
        self._gates: OrderedDict[str, Gate] = OrderedDict()

    def of(self, cluster: str) -> Gate:
        """Return the cluster's gate."""
        gate = self._gates.setdefault(cluster, Gate(self._rate))
        self._gates.move_to_end(cluster)
        if len(self._gates) > MOST_GATES:
            self._gates.popitem(last=False)
        return gate
