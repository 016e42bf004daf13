"""The days that the cost page looks at, and the ones before that they are compared with.

Days are UTC days, as the ledger has them: an hour of a node is never split between two days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from insights import ranges
from metering.queries import Step

LONGEST = timedelta(days=1_100)
MONTHS = 13  # calendar months on offer
MOST_DAYS = 93  # bars of single days; of more, weeks are drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days with both ends, in words, and the previous period."""

    first: date
    last: date
    words: str
    previous: tuple[date, date]
    previous_words: str
    key: str = ""  # of the range or the month; "" for a custom one


class WrongPeriod(ValueError):
    """The address asks for days that cannot be; says which parameter and why."""


def asked_period(query: Mapping[str, str], *, now: datetime) -> Period:
    """Return the period of `from` and `to`, of `month` or of `range`; raises `WrongPeriod`."""
    today = now.astimezone(UTC).date()
    if query.get("from") or query.get("to"):
        return _custom(query.get("from", ""), query.get("to", ""), today)
    if query.get("month"):
        return month_of(_month(query["month"], today), today)
    return usual(query.get("range"), now)


def usual(key: str | None, now: datetime) -> Period:
    """Return the last days of a range that pages offer, 30 where there is none of that key."""
    chosen = ranges.chosen(key, among=ranges.OF_COST, otherwise="30d")
    first, last = chosen.days(now)
    return _with_previous(first, last, words=chosen.words, key=chosen.key)


def month_of(first: date, today: date) -> Period:
    """Return a calendar month; the current one is compared with the last one's same days."""
    before = (first - timedelta(days=1)).replace(day=1)
    end = first.replace(day=monthrange(first.year, first.month)[1])
    last_of_before = first - timedelta(days=1)
    key, words = f"{first:%Y-%m}", f"{first:%B %Y}"
    if end < today:
        previous = (before, last_of_before)
        return Period(
            first=first, last=end, words=words, key=key, previous=previous,
            previous_words=f"{before:%B %Y}",
        )  # fmt: skip
    same_day = before + timedelta(days=min(today.day, last_of_before.day) - 1)
    return Period(
        first=first,
        last=min(end, today),
        words=f"{words} to date",
        key=key,
        previous=(before, same_day),
        previous_words=f"{before:%B} 1–{same_day.day}",
    )


def asked_step(key: str | None, period: Period) -> Step:
    """Return what one bar of a chart of the period stands for: as asked, or as fits its length."""
    if key and key in Step:
        return Step(key)
    return Step.DAY if (period.last - period.first).days < MOST_DAYS else Step.WEEK


def months(today: date) -> list[tuple[str, str]]:
    """Return the calendar months on offer, the current one first: their key and their name."""
    offered, first = [], today.replace(day=1)
    for _ in range(MONTHS):
        offered.append((f"{first:%Y-%m}", f"{first:%B %Y}"))
        first = (first - timedelta(days=1)).replace(day=1)
    return offered


def _custom(first_text: str, last_text: str, today: date) -> Period:
    first, last = _day("from", first_text), _day("to", last_text)
    if first > last:
        raise WrongPeriod(f"From ({first}) is after to ({last}). Swap the two dates.")
    if first > today:
        raise WrongPeriod(f"From ({first}) is in the future. Today is {today} in UTC.")
    if last - first >= LONGEST:
        raise WrongPeriod(
            f"From {first} to {last} is {(last - first).days + 1} days. "
            f"Choose at most {LONGEST.days} days."
        )
    return _with_previous(first, last, words=f"{first} to {last}", key="")


def _day(name: str, text: str) -> date:
    if not text:
        raise WrongPeriod(f"'{name}' is missing. Give both dates, such as 2026-03-01.")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year < 2000 or day.year > 9000 or day.isoformat() != text:
        raise WrongPeriod(f"'{text}' ({name}) is not a date. Write it as 2026-03-01.")
    return day


def _month(text: str, today: date) -> date:
    first = _day("month", f"{text}-01") if len(text) == 7 else None
    if first is None or first > today:
        raise WrongPeriod(f"'{text}' is not a past month. Write it as {today:%Y-%m}.")
    return first


def _with_previous(first: date, last: date, *, words: str, key: str) -> Period:
    length = last - first + timedelta(days=1)
    previous = (first - length, last - length)
    return Period(
        first=first, last=last, words=words, key=key, previous=previous,
        previous_words=f"{previous[0]} to {previous[1]}",
    )  # fmt: skip
