"""Whether a cluster is idle, by which signals, and when it ends by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

RECENT = timedelta(minutes=2)  # so long after a kernel or terminal was used, a workspace is in use
_LONGEST = 100 * 365 * 24 * 60  # a century of minutes: beyond it dates end


class Activity(StrEnum):
    """What a signal says, and what all of them say together."""

    ACTIVE = "active"
    IDLE = "idle"
    UNKNOWN = "unknown"  # counts as active: work is never ended on a guess


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceUse:
    """What is known of a workspace's JupyterLab; None: it could not be asked."""

    busy: int | None  # kernels that run a cell
    active_at: datetime | None  # when a kernel or a terminal was used last; None: never


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleInput:
    """What is known of a cluster's work; None: nobody could tell."""

    drivers: int | None  # running drivers and jobs that run or wait
    actors: int | None  # living actors that are not detached
    waiting: int | None  # tasks, actors and placement groups without a place
    held: int | None  # nodes on which something holds resources or objects
    hold_until: datetime | None = None  # somebody asked to keep the cluster until then
    workspace: WorkspaceUse | None = None  # None: the cluster is no workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    name: str
    state: Activity
    value: str  # in words: "3 run"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleVerdict:
    state: Activity
    signals: tuple[Signal, ...]
    idle_since: datetime | None  # to be passed in again at the next verdict
    stops_at: datetime | None  # by the idle rule or the lifetime, whichever comes first
    reason: str  # a sentence


def verdict(
    known: IdleInput,
    *,
    idle_since: datetime | None,
    started_at: datetime | None,
    idle_minutes: int | None,
    max_lifetime_minutes: int | None,
    now: datetime,
) -> IdleVerdict:
    """Return whether the cluster is idle at `now` and when it is to end; 0 and None mean never.

    One moment of activity, or of not knowing, starts the idle time anew. The lifetime counts
    from `started_at` and asks no signal.
    """
    signals = tuple(_signals(known, now=now))
    state = activity(known, now=now)
    since = (idle_since or now) if state is Activity.IDLE else None
    life_end = _after(started_at, max_lifetime_minutes)
    stops_at = end_by_rule(
        idle_since=since,
        started_at=started_at,
        idle_minutes=idle_minutes,
        max_lifetime_minutes=max_lifetime_minutes,
    )
    if life_end and life_end <= now and life_end == stops_at:
        reason = f"The maximum lifetime of {max_lifetime_minutes} minutes has been reached."
    elif since:
        reason = _idle_reason(now - since, idle_minutes)
    else:
        reason = _activity_reason(state, signals)
    return IdleVerdict(
        state=state, signals=signals, idle_since=since, stops_at=stops_at, reason=reason
    )


def activity(known: IdleInput, *, now: datetime) -> Activity:
    """Return what all signals say together: active if one is, unknown if one of the others is."""
    busy = known.workspace.busy if known.workspace else 0
    counts = (known.drivers, _actors(known), known.waiting, known.held, busy)
    in_use = _is_in_use(known.workspace, now=now)
    if any(counts) or in_use or _is_held(known.hold_until, now=now):
        return Activity.ACTIVE
    return Activity.UNKNOWN if None in counts else Activity.IDLE


def end_by_rule(
    *,
    idle_since: datetime | None,
    started_at: datetime | None,
    idle_minutes: int | None,
    max_lifetime_minutes: int | None,
) -> datetime | None:
    """Return when the idle rule or the lifetime ends a cluster, whichever comes first."""
    ends = (_after(idle_since, idle_minutes), _after(started_at, max_lifetime_minutes))
    return min((end for end in ends if end), default=None)


def _actors(known: IdleInput) -> int | None:
    # Actors that are not detached end with their driver: without a driver there are none.
    return 0 if known.actors is None and known.drivers == 0 else known.actors


def _is_held(until: datetime | None, *, now: datetime) -> bool:
    return until is not None and until > now


def _is_in_use(workspace: WorkspaceUse | None, *, now: datetime) -> bool:
    """Return whether somebody worked in a kernel or terminal a moment ago."""
    if workspace is None or workspace.active_at is None:
        return False
    # A head's clock may be ahead of ours, but what it says of tomorrow is no use of today.
    return abs(now - workspace.active_at) < RECENT


def _signals(known: IdleInput, *, now: datetime) -> Iterable[Signal]:
    actors = _actors(known)
    is_partial = None in (known.drivers, known.waiting, known.held)
    yield Signal(
        name="agent",
        state=Activity.UNKNOWN if is_partial else Activity.IDLE,
        value="no full report" if is_partial else "reports",
    )
    yield _counted("drivers", known.drivers, "running or queued")
    if actors is None and known.drivers:
        # Ray's agent does not count them, and the drivers that they end with keep the cluster.
        yield Signal(name="actors", state=Activity.UNKNOWN, value="end with their drivers")
    else:
        yield _counted("actors", actors, "alive")
    yield _counted("demand", known.waiting, "pending")
    yield _counted("nodes", known.held, "in use")
    if known.workspace:
        yield _counted("kernels", known.workspace.busy, "busy")
        yield _terminals(known.workspace, now=now)
    yield _hold(known.hold_until, now=now)


def _terminals(workspace: WorkspaceUse, *, now: datetime) -> Signal:
    if _is_in_use(workspace, now=now):
        return Signal(name="workspace", state=Activity.ACTIVE, value="used just now")
    at = workspace.active_at
    value = f"last used {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "not used yet"
    return Signal(name="workspace", state=Activity.IDLE, value=value)


def _hold(until: datetime | None, *, now: datetime) -> Signal:
    if until is None or not _is_held(until, now=now):
        return Signal(name="hold", state=Activity.IDLE, value="none")
    value = f"until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return Signal(name="hold", state=Activity.ACTIVE, value=value)


def _counted(name: str, count: int | None, what: str) -> Signal:
    if count is None:
        return Signal(name=name, state=Activity.UNKNOWN, value="unknown")
    state = Activity.ACTIVE if count > 0 else Activity.IDLE
    return Signal(name=name, state=state, value=f"{count} {what}")


def _after(start: datetime | None, minutes: int | None) -> datetime | None:
    return start + timedelta(minutes=min(minutes, _LONGEST)) if start and minutes else None


def _idle_reason(idle_for: timedelta, minutes: int | None) -> str:
    limit = f"limit {minutes}" if minutes else "no limit is set"
    passed = idle_for // timedelta(minutes=1)
    return f"Idle for {passed} minutes ({limit}): no running or pending work."


def _activity_reason(state: Activity, signals: Iterable[Signal]) -> str:
    if state is Activity.UNKNOWN:
        unknown = [signal.name for signal in signals if signal.state is Activity.UNKNOWN]
        return f"Treated as active: no data for {', '.join(unknown)}."
    active = [s for s in signals if s.state is Activity.ACTIVE]
    return f"Active: {', '.join(f'{signal.value} ({signal.name})' for signal in active)}."
