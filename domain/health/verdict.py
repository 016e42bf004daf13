"""One place decides how a cluster is: from what is known, with a sentence and the next step."""

from domain.cooldowns import FailureClass
from domain.failures import brief, cause_of
from domain.health import waiting
from domain.health.groups import claimed_by, finding_of
from domain.health.model import Facts, Finding, Level, Step, StepKind, Verdict
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterState
from domain.wording import duration

MOST_FINDINGS = 8
MOST_NAMES = 3
_RESTING = {ClusterState.STOPPED, ClusterState.TERMINATED}


def verdict_of(facts: Facts) -> Verdict:
    """Return how the cluster is."""
    if facts.state in _RESTING:
        return Verdict()
    if facts.state is ClusterState.FAILED:
        return Verdict(findings=(_failed(facts),))
    every = [_error(facts), _lingering(facts)]
    if facts.state in LIVE_CLUSTER_STATES:
        every += [_without_cloud(facts), _silent(facts), *_of_groups(facts), _timeouts(facts)]
        every.append(_drains(facts))
    found = [finding for finding in every if finding]
    if not any(finding.level.severity > Level.WAITING.severity for finding in found):
        found += [finding for finding in (waiting.coming(facts),) if finding and not found]
    found.sort(key=lambda finding: -finding.level.severity)
    return Verdict(findings=tuple(found[:MOST_FINDINGS]))


def _of_groups(facts: Facts) -> list[Finding | None]:
    found = [finding_of(group, facts) for group in facts.groups]
    claimed = {
        wait
        for group, finding in zip(facts.groups, found, strict=True)
        if finding
        for wait in claimed_by(group, facts)
    }
    left = [wait for wait in facts.waits if wait not in claimed]
    return [*found, *waiting.findings_of(left, facts)]


def _failed(facts: Facts) -> Finding:
    reason = brief(facts.end_reason) if facts.end_reason else "The cause is unknown."
    log = (Step(kind=StepKind.LOG, node=facts.last_head),) if facts.last_head else ()
    steps = (Step(kind=StepKind.START), *log, Step(kind=StepKind.EVENTS))
    return Finding(level=Level.STUCK, sentence=f"The cluster failed: {reason}", steps=steps)


def _error(facts: Facts) -> Finding | None:
    """Return what the provider answered to the last call."""
    if not facts.error:
        return None
    cause = cause_of(facts.error)
    again = "Mobula tries again every few seconds."
    cloud = (Step(kind=StepKind.CLOUD), Step(kind=StepKind.EVENTS))
    match facts.error_class:
        case FailureClass.PERMISSION:
            words = f"The cloud rejected Mobula's credentials: {cause.sentence}"
            return Finding(level=Level.STUCK, sentence=words, steps=cloud)
        case FailureClass.QUOTA:
            words = f"The cloud's quota is used up: {cause.sentence} {again}"
            return Finding(level=Level.STUCK, sentence=words, steps=cloud)
        case FailureClass.CONFIGURATION:
            words = f"The cloud rejected a request: {cause.sentence}"
            return Finding(level=Level.STUCK, sentence=words, steps=cloud)
        case FailureClass.CAPACITY:
            words = f"The cloud has no machine for the head node: {cause.sentence} {again}"
            return Finding(level=Level.DEGRADED, sentence=words, steps=cloud[1:])
        case _:
            words = f"A call to the cloud failed: {cause.sentence} {again}"
            return Finding(level=Level.DEGRADED, sentence=words, steps=cloud[1:])


def _without_cloud(facts: Facts) -> Finding | None:
    if not facts.is_without_cloud:
        return None
    sentence = f"The cluster launches no new nodes. {facts.is_without_cloud}"
    return Finding(level=Level.STUCK, sentence=sentence)


def _silent(facts: Facts) -> Finding | None:
    if not facts.is_silent or facts.state is not ClusterState.RUNNING:
        return None
    since = facts.agent_seen_at
    length = f" for {duration(facts.now - since)}" if since else ""
    return Finding(
        level=Level.BLIND,
        sentence=(
            f"The head node has not reported{length}: pending work and idle nodes are unknown, "
            "so Mobula launches and drains nothing. It restarts the agent."
        ),
        steps=(
            *((Step(kind=StepKind.LOG, node=facts.last_head),) if facts.last_head else ()),
            Step(kind=StepKind.EVENTS),
        ),
    )


def _timeouts(facts: Facts) -> Finding | None:
    if not facts.timeouts:
        return None
    times = "once" if facts.timeouts == 1 else f"{facts.timeouts} times in a row"
    return Finding(
        level=Level.DEGRADED,
        sentence=(
            f"Planning took too long and was stopped {times}: running nodes stay, new ones start "
            "late."
        ),
        steps=(Step(kind=StepKind.DEMAND),),
    )


def _drains(facts: Facts) -> Finding | None:
    if not facts.unanswered_drains:
        return None
    what = f"Ray has not confirmed the drain of {_names(facts.unanswered_drains)} yet."
    return Finding(level=Level.DEGRADED, sentence=what, steps=(Step(kind=StepKind.EVENTS),))


def _lingering(facts: Facts) -> Finding | None:
    if not facts.lingering:
        return None
    return Finding(
        level=Level.DEGRADED,
        sentence=(
            f"The cloud has not confirmed the end of {_names(facts.lingering)}, which may still "
            "cost money."
        ),
        steps=(Step(kind=StepKind.EVENTS),),
    )


def _names(labels: object) -> str:
    names = list(labels)  # type: ignore[call-overload]
    more = len(names) - MOST_NAMES
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
