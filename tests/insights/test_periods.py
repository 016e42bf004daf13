"""The days of the cost page, and those before that they are compared with."""

from datetime import UTC, date, datetime

import pytest

from insights.periods import asked_period, asked_step, month_of, months
from insights.queries.costs import Change
from metering.queries import Step

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def days(query: dict[str, str]) -> tuple[str, str, str, str]:
    period = asked_period(query, now=NOON)
    return (
        f"{period.first:%m-%d}",
        f"{period.last:%m-%d}",
        f"{period.previous[0]:%m-%d}",
        f"{period.previous[1]:%m-%d}",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ("03-02", "03-31", "01-31", "03-01")),
        ({"range": "7d"}, ("03-25", "03-31", "03-18", "03-24")),
        ({"from": "2026-03-01", "to": "2026-03-01"}, ("03-01", "03-01", "02-28", "02-28")),
        ({"month": "2026-02"}, ("02-01", "02-28", "01-01", "01-31")),
        # The last day of a shorter month stands for the days that it does not have.
        ({"month": "2026-03"}, ("03-01", "03-31", "02-01", "02-28")),
    ],
)
def test_a_period_and_the_one_before(query: dict[str, str], expected: tuple[str, ...]) -> None:
    assert days(query) == expected


def test_the_current_month_is_compared_with_the_same_days() -> None:
    period = month_of(date(2026, 3, 1), date(2026, 3, 10))
    assert (period.last, period.previous) == (
        date(2026, 3, 10),
        (date(2026, 2, 1), date(2026, 2, 10)),
    )
    assert period.words == "March 2026 to date"


def test_thirteen_months_are_on_offer() -> None:
    assert [key for key, _ in months(date(2026, 3, 31))][::12] == ["2026-03", "2025-03"]


@pytest.mark.parametrize(
    ("current", "previous", "words"),
    [
        (3_000_000, 2_000_000, ("+$1.00", "+50%")),
        (1_000_000, 2_000_000, ("−$1.00", "−50%")),
        (1_000_000, 0, ("+$1.00", "new")),
        (0, 0, ("$0.00", "–")),
        (5, 5, ("$0.00", "±0%")),
    ],
)
def test_a_change_in_words(current: int, previous: int, words: tuple[str, str]) -> None:
    change = Change(current=current, previous=previous)
    assert (change.amount_words, change.percent_words) == words


@pytest.mark.parametrize(
    ("step", "length", "expected"),
    [
        (None, "7d", Step.DAY),
        (None, "90d", Step.DAY),
        (None, "365d", Step.WEEK),
        ("day", "365d", Step.DAY),
        ("month", "30d", Step.MONTH),
        ("hour", "30d", Step.DAY),
    ],
)
def test_a_bar_stands_for_what_is_asked_or_fits(
    step: str | None, length: str, expected: Step
) -> None:
    assert asked_step(step, asked_period({"range": length}, now=NOON)) is expected
