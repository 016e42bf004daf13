"""When a changing value is worth telling."""

from __future__ import annotations

from typing import Any

# Ray's own reports trickle in for about a second: ten tasks first, then all five thousand.
LONGEST_WAIT_SECONDS = 1.0


class Settling:
    """A value is due when it differs from the reported one and was read twice, or after 1 s."""

    def __init__(self, value: Any) -> None:
        self._told = value
        self._value = value
        self._steady = True
        self._open_since: float | None = None

    def see(self, value: Any, *, now: float) -> None:
        """Take in the value read at ``now`` (seconds of a clock that only grows)."""
        self._steady = value == self._value
        self._value = value
        if value == self._told:
            self._open_since = None
        elif self._open_since is None:
            self._open_since = now

    def is_open(self) -> bool:
        """Say whether the value differs from the one reported."""
        return self._open_since is not None

    def is_due(self, *, now: float) -> bool:
        """Say whether the value should be reported now."""
        if self._open_since is None:
            return False
        return self._steady or now - self._open_since >= LONGEST_WAIT_SECONDS

    def told(self, value: Any) -> None:
        """Note that this value was reported."""
        self._told = value
        if value == self._value:
            self._open_since = None
