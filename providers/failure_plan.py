"""What shall go wrong at the fake and the local provider, for tests and demonstrations.

The plan is a JSON file that anybody may write while clusters run; docs/spot.md shows one.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from providers.base import (
    BadCredentials,
    CapacityUnavailable,
    InvalidRequest,
    NodeSpec,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Unreachable,
)

ERRORS: dict[FailureClass, type[ProviderError]] = {
    FailureClass.CAPACITY: CapacityUnavailable,
    FailureClass.QUOTA: QuotaExceeded,
    FailureClass.PERMISSION: BadCredentials,
    FailureClass.CONFIGURATION: InvalidRequest,
    FailureClass.TRANSIENT: Throttled,
}
_TOLD = {
    FailureClass.CAPACITY: "No capacity for {what}.",
    FailureClass.QUOTA: "The quota for {what} is used up.",
    FailureClass.PERMISSION: "The account is not allowed to launch {what}.",
    FailureClass.CONFIGURATION: "{what} cannot be launched with these settings.",
    FailureClass.TRANSIENT: "The provider is busy and cannot launch {what} now.",
}
TAKEN_BACK = "The provider reclaimed the machine."
LONGEST_NOTICE = 7 * 24 * 3600  # seconds


@dataclass(kw_only=True)
class _Scope:
    """Which machines something is planned for: empty stands for any."""

    group: str = ""
    instance_type: str = ""
    zone: str = ""
    market: str = ""

    def covers(self, node: NodeSpec) -> bool:
        """Return whether it is planned for this node."""
        return (
            self.group in {"", node.group}
            and self.instance_type in {"", node.instance_type}
            and self.zone in {"", node.zone}
            and self.market in {"", node.market.value}
        )


@dataclass(kw_only=True)
class PlannedFailure(_Scope):
    """Launches of such nodes fail: so many `times`, or `until` a moment, or for ever."""

    failure: str = FailureClass.CAPACITY.value
    message: str = ""
    times: int | None = None
    until: str = ""  # ISO 8601: "2026-12-24T18:00:00+01:00"

    def __post_init__(self) -> None:
        _check_times(self.times)

    def is_over(self, now: float) -> bool:
        """Return whether it fails nothing any more."""
        return self.times == 0 or (bool(self.until) and now >= _seconds(self.until))

    def error(self, node: NodeSpec) -> ProviderError:
        """Return the failure of this node."""
        failure = FailureClass(self.failure)
        where = f" in {node.zone}" if node.zone else ""
        what = f"{node.instance_type} as {node.market.value.replace('_', '-')}{where}"
        return ERRORS[failure](self.message or _TOLD[failure].format(what=what))


@dataclass(kw_only=True)
class PlannedInterruption(_Scope):
    """Running workers of these are taken back, `in_seconds` after they are told so.

    Spot machines unless a `node` is named; so many `times`, None: all of them.
    """

    node: str = ""
    in_seconds: float = 120
    times: int | None = 1

    def __post_init__(self) -> None:
        _check_times(self.times)
        if not 0 <= self.in_seconds <= LONGEST_NOTICE:
            raise ValueError(f"in_seconds must be 0 to {LONGEST_NOTICE}, not {self.in_seconds}.")

    def takes(self, node: NodeSpec) -> bool:
        """Return whether this node is to be taken back."""
        if self.node:
            return self.node == node.name
        spot = self.market or "spot"
        return node.role is NodeRole.WORKER and node.market.value == spot and self.covers(node)


@dataclass(kw_only=True)
class FailurePlan:
    """All that shall go wrong; what has happened is counted off."""

    failures: list[PlannedFailure] = field(default_factory=list)
    interruptions: list[PlannedInterruption] = field(default_factory=list)

    def refusal(self, node: NodeSpec, *, now: float) -> ProviderError | None:
        """Return why the node is not started, or None; `now` in seconds since the epoch."""
        for planned in self.failures:
            if not planned.is_over(now) and planned.covers(node):
                _count_off(planned)
                return planned.error(node)
        return None

    def interruption(self, node: NodeSpec, *, now: float) -> float | None:
        """Return when a running node is taken back, or None; ask once for each node."""
        for planned in self.interruptions:
            if planned.times != 0 and planned.takes(node):
                _count_off(planned)
                return now + planned.in_seconds
        return None

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Return the plan that this JSON stands for; raises TypeError or ValueError."""
        plan = cls(
            failures=[PlannedFailure(**failure) for failure in plain.get("failures", ())],
            interruptions=[
                PlannedInterruption(**interruption)
                for interruption in plain.get("interruptions", ())
            ],
        )
        for planned in plan.failures:
            FailureClass(planned.failure)
            if planned.until:
                _seconds(planned.until)
        return plan


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan in a file; no file, no failures."""

    path: Path

    @contextmanager
    def open(self) -> Iterator[FailurePlan]:
        """Yield the plan and write back what was counted off, one process at a time.

        Raises Unreachable while the file cannot be read: that mends itself with the file.
        """
        if not self.path.exists():
            yield FailurePlan()
            return
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            plan = self._read()
            before = asdict(plan)
            yield plan
            if asdict(plan) != before:
                draft = self.path.with_suffix(".new")
                draft.write_text(json.dumps(asdict(plan), indent=2) + "\n")
                draft.replace(self.path)

    def _read(self) -> FailurePlan:
        try:
            return FailurePlan.from_plain(json.loads(self.path.read_text()))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise Unreachable(f"{self.path.name} is not a valid failure plan: {error}") from error


def _check_times(times: object) -> None:
    if times is not None and not (isinstance(times, int) and times >= 0):
        raise ValueError(f"times must be a whole number of 0 or more, not {times!r}.")


def _count_off(planned: PlannedFailure | PlannedInterruption) -> None:
    if planned.times is not None:
        planned.times -= 1


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
