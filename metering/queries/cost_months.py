"""A range of UTC days as whole calendar months and single days, so that few rows are read.

A month that is partly in the range is read as its days, or as the whole month without the days
that are not in the range, whichever are fewer. Either way the sums are those of the days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from metering.queries.cost_terms import CostFilter

type Days = tuple[date, date]  # both included
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What a range is the sum of: months, by their first days, and days; less some days."""

    months: Days | None
    added: Sequence[Days] = ()
    subtracted: Sequence[Days] = ()


def pieces_of(first: date, last: date, *, today: date) -> Pieces:
    """Return the pieces of the days from `first` to `last`; days after `today` have few rows."""
    if first.replace(day=1) == last.replace(day=1):
        return _within_month(first, last, today)
    start, end = first.replace(day=1), last.replace(day=1)
    added, subtracted = [], []
    if (first - start).days <= (_end_of(first) - first).days:
        subtracted.append((start, first - _DAY))
    else:
        added.append((first, _end_of(first)))
        start = _end_of(first) + _DAY
    if _days_left(last, today) <= last.day:
        subtracted.append((last + _DAY, _end_of(last)))
    else:
        added.append((end, last))
        end = (end - _DAY).replace(day=1)
    return Pieces(
        months=(start, end) if start <= end else None,
        added=added,
        subtracted=[days for days in subtracted if days[0] <= days[1]],
    )


def _within_month(first: date, last: date, today: date) -> Pieces:
    start, end = first.replace(day=1), _end_of(last)
    if (last - first).days < (first - start).days + _days_left(last, today):
        return Pieces(months=None, added=[(first, last)])
    around = [(start, first - _DAY), (last + _DAY, end)]
    return Pieces(months=(start, start), subtracted=[days for days in around if days[0] <= days[1]])


def _end_of(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _days_left(day: date, today: date) -> int:
    """Return how many days with cost the month has after this one."""
    return max((min(_end_of(day), today) - day).days, 0)


def rows_of_range(
    first: date, last: date, *, filters: CostFilter, keys: str, amounts: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a cluster's rows whose sums are those of the range, and its values.

    A group of which nothing is left has rows too: its seconds sum to 0.
    """
    narrowed, parameters = filters.narrowing()
    pieces = pieces_of(first, last, today=datetime.now(UTC).date())
    arms = []
    for number, (column, sign, days) in enumerate(_arms(pieces)):
        table = "metering_costmonth" if column == "month" else "metering_costday"
        values = ", ".join(f"{sign}{amount} AS {amount}" for amount in amounts)
        arms.append(
            f"SELECT {keys}, {values} FROM {table} "  # noqa: S608 - of constants
            f"WHERE {column} BETWEEN %(since_{number})s AND %(until_{number})s{narrowed}"
        )
        parameters |= {f"since_{number}": days[0], f"until_{number}": days[1]}
    return " UNION ALL ".join(arms), parameters


def _arms(pieces: Pieces) -> Iterator[tuple[str, str, Days]]:
    """Yield the column of time, the sign and the bounds of each piece."""
    if pieces.months:
        yield "month", "", pieces.months
    for days in pieces.added:
        yield "day", "", days
    for days in pieces.subtracted:
        yield "day", "-", days
