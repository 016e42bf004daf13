"""How far a change request has come, as the few phases that people follow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from domain.promotions.states import OPEN_STATES, RequestState

R = RequestState
PHASES: Mapping[str, frozenset[RequestState]] = {
    "Checks": frozenset({R.DRAFT, R.CHECKING, R.BLOCKED}),
    "Approval": frozenset({R.READY, R.AWAITING_APPROVAL}),
    "Queue": frozenset({R.APPROVED, R.QUEUED}),
    "Apply": frozenset({R.APPLYING}),
    "Verify": frozenset({R.VERIFYING}),
}
_BAD = frozenset({R.BLOCKED, R.REJECTED, R.EXPIRED, R.FAILED, R.ROLLED_BACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A phase: "done", "now", "failed" or "todo", and the time spent in it."""

    label: str
    state: str
    seconds: float | None


def phases(moves: Iterable[tuple[RequestState, datetime]], *, at: datetime) -> list[Phase]:
    """Return the phases of a request that made these moves, each to a state at a time."""
    made = list(moves)
    spent = _spent([*made, (made[-1][0], at)] if made else [])
    last = made[-1][0] if made else R.DRAFT
    reached = _reached([state for state, _ in made])
    return [
        Phase(
            label=label,
            state=_state(index, reached=reached, last=last),
            seconds=spent[label].total_seconds() if label in spent and index <= reached else None,
        )
        for index, label in enumerate(PHASES)
    ]


def _reached(states: Sequence[RequestState]) -> int:
    """Return the index of the phase of the last state that was open."""
    last = next((state for state in reversed(states) if state in OPEN_STATES), R.DRAFT)
    return next(index for index, within in enumerate(PHASES.values()) if last in within)


def _state(index: int, *, reached: int, last: RequestState) -> str:
    if index < reached or last is R.DONE:
        return "done"
    if index > reached:
        return "todo"
    if last in _BAD:
        return "failed"
    return "now" if last in OPEN_STATES else "todo"


def _spent(moves: Sequence[tuple[RequestState, datetime]]) -> dict[str, timedelta]:
    spent: dict[str, timedelta] = {}
    for (state, since), (_, until) in pairwise(moves):
        label = next((label for label, within in PHASES.items() if state in within), "")
        if label:
            spent[label] = spent.get(label, timedelta()) + (until - since)
    return spent
