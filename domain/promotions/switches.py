"""A cluster launched beside another to take its place: states, moves, and when the old one goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.idle import Activity
from domain.lifecycle import MoveNotAllowed
from domain.wording import duration


class SwitchState(StrEnum):
    """How far the replacement of one cluster by another has come."""

    WANTED = "wanted"
    STARTING = "starting"
    SWITCHED = "switched"
    DONE = "done"
    TAKEN_BACK = "taken back"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


S = SwitchState
SWITCH_MOVES: Mapping[SwitchState, frozenset[SwitchState]] = {
    # The new cluster is launched; it cannot be; nobody needs it any more.
    S.WANTED: frozenset({S.STARTING, S.FAILED, S.CANCELED}),
    # It has its nodes and takes over; it did not come up; nobody needs it any more.
    S.STARTING: frozenset({S.SWITCHED, S.FAILED, S.CANCELED}),
    # The old cluster's work has ended and it is terminated; or a roll-back made it the one again.
    S.SWITCHED: frozenset({S.DONE, S.TAKEN_BACK}),
    S.DONE: frozenset(),
    S.TAKEN_BACK: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELED: frozenset(),
}
OPEN_SWITCH_STATES = frozenset({S.WANTED, S.STARTING, S.SWITCHED})
"""Something is still to be done."""

LONGEST_START = timedelta(hours=1)
"""After that, a new cluster that lacks nodes fails the switch."""

LONGEST_DRAIN = timedelta(hours=24)
"""After that, somebody is asked about the work that still runs on the old cluster."""


def check_switch_move(current: SwitchState, wanted: SwitchState) -> None:
    """Raise `MoveNotAllowed` unless a switch may go from `current` to `wanted`."""
    if wanted not in SWITCH_MOVES[current]:
        raise MoveNotAllowed(current, wanted)


class Fate(StrEnum):
    """What became of the release that a switch was made for, as far as the old cluster cares."""

    OPEN = "open"  # clusters are still brought to it, watched, or brought back from it
    SETTLED = "settled"  # it was verified, or taken back
    FAILED = "failed"  # it failed, and nobody has taken it back


class Next(StrEnum):
    """What is to be done with the old cluster."""

    KEEP = "keep"
    ASK = "ask"  # keep it, and have somebody decide
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """What to do with the old cluster of a switch, and why, as a sentence about it."""

    next: Next
    words: str


def drain(
    *, activity: Activity, jobs: int, fate: Fate, switched_at: datetime, now: datetime
) -> Drain:
    """Return what to do with a cluster that was replaced at `switched_at`.

    It is never terminated while work runs on it, or may: after `LONGEST_DRAIN` somebody is asked.
    Without work it is kept as long as a roll-back may switch back to it.
    """
    is_late = now >= switched_at + LONGEST_DRAIN
    if activity is not Activity.IDLE:
        if not is_late:
            return Drain(next=Next.KEEP, words=_work_in_words(activity, jobs))
        limit = duration(LONGEST_DRAIN)
        hint = f"The switch was more than {limit} ago: wait, stop it, or terminate the cluster."
        return Drain(next=Next.ASK, words=f"{_work_in_words(activity, jobs)} {hint}")
    if fate is Fate.OPEN:
        words = "No work is left on it. It is kept until the release is verified."
        return Drain(next=Next.KEEP, words=words)
    if fate is Fate.FAILED and not is_late:
        limit = duration(LONGEST_DRAIN)
        words = f"No work is left on it. It is kept for a roll-back, {limit} at most."
        return Drain(next=Next.KEEP, words=words)
    return Drain(next=Next.END, words="No work is left on it.")


def _work_in_words(activity: Activity, jobs: int) -> str:
    if activity is Activity.UNKNOWN:
        return "Its head sends no reports, so work may still run on it."
    if not jobs:
        return "Work still runs on it, or has just ended."
    return f"{jobs} job{' finishes' if jobs == 1 else 's finish'} on it."


def nodes_in_words(ready: int, wanted: int) -> str:
    """Return how many of the nodes it needs a new cluster has: "2 of 4 nodes"."""
    return f"{ready} of {wanted} node{'' if wanted == 1 else 's'}"
