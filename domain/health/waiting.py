"""What is made of work that waits although its groups could launch: at limits, or for ever."""

from collections.abc import Sequence

from domain.health.model import Facts, Finding, Level, Step, StepKind, Wait
from domain.planner.explanation.causes import StopKind
from domain.wording import duration

_RESIZED = {StopKind.GROUP_MAXIMUM, StopKind.AUTOSCALING_OFF}


def findings_of(waits: Sequence[Wait], facts: Facts) -> list[Finding]:
    """Return a finding for each cause, what never comes first."""
    found = [_never(wait) for wait in waits if wait.is_never]
    by_reason: dict[str, list[Wait]] = {}
    for wait in waits:
        if not wait.is_never:
            by_reason.setdefault(wait.reason, []).append(wait)
    return found + [_limited(same, facts) for same in by_reason.values()]


def coming(facts: Facts) -> Finding | None:
    """Return what starts for the work that waits, None where nothing does."""
    nodes = sum(group.starting for group in facts.groups)
    if not (nodes and facts.pending):
        return None
    words = f"{nodes:,} node{' is' if nodes == 1 else 's are'} starting"
    tasks = f"{facts.pending:,} task{' waits' if facts.pending == 1 else 's wait'}"
    return Finding(level=Level.WAITING, sentence=f"{words}; {tasks}.")


def shown(wait: Wait, *, with_reason: bool = True) -> str:
    """Return what waits and why, as after "Waiting for", without a period."""
    return f"{_what(wait)}: {wait.reason.removesuffix('.')}" if with_reason else _what(wait)


def steps_of(wait: Wait) -> tuple[Step, ...]:
    """Return what a user can do about it."""
    if _RESIZED & set(wait.stops):
        return (Step(kind=StepKind.RESIZE, group=wait.groups[0] if wait.groups else ""),)
    demand = Step(kind=StepKind.DEMAND)
    return (Step(kind=StepKind.CONFIGURATION), demand) if wait.is_never else (demand,)


def _never(wait: Wait) -> Finding:
    if wait.is_placement_group:
        sentence = f"A {wait.what} can never be placed: {wait.reason}."
    else:
        sentence = f"{_what(wait)} can never run on this cluster: {wait.reason}."
    return Finding(level=Level.STUCK, sentence=sentence, steps=steps_of(wait))


def _limited(waits: Sequence[Wait], facts: Facts) -> Finding:
    first, more = waits[0], len(waits) - 1
    what = _what(first) + (f" and {more} other shape{'' if more == 1 else 's'}" if more else "")
    since = min(wait.since for wait in waits)
    length = facts.now - since
    how_long = f" for {duration(length)}" if length.total_seconds() >= 60 else ""
    verb = "waits" if len(waits) == 1 and first.count == 1 else "wait"
    return Finding(
        level=Level.WAITING,
        sentence=f"{what} {verb}{how_long}: {first.reason}.",
        steps=steps_of(first),
    )


def _what(wait: Wait) -> str:
    return f"{wait.count:,} × {wait.what}"
