"""When an environment may be changed: windows that allow, and windows that deny.

The rules are those of Argo CD's sync windows
(https://argo-cd.readthedocs.io/en/stable/user-guide/sync_windows/): without any window, changes
are always allowed; where there are windows that allow, only inside one of them; an active window
that denies wins over all that allow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.strategies.schedule import Window

# How far ahead the next allowed moment is looked for.
_HORIZON = timedelta(days=35)
_MOST_STEPS = 500


class WindowKind(StrEnum):
    """Whether changes are allowed or denied while a window is open."""

    ALLOW = "allow"
    DENY = "deny"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWindow:
    """A returning time, and what it means for changes."""

    kind: WindowKind
    window: Window
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether changes are allowed at a moment, why, and when they are again if they are not."""

    allowed: bool
    reason: str
    next_allowed: datetime | None = None


def opening_at(windows: Sequence[ChangeWindow], at: datetime) -> Opening:
    """Return whether changes are allowed at `at`; the next moment is looked for 35 days ahead."""
    reason = _why_closed(windows, at)
    if not reason:
        return Opening(allowed=True, reason="Changes are allowed now.")
    return Opening(allowed=False, reason=reason, next_allowed=_next_allowed(windows, after=at))


def _why_closed(windows: Iterable[ChangeWindow], at: datetime) -> str:
    every = list(windows)
    denying = [w for w in every if w.kind is WindowKind.DENY and w.window.is_open(at)]
    if denying:
        return f"Changes are denied by {_named(denying[0])}."
    allowing = [w for w in every if w.kind is WindowKind.ALLOW]
    if allowing and not any(w.window.is_open(at) for w in allowing):
        return "Changes are only allowed in a change window, and none is open."
    return ""


def _named(window: ChangeWindow) -> str:
    return f"the change window “{window.name}”" if window.name else "a change window"


def _next_allowed(windows: Sequence[ChangeWindow], *, after: datetime) -> datetime | None:
    """Walk over the moments at which any window opens or closes."""
    moment = after
    for _ in range(_MOST_STEPS):
        following = min(_boundaries(windows, moment), default=None)
        if following is None or following - after > _HORIZON:
            return None
        moment = following
        if not _why_closed(windows, moment):
            return moment
    return None


def _boundaries(windows: Iterable[ChangeWindow], after: datetime) -> Iterable[datetime]:
    for each in windows:
        if current := each.window.opening_at(after):
            yield current[1].astimezone(UTC)
        start = next(each.window.starts(after), None)
        if start is not None:
            yield start.astimezone(UTC)
