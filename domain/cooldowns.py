"""What a failed launch means, and for how long nobody should ask for the same again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.offerings import Market

type CapacityPool = tuple[str, str, Market]
"""Instance type, zone, market. No type: every type of the market; no zone: wherever."""

FIRST, LONGEST = timedelta(minutes=5), timedelta(minutes=60)
# After so long without a failure, the next one counts as the first.
QUIET = timedelta(hours=2)
QUOTA_BLOCK = timedelta(minutes=30)


class FailureClass(StrEnum):
    """Why a machine could not be had; each class has an answer of its own."""

    CAPACITY = "capacity"  # the provider has none: try others, this one again later
    QUOTA = "quota"  # the account may have no more: nothing of this market for a while
    PERMISSION = "permission"  # only a person can mend it
    CONFIGURATION = "configuration"  # only a person can mend it
    TRANSIENT = "transient"  # the provider is away or busy: ask the same again


class FailureResponse(StrEnum):
    """What is done about a failure."""

    COOL = "cool"
    BLOCK_MARKET = "block the market"
    STOP = "stop the group"
    REPEAT = "retry"


ANSWERS: Mapping[FailureClass, FailureResponse] = {
    FailureClass.CAPACITY: FailureResponse.COOL,
    FailureClass.QUOTA: FailureResponse.BLOCK_MARKET,
    FailureClass.PERMISSION: FailureResponse.STOP,
    FailureClass.CONFIGURATION: FailureResponse.STOP,
    FailureClass.TRANSIENT: FailureResponse.REPEAT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """How often something failed in a row, when last, and until when it cools down."""

    streak: int
    failed_at: datetime
    until: datetime

    def is_cold(self, now: datetime) -> bool:
        """Return whether nobody should ask for it yet.

        None lasts longer than the longest: such a one was noted before the clock was set back.
        """
        return now < self.until <= now + LONGEST


def after_failure(before: Cooling | None, *, now: datetime) -> Cooling:
    """Return the cool-down after one more capacity failure: 5 minutes, doubled up to 60.

    Failures of the same moment are one failure: while it cools, nobody asked again.
    """
    if before is None or now - max(before.failed_at, before.until) >= QUIET:
        return Cooling(streak=1, failed_at=now, until=now + FIRST)
    if before.is_cold(now):
        return before
    streak = before.streak + 1
    return Cooling(streak=streak, failed_at=now, until=now + pause(streak))


def after_quota(*, now: datetime) -> Cooling:
    """Return how long a market is blocked after the account's quota was used up."""
    return Cooling(streak=1, failed_at=now, until=now + QUOTA_BLOCK)


def pause(streak: int) -> timedelta:
    """Return how long something cools down after so many failures in a row."""
    doublings = min(max(streak, 1) - 1, 10)  # far beyond the longest, far below an overflow
    return min(FIRST * (1 << doublings), LONGEST)


def answer_to(failure: FailureClass) -> FailureResponse:
    """Return what is done about a failure of this class."""
    return ANSWERS[failure]


def named(place: CapacityPool) -> str:
    """Return what cools down as a sentence says it: "g5.xlarge as spot in us-west-2a"."""
    instance_type, zone, market = place
    words = f"{instance_type or 'every type'} {_MARKETS[market]}"
    return f"{words} in {zone}" if zone else words


def sentence(place: CapacityPool, cooling: Cooling, *, failure: FailureClass, cause: str) -> str:
    """Return until when something cools down and why, without a full stop."""
    until = f"{cooling.until:%H:%M} UTC"
    why = cause.rstrip(".")
    if failure is FailureClass.QUOTA:
        return f"{named(place)} is blocked until {until}: {why}"
    times = f" (failed {cooling.streak} times)" if cooling.streak > 1 else ""
    return f"{named(place)} is in cooldown until {until}{times}: {why}"


def why_cold(
    cold: Mapping[CapacityPool, str], *, instance_type: str, market: Market, zone: str = ""
) -> str:
    """Return why this cannot be rented now, or "": its own cool-down, or one that covers it."""
    places = [(kind, where, market) for kind in (instance_type, "") for where in (zone, "")]
    return next((cold[place] for place in places if place in cold), "")


_MARKETS = {Market.ON_DEMAND: "on demand", Market.SPOT: "as spot"}
