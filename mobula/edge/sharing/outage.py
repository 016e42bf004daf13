"""While the database is away nobody waits for it but one: all others hear so at once."""

from __future__ import annotations

from time import monotonic

from mobula.edge.refusal import Refusal

LOOK_AGAIN_SECONDS = 2.0
RETRY_AFTER = 5  # seconds, for clients
# A request that looks whether the database is back has this long before another one may.
TRIAL_SECONDS = 10.0
SENTENCE = "The database does not answer. Running clusters are not affected. Try again soon."


class Outage:
    """Whether the last request that needed the database got no connection."""

    def __init__(self) -> None:
        self._until: float | None = None

    def check(self) -> None:
        """Raise Refusal (503) during an outage, except for one request from time to time."""
        if self._until is None:
            return
        if monotonic() < self._until:
            raise refusal()
        self._until = monotonic() + TRIAL_SECONDS

    def note(self, *, away: bool) -> None:
        """Take in how a request that needed the database went."""
        self._until = monotonic() + LOOK_AGAIN_SECONDS if away else None


def refusal() -> Refusal:
    """Return the answer to a request that needs the database."""
    return Refusal(503, SENTENCE, retry_after=RETRY_AFTER)
