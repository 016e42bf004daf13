"""When the sample clusters ran, with how many workers and how busy: the same every time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from mobula.demo.templates import Pattern, SampleTemplate

DAYS = 75
HOUR = timedelta(hours=1)
SATURDAY = 5
# So many of a template's clusters run now, whatever the time; the last of them idles.
RUNNING = {Pattern.ALWAYS: 0, Pattern.NIGHTLY: 1, Pattern.OFFICE: 3, Pattern.TRAINING: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of a cluster: what it had and how busy it was, for each hour from `start` on."""

    start: datetime
    workers: Sequence[int]
    load: Sequence[float]  # from 0, idle, to 1
    is_open: bool = False  # it runs to this day

    @property
    def end(self) -> datetime:
        """When it ended; of an open one, the end of the hour that has begun."""
        return self.start + len(self.workers) * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One node of a session: its number there, 0 for the head, and its hours."""

    number: int
    first: int  # the hour of the session that it began with
    hours: int


def sessions(
    template: SampleTemplate, position: int, *, now: datetime, days: int = DAYS
) -> list[Session]:
    """Return the runs of the cluster at `position` of a template, in order, up to `now`."""
    random = Random(f"{template.name} {position}")  # noqa: S311 - to look like life, no secret
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=days - min(3 * (position % 4), days // 4))
    past = {
        Pattern.ALWAYS: _always,
        Pattern.NIGHTLY: _nightly,
        Pattern.OFFICE: _office,
        Pattern.TRAINING: _training,
    }[template.pattern](template, first, now, random)
    ran = [session for session in past if session.start < now]
    if not ran:  # it rested all the time: look further back
        return sessions(template, position, now=now, days=2 * days)
    if position < RUNNING[template.pattern] and not ran[-1].is_open:
        is_idle = position == RUNNING[template.pattern] - 1 > 0
        ran += _current(template, ran[-1].end, now, random, is_idle=is_idle)
    return ran


def lives(session: Session) -> list[Life]:
    """Return the nodes of a session: workers that are not needed any more go, last come first."""
    hours = len(session.workers)
    nodes = [Life(number=0, first=0, hours=hours)]
    number = 0
    for place in range(max(session.workers, default=0)):
        since: int | None = None
        for hour in range(hours + 1):
            needed = hour < hours and session.workers[hour] > place
            if needed and since is None:
                since = hour
            if not needed and since is not None:
                number += 1
                nodes.append(Life(number=number, first=since, hours=hour - since))
                since = None
    return nodes


def _cut(start: datetime, workers: list[int], load: list[float], *, now: datetime) -> Session:
    """Return a session that is cut, and open, where it reaches beyond `now`."""
    hours = math.ceil((now - start) / HOUR)
    is_open = hours < len(workers)
    kept = max(hours, 1)
    return Session(start=start, workers=workers[:kept], load=load[:kept], is_open=is_open)


def _current(
    template: SampleTemplate, last: datetime, now: datetime, random: Random, *, is_idle: bool
) -> Iterator[Session]:
    """Yield a session that began some hours ago, after the last one, and still runs."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    start = max(this_hour - random.randint(3, 20) * HOUR, last)
    hours = math.ceil((now - start) / HOUR)
    if hours > 0:
        workers = [max(1, template.workers - 1)] * (hours + 1)
        load = [0.0 if is_idle else 0.6 + 0.4 * random.random() for _ in workers]
        yield _cut(start, workers, load, now=now)


def _always(
    template: SampleTemplate, first: datetime, now: datetime, random: Random
) -> Iterator[Session]:
    hours = math.ceil((now - first) / HOUR) + 24
    workers, load = [], []
    for hour in range(hours):
        at = first + hour * HOUR
        day = 0.5 + 0.5 * math.sin((at.hour - 9) / 24 * 2 * math.pi)
        weekend = 0.6 if at.weekday() >= SATURDAY else 1.0
        busy = day * weekend * (0.9 + 0.2 * random.random())
        workers.append(max(1, round(template.workers * busy)))
        load.append(min(1.0, 0.3 + 0.7 * busy))
    yield _cut(first, workers, load, now=now)


def _nightly(
    template: SampleTemplate, first: datetime, now: datetime, random: Random
) -> Iterator[Session]:
    start = random.randint(0, 4)
    for day in range((now - first).days + 1):
        at = first + timedelta(days=day, hours=start)
        if random.random() < 0.25:
            continue
        length = random.randint(2, 3)
        workers = [max(1, template.workers - random.randint(0, 3)) for _ in range(length)]
        # The last hour is the idle timeout.
        load = [0.8 + 0.2 * random.random() for _ in range(length - 1)] + [0.1]
        yield _cut(at, workers, load, now=now)


def _office(
    template: SampleTemplate, first: datetime, now: datetime, random: Random
) -> Iterator[Session]:
    for day in range((now - first).days + 1):
        at = first + timedelta(days=day, hours=random.randint(7, 10))
        away = at.weekday() >= SATURDAY or random.random() < 0.35
        length, chance = random.randint(4, 8), random.random()
        if away:
            continue
        workers = [random.randint(0, template.workers) for _ in range(length)]
        load = [0.0 if random.random() < 0.4 else random.random() for _ in range(length)]
        if chance < 0.04:  # forgotten overnight
            workers += [workers[-1]] * 12
            load += [0.0] * 12
        yield _cut(at, workers, load, now=now)


def _training(
    template: SampleTemplate, first: datetime, now: datetime, random: Random
) -> Iterator[Session]:
    at = first + timedelta(hours=random.randint(8, 17))
    while at < now:
        length = random.randint(8, 36)
        size = random.randint(2, template.workers)
        idle = random.randint(0, 3)
        workers = [size] * length
        load = [0.85 + 0.15 * random.random() for _ in range(length - idle)] + [0.0] * idle
        yield _cut(at, workers, load, now=now)
        at += (length + random.randint(30, 120)) * HOUR
