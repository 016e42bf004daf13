"""Windows of time that open again and again, by the clock of a place, summer time included."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = 7 * 24 * 60  # minutes; what is open for longer is no window
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MINUTE = timedelta(minutes=1)
# How far back a start is looked for. The narrow looks come first: a cron of every minute would
# otherwise be walked through a week.
_LOOKS = (timedelta(hours=1), timedelta(days=2))

type Opening = tuple[datetime, datetime]


class Timed(Protocol):
    """What a schedule and a budget of the configuration say about time."""

    @property
    def cron(self) -> str | None: ...
    @property
    def minutes(self) -> int | None: ...
    @property
    def days(self) -> Sequence[str] | None: ...
    @property
    def start(self) -> str | None: ...
    @property
    def end(self) -> str | None: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time that returns: either a cron line and its minutes, or weekdays from start to end.

    A window that ends at or before its start ends on the next day. A start that the clock skips in
    spring is the first moment after; one that comes twice in autumn is the first of the two, and an
    end that comes twice is the second, so that a window is never cut short. The minutes of a cron
    line are counted as they pass. Raises ValueError with a sentence when the window has no sense.
    """

    cron: str = ""
    minutes: int = 0
    days: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        zone_of(self.time_zone)
        if self.cron and (self.days or self.start or self.end):
            raise ValueError("Use either cron and minutes, or days, start and end, not both.")
        if self.cron:
            _check_cron(self.cron, self.minutes)
        elif self.days or self.start or self.end:
            _check_week(self)
        else:
            raise ValueError(
                "A window needs cron and minutes, such as 0 8 * * mon-fri and 600, "
                "or days, start and end, such as [mon, tue], 08:00 and 18:00."
            )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def is_open(self, at: datetime) -> bool:
        """Return whether the window is open at this moment; its end is not in it."""
        return self.opening_at(at) is not None

    def opening_at(self, at: datetime) -> Opening | None:
        """Return from when to when the window is open around `at`, or None while it is closed."""
        # Windows begin and end with the minute: one answer holds for all of its seconds.
        return _opening_at(self, at.astimezone(UTC).replace(second=0, microsecond=0))

    def starts(self, after: datetime) -> Iterator[datetime]:
        """Yield the moments after `after` at which the window opens, in its own time zone."""
        for start in CronSim(self.cron or self._as_cron(), after.astimezone(self.zone)):
            # In the hour that comes twice, cronsim steps back to the first of the two.
            if start.astimezone(UTC) > after.astimezone(UTC):
                yield start

    def end_of(self, start: datetime) -> datetime:
        """Return when the opening that begins at `start` ends."""
        if self.cron:
            end = start.astimezone(UTC) + timedelta(minutes=self.minutes)
            return end.astimezone(self.zone)
        begin, end_time = clock(self.start), clock(self.end)
        day = start.date() + timedelta(days=end_time <= begin)
        return _moment(day, end_time, self.zone)

    def _as_cron(self) -> str:
        begin = clock(self.start)
        return f"{begin.minute} {begin.hour} * * {','.join(self.days)}"


def has_window(item: Timed) -> bool:
    """Return whether the item names a time at all; a budget without one always holds."""
    return bool(item.cron or item.days or item.start or item.end)


def window_of(item: Timed) -> Window:
    """Return the window that a schedule or a budget names; raises ValueError with a sentence."""
    return Window(
        cron=item.cron or "",
        minutes=(item.minutes or 0) if item.cron else 0,  # its default says nothing of days
        days=tuple(item.days or ()),
        start=item.start or "",
        end=item.end or "",
        time_zone=item.time_zone,
    )


def next_openings(window: Window, *, after: datetime, count: int = 5) -> list[Opening]:
    """Return the next openings that begin after `after`, each with its end."""
    openings = ((start, window.end_of(start)) for start in window.starts(after))
    return list(islice((opening for opening in openings if _lasts(opening)), count))


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of this IANA name; raises ValueError with a sentence."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"time_zone {name!r} is not a known time zone: use a name such as UTC or Europe/Berlin."
        ) from error


