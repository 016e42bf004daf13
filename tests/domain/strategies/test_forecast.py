"""Forecasts of the nodes that will be needed, on series whose future is known."""

import math
import time
from datetime import UTC, datetime, timedelta

import pytest

from domain.strategies.forecast import (
    AHEAD,
    NotEnough,
    Prediction,
    hourly,
    need_of,
    predict,
    whole,
    why_not_used,
)

NOW = datetime(2026, 6, 15, 0, 10, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


def office(at: datetime) -> float:
    """6 nodes from 8 to 18."""
    return 6.0 if 8 <= at.hour < 18 else 0.0


def workdays(at: datetime) -> float:
    return office(at) if at.weekday() < 5 else 0.0


def odd_days(at: datetime) -> float:
    """Another number of nodes on each day of the week."""
    return office(at) * (1 + at.weekday() * 3 % 7)


def noise(at: datetime) -> float:
    """Between 0 and 1, with no pattern that a season could learn."""
    return math.sin(at.timestamp() ** 1.5) / 2 + 0.5


def series(of, *, days: float, step: timedelta = timedelta(minutes=5)):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    begin = NOW - timedelta(days=days)
    count = int(timedelta(days=days) / step)
    return [(begin + place * step, of(begin + place * step)) for place in range(count)]


def test_a_day_that_repeats_is_foretold_hour_by_hour() -> None:
    found = predict(series(office, days=7), now=NOW, quantile=0.75)
    assert found.season == "day"
    assert found.starts_at == datetime(2026, 6, 15, tzinfo=UTC)
    assert len(found.p50) == len(found.upper) == AHEAD
    assert found.p50[4] == pytest.approx(0, abs=0.3)
    assert found.p50[12] == pytest.approx(6, abs=0.3)
    assert found.error_percent is not None
    assert found.error_percent < 10


def test_the_week_is_seen_after_two_of_them() -> None:
    found = predict(series(odd_days, days=21), now=NOW, quantile=0.75)
    assert found.season == "week"
    assert found.p50[12] == pytest.approx(odd_days(NOW.replace(hour=12)), abs=0.5)
    assert found.error_percent is not None
    assert found.error_percent < 10


def test_workdays_and_weekends_are_told_apart_before_that() -> None:
    found = predict(series(workdays, days=12), now=NOW, quantile=0.75)
    assert found.season == "workdays"
    assert found.p50[12] == pytest.approx(6, abs=0.5)
    assert found.error_percent is not None
    assert found.error_percent < 10


def test_the_wanted_quantile_lies_above_the_middle_and_grows() -> None:
    history = series(lambda at: office(at) + 2 * noise(at), days=10, step=HOUR)
    cautious, bold = (predict(history, now=NOW, quantile=q) for q in (0.9, 0.6))
    assert cautious.p50 == bold.p50
    pairs = zip(cautious.p50, bold.upper, cautious.upper, strict=True)
    assert all(middle <= low <= high for middle, low, high in pairs)
    assert sum(cautious.upper) > sum(bold.upper)


def test_the_same_history_gives_the_same_forecast() -> None:
    history = series(lambda at: office(at) + noise(at), days=5)
    assert predict(history, now=NOW, quantile=0.75) == predict(history, now=NOW, quantile=0.75)


def test_two_weeks_at_five_minutes_take_less_than_two_seconds() -> None:
    history = series(lambda at: workdays(at) + noise(at), days=14)
    predict(history[-300:], now=NOW, quantile=0.75)  # the import of statsmodels apart
    begin = time.process_time()
    predict(history, now=NOW, quantile=0.75)
    assert time.process_time() - begin < 2


def test_less_than_a_day_of_history_is_not_enough() -> None:
    with pytest.raises(NotEnough, match="needs 24 hours of history; there are 23 so far"):
        predict(series(office, days=0.95), now=NOW, quantile=0.75)
    with pytest.raises(NotEnough, match="there are 0 so far"):
        predict([], now=NOW, quantile=0.75)


@pytest.mark.parametrize("days", [1.1, 2.1, 3.1, 8.0, 14.1, 16.5])
@pytest.mark.parametrize("value", [0.0, 3.0])
def test_what_never_changes_is_foretold_as_it_is(days: float, value: float) -> None:
    found = predict(series(lambda _at: value, days=days, step=HOUR), now=NOW, quantile=0.75)
    assert set(found.p50) == {value}
    assert set(found.upper) == {value}
    assert found.error_percent in ({None} if days < 3 else {0.0})


def test_work_that_stopped_for_days_counts_as_a_wrong_forecast() -> None:
    history = [
        (at, 5.0 if at < NOW - timedelta(days=1) else 0.0) for at, _ in series(office, days=4)
    ]
    found = predict(history, now=NOW, quantile=0.75)
    assert found.error_percent is not None
    assert found.error_percent > 90


def test_a_short_silence_keeps_the_last_value_and_a_long_one_is_rest() -> None:
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    history = [(begin, 2.0), (begin + timedelta(minutes=30), 4.0), (begin + 3 * HOUR, 5.0)]
    assert hourly(history, until=begin + 4 * HOUR) == [3, 3, 3, 5]
    assert hourly(history, until=begin + 8 * HOUR) == [3, 3, 3, 5, 0, 0, 0, 0]


def told(*upper: float, error: float | None = 10) -> Prediction:
    return Prediction(
        starts_at=datetime(2026, 6, 15, tzinfo=UTC),
        p50=upper,
        upper=upper,
        quantile=0.75,
        season="day",
        error_percent=error,
        tested_days=7,
    )


def test_a_forecast_that_was_bad_or_is_untested_is_not_used() -> None:
    assert why_not_used(told(1), max_error_percent=40) == ""
    assert "41 % off over the last 7 days" in why_not_used(told(1, error=41), max_error_percent=40)
    assert "three days of history" in why_not_used(told(1, error=None), max_error_percent=40)


def test_the_need_looks_as_far_ahead_as_machines_take() -> None:
    forecast = told(1, 6, 2)
    early = need_of(forecast, now=NOW, ahead=timedelta(minutes=49))
    late = need_of(forecast, now=NOW, ahead=timedelta(minutes=50))
    assert (early and early.nodes, late and late.nodes) == (1, 6)
    assert late
    assert late.at == datetime(2026, 6, 15, 1, tzinfo=UTC)
    assert need_of(forecast, now=NOW + 3 * HOUR, ahead=HOUR) is None


@pytest.mark.parametrize(("value", "nodes"), [(0, 0), (0.05, 0), (0.5, 1), (2.1, 2), (2.2, 3)])
def test_a_trace_of_a_node_is_none(value: float, nodes: int) -> None:
    assert whole(value) == nodes
