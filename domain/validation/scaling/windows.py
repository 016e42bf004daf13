"""Checks of windows of time: a cron line and its minutes, or weekdays from a start to an end."""

import re
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import available_timezones

from domain.configuration.spec import WindowSettings
from domain.problems import (
    Fix,
    Problem,
    did_you_mean,
    error,
    nearest,
    removing,
    setting,
    shown,
    warning,
)
from domain.strategies import schedule

_TWO_FORMS = "Write either cron and minutes, or days, start and end."
_CLOCKS = ("start", "end")


def names_a_time(window: WindowSettings) -> bool:
    """True if anything of a window is written, whether or not it makes one."""
    return any((window.cron, window.minutes, window.days, window.start, window.end))


def window_problems(window: WindowSettings, path: str) -> Iterator[Problem]:
    """What is wrong with the window that the entry at this path has, or should have."""
    weekly = bool(window.days or window.start or window.end)
    if window.cron and weekly:
        message = "Use either a cron expression or weekdays, not both."
        yield error(path, "window-twice", message, hint=_TWO_FORMS)
    elif window.cron:
        yield from _cron(window, path)
    elif weekly:
        yield from _week(window, path)
    else:
        message = "The window has no times."
        yield error(path, "window-missing", message, hint=_TWO_FORMS)
    yield from _zone(window, f"{path}.time_zone")


def _cron(window: WindowSettings, path: str) -> Iterator[Problem]:
    if why := _why_no_cron(window.cron):
        hint = "Write minute, hour, day, month and weekday: 0 8 * * mon-fri."
        yield error(f"{path}.cron", "bad-cron", why, hint=hint)
    at, longest = f"{path}.minutes", schedule.LONGEST
    if window.minutes is None:
        message = "The window has no duration."
        hint = "Set `minutes`: 600 is ten hours."
        yield error(at, "window-incomplete", message, hint=hint)
    elif window.minutes > longest:
        message = f"A window lasts at most a week ({window.minutes} > {longest} minutes)."
        hint = "To apply it always, raise `min_nodes` of the group."
        yield error(at, "window-too-long", message, hint=hint, fix=setting(at, longest))


def _why_no_cron(cron: str) -> str:
    try:
        schedule.Window(cron=cron, minutes=1)
    except ValueError as why:
        said = str(why)
        return said if said.startswith("cron ") else f"cron {shown(cron)} is not valid."
    return ""


def _week(window: WindowSettings, path: str) -> Iterator[Problem]:
    if window.minutes is not None:
        at, message = f"{path}.minutes", "A window of weekdays ends at its `end`, not by minutes."
        hint = "Remove `minutes`."
        yield warning(at, "minutes-without-cron", message, hint=hint, fix=removing(at))
    if missing := [name for name in ("days", *_CLOCKS) if not getattr(window, name)]:
        message = f"A window of weekdays also needs {' and '.join(missing)}."
        hint = "Write days: [mon, tue], start: 08:00 and end: 18:00, the times in quotes."
        yield error(f"{path}.{missing[0]}", "window-incomplete", message, hint=hint)
    yield from _clocks(window, path)


def _clocks(window: WindowSettings, path: str) -> Iterator[Problem]:
    unread = [name for name in _CLOCKS if not _is_clock(getattr(window, name))]
    for name in unread:
        text, at = getattr(window, name), f"{path}.{name}"
        if text:
            message = f"{shown(text)} is not a time of day."
            hint = "Write it as 08:30, from 00:00 to 23:59."
            yield error(at, "bad-time-of-day", message, hint=hint, fix=_clock_fix(text, at))
    if not unread and schedule.clock(window.start) == schedule.clock(window.end):
        message = f"The window starts and ends at {window.start}: it lasts 24 hours."
        hint = "For a shorter window, change its end."
        yield warning(f"{path}.end", "window-of-a-day", message, hint=hint)


def _is_clock(text: str) -> bool:
    try:
        schedule.clock(text)
    except ValueError:
        return False
    return True


_HOUR = re.compile(r"(\d{1,2})(?:[h.]?(\d\d))?(?:h| ?Uhr)?\Z", re.ASCII)


def _clock_fix(text: str, at: str) -> Fix | None:
    """`8`, `8h` and `0830` are times that people write; 24:00 is the next day's 00:00."""
    found = _HOUR.match("0" if text == "24:00" else text.strip())
    meant = f"{int(found[1]):02}:{found[2] or '00'}" if found else ""
    return setting(at, meant) if _is_clock(meant) else None


def _zone(window: WindowSettings, at: str) -> Iterator[Problem]:
    try:
        schedule.zone_of(window.time_zone)
    except ValueError:
        near = nearest(window.time_zone, zone_names())
        hint = did_you_mean(window.time_zone, zone_names())
        hint = hint or "Use a name such as UTC or Europe/Berlin."
        fix = setting(at, near or "UTC")
        message = f"Unknown time zone {shown(window.time_zone)}."
        yield error(at, "unknown-time-zone", message, hint=hint, fix=fix)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The time zones that a window may name, by the alphabet: `Europe/Berlin`, `UTC`."""
    return tuple(sorted(name for name in available_timezones() if _is_place(name)))


def _is_place(name: str) -> bool:
    return name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/", "posix")))