def clock(text: str) -> time:
    """Return the time of day that `08:30` stands for; raises ValueError with a sentence."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time of day: write it as 08:30, from 00:00 to 23:59.")
    return time(int(match[1]), int(match[2]))


@lru_cache(maxsize=4096)
def _opening_at(window: Window, minute: datetime) -> Opening | None:
    start = _last_start(window, minute)
    if start is None:
        return None
    end = window.end_of(start)
    return (start, end) if _lasts((start, end)) and start <= minute < end else None


def _lasts(opening: Opening) -> bool:
    """Return whether an opening ends after its start; Python compares clocks within a zone."""
    start, end = (moment.astimezone(UTC) for moment in opening)
    return end > start


def _last_start(window: Window, minute: datetime) -> datetime | None:
    """Return when the window opened last, if that may still hold at `minute`."""
    looks = (*_LOOKS, timedelta(minutes=LONGEST)) if window.minutes else _LOOKS
    for look in looks:
        last = None
        for start in window.starts(minute - look - _MINUTE):
            if start > minute:
                break
            last = start
        if last is not None:
            return last
    return None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment of this wall clock: after a gap when skipped, the second when doubled."""
    moment = datetime.combine(day, at, tzinfo=zone).replace(fold=1)
    while moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(
        tzinfo=None
    ):
        moment = (moment.replace(tzinfo=None) + _MINUTE).replace(tzinfo=zone, fold=1)
    return moment


def _check_cron(cron: str, minutes: int) -> None:
    if len(cron.split()) != 5:
        raise ValueError(
            f"cron {cron!r} needs five fields, minute hour day month weekday, "
            "such as 0 8 * * mon-fri."
        )
    try:
        next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        instead = _without_wrapped_days(cron)
        hint = f" Write {instead}." if instead else ""
        raise ValueError(f"cron {cron!r} is not valid: {error}.{hint}") from error
    except StopIteration as error:
        raise ValueError(f"cron {cron!r} never matches a date.") from error
    if not 1 <= minutes <= LONGEST:
        raise ValueError(
            f"minutes of a window with cron must be 1 to {LONGEST}, a week; it is {minutes}."
        )


_DAY_RANGE = re.compile(r"(\w+)-(\w+)(/\d+)?", re.ASCII)
_CRON_DAYS = ("sun", *DAYS[:-1])  # by their numbers; 7 is Sunday, too


def _without_wrapped_days(cron: str) -> str:
    """Return the line with its weekdays listed where a range goes past Saturday; "" if none does.

    Ranges such as sat-sun and fri-mon run past the end of cron's week: 6 is Saturday, 0 Sunday.
    """
    *others, weekdays = cron.lower().split()
    listed = ",".join(_listed(part) for part in weekdays.split(","))
    instead = " ".join([*others, listed])
    if listed == weekdays:
        return ""
    try:
        next(CronSim(instead, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        return ""
    return instead


def _listed(part: str) -> str:
    found = _DAY_RANGE.fullmatch(part)
    numbers = [_number_of_day(word) for word in found.groups()[:2]] if found else []
    first, last = (*numbers, None, None)[:2]
    if found is None or found[3] or first is None or last is None or first <= last:
        return part
    days = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return ",".join(_CRON_DAYS[day] for day in days)


def _number_of_day(word: str) -> int | None:
    if word in _CRON_DAYS:
        return _CRON_DAYS.index(word)
    return int(word) if word in "0123456" and len(word) == 1 else None


def _check_week(window: Window) -> None:
    if window.minutes:
        raise ValueError("minutes applies only to cron: a window with days ends at its end.")
    unknown = [day for day in window.days if day not in DAYS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a day: use {', '.join(DAYS)}.")
    missing = [name for name in ("days", "start", "end") if not getattr(window, name)]
    if missing:
        raise ValueError(f"A window with days also needs {' and '.join(missing)}.")
    clock(window.start)
    clock(window.end)
