"""How often a cluster's agent may report, and how much work its reports may make."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

# An agent reports every second, every half second while nodes change, and five times a second
# at most, when something changes at once.
REPORTS_PER_SECOND, BURST = 6.0, 20.0
# Reports that take long count for more: a cluster gets half a core.
REPORTS_PER_WORK_SECOND = 2 * REPORTS_PER_SECOND
LONGEST_DEBT = 60.0
MOST_GATES = 5_000


class TooSoon(Exception):
    """The cluster has to wait for so many seconds before it reports again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Wait {seconds:.1f} seconds.")
        self.seconds = seconds


class Gate:
    """Lets the reports of one cluster in one after the other, at a bounded rate."""

    def __init__(self) -> None:
        self._level, self._at = BURST, monotonic()
        self.inside = False

    def enter(self) -> None:
        """Begin a report; raises TooSoon."""
        moment = monotonic()
        self._level = min(BURST, self._level + (moment - self._at) * REPORTS_PER_SECOND)
        self._at = moment
        if self.inside:
            raise TooSoon(1.0)
        if self._level < 1.0:
            raise TooSoon((1.0 - self._level) / REPORTS_PER_SECOND)
        self._level -= 1.0
        self.inside = True

    def leave(self, *, work_seconds: float = 0.0) -> None:
        """End the report, which took so much of a processor."""
        beyond = max(0.0, work_seconds * REPORTS_PER_WORK_SECOND - 1.0)
        self._level = max(self._level - beyond, -LONGEST_DEBT * REPORTS_PER_SECOND)
        self.inside = False


class Gates:
    """The gate of each cluster that reports; those unused for longest are forgotten."""

    def __init__(self) -> None:
        self._gates: OrderedDict[str, Gate] = OrderedDict()

    def of(self, cluster: str) -> Gate:
        """Return the cluster's gate."""
        gate = self._gates.setdefault(cluster, Gate())
        self._gates.move_to_end(cluster)
        if len(self._gates) > MOST_GATES:
            self._gates.popitem(last=False)
        return gate
