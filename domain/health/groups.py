"""What is made of one group: failed starts, cooldowns, a stop, and the work that waits for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.cooldowns import FailureClass
from domain.failures import cause_of
from domain.health.model import (
    Facts,
    Finding,
    GroupFacts,
    Level,
    NodeFailure,
    Step,
    StepKind,
    Wait,
)
from domain.lifecycle import NodeRole
from domain.planner.explanation.causes import StopKind
from domain.wording import duration

# What waits so long for something that mends itself is stuck nevertheless.
PATIENCE = timedelta(minutes=10)
_COOLING = {StopKind.GROUP_COOLING, StopKind.OFFER_COOLING, StopKind.QUOTA}


def claimed_by(group: GroupFacts, facts: Facts) -> list[Wait]:
    """Return what waits because this group cannot launch."""
    held = [wait for wait in facts.waits if _COOLING & set(wait.stops) and not wait.is_never]
    named = [wait for wait in held if group.name in wait.groups]
    # What cools down for the whole account names a machine, not a group.
    return named + [wait for wait in held if not wait.groups and group.cooldowns]


def finding_of(group: GroupFacts, facts: Facts) -> Finding | None:
    """Return what is wrong with the group, None where its nodes come up."""
    waits = claimed_by(group, facts)
    if group.role is NodeRole.HEAD:
        return _head(group)
    if group.stopped:
        return _stopped(group, facts, waits)
    starts = [failure for failure in group.failures if failure.is_start]
    if _has_recovered(group, starts, waits):
        starts = []
    if starts or (group.cooldowns and waits):
        return _failing(group, facts, starts, waits)
    return _lost(group, facts)


def _head(group: GroupFacts) -> Finding | None:
    starts = [failure for failure in group.failures if failure.is_start]
    if not starts or group.ready:
        return None
    times = _times(len(starts))
    sentence = f"The head node failed to start{times}: {starts[-1].words}. Mobula tries again."
    log = Step(kind=StepKind.LOG, node=starts[-1].node)
    return Finding(level=Level.DEGRADED, sentence=sentence, steps=(log,))


def _stopped(group: GroupFacts, facts: Facts, waits: Sequence[Wait]) -> Finding:
    words = group.failures[-1].words if group.failures else cause_of(group.stopped).words
    return Finding(
        level=Level.STUCK,
        sentence=_joined(
            f"Group {group.name} stopped launching nodes: {words}.", _waiting(waits, facts)
        ),
        steps=(Step(kind=StepKind.RETRY, group=group.name), *_log(group.failures)),
    )


def _failing(
    group: GroupFacts, facts: Facts, starts: Sequence[NodeFailure], waits: Sequence[Wait]
) -> Finding:
    until = _next_try(group)
    words = starts[-1].words if starts else group.cooldowns[0].words
    waiting = _waiting(waits, facts)
    if starts and not (group.paused_until or group.cooldowns):
        nodes = "A node" if len(starts) == 1 else f"{len(starts)} nodes"
        lead = f"{nodes} of group {group.name} failed to start: {words}. Mobula tries again."
    else:
        times = _within(len(starts), facts.window) if len(starts) > 1 else ""
        lead = f"Group {group.name} can't start nodes: {times}{words}."
    return Finding(
        level=_level(group, facts, waits),
        sentence=_joined(lead, waiting),
        next_try=until,
        steps=(
            *((Step(kind=StepKind.RETRY, group=group.name),) if until else ()),
            *_log(starts),
        ),
    )


def _level(group: GroupFacts, facts: Facts, waits: Sequence[Wait]) -> Level:
    """Work that waits for what mends itself is stuck after a while; for a quota, immediately."""
    if not (waits or (facts.pending and group.paused_until)):
        return Level.DEGRADED
    by_user = any(item.failure is FailureClass.QUOTA for item in group.cooldowns)
    late = any(facts.now - wait.since >= PATIENCE for wait in waits)
    return Level.STUCK if by_user or late or group.paused_until else Level.DEGRADED


def _lost(group: GroupFacts, facts: Facts) -> Finding | None:
    gone = [failure for failure in group.failures if not failure.is_start]
    if not gone:
        return None
    taken = [failure for failure in gone if failure.is_interruption]
    some = taken if len(taken) == len(gone) else [f for f in gone if not f.is_interruption]
    what = "reclaimed by the provider" if some is taken else "lost"
    nodes = f"Node {some[0].label} was" if len(some) == 1 else f"{len(some)} nodes were"
    within = f" in {duration(facts.window)}" if len(some) > 1 else ""
    why = "" if some is taken else f": {some[-1].words}"
    sentence = f"{nodes} {what}{within}{why}. Mobula launches another one where work needs it."
    return Finding(level=Level.DEGRADED, sentence=sentence, steps=_log(some))


def _has_recovered(group: GroupFacts, starts: Sequence[NodeFailure], waits: Sequence[Wait]) -> bool:
    """Whether a node came up after the last failure, and nothing waits for the group."""
    last = max((failure.at for failure in starts), default=None)
    return bool(last and group.ready_at and group.ready_at > last and not waits)


def _next_try(group: GroupFacts) -> datetime | None:
    moments = [item.until for item in group.cooldowns]
    return max([*moments, *([group.paused_until] if group.paused_until else [])], default=None)


def _within(count: int, window: timedelta) -> str:
    return f"{count} failures in {duration(window)}, "


def _times(count: int) -> str:
    return f" {count} times" if count > 1 else ""


def _log(failures: Sequence[NodeFailure]) -> tuple[Step, ...]:
    return (Step(kind=StepKind.LOG, node=failures[-1].node),) if failures else ()


def _waiting(waits: Sequence[Wait], facts: Facts) -> str:
    """Return how much waits, in its own sentence, "" where nothing does."""
    if not waits:
        is_only = sum(group.role is NodeRole.WORKER for group in facts.groups) == 1
        return counted(tasks=facts.pending) if is_only else ""
    minimum = any(not (wait.is_work or wait.is_placement_group) for wait in waits)
    words = counted(
        tasks=sum(wait.count for wait in waits if wait.is_work),
        bundles=sum(wait.count for wait in waits if wait.is_placement_group),
    )
    return _joined(words, "Its minimum of nodes is not met." if minimum else "")


def counted(*, tasks: int, bundles: int = 0) -> str:
    """Return "15 tasks wait." """
    kinds = [(tasks, "task"), (bundles, "bundle")]
    words = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in kinds if count]
    is_single = tasks + bundles == 1
    return f"{' and '.join(words)} {'waits' if is_single else 'wait'}." if words else ""


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
