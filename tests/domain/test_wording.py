"""Money, lengths of time and sizes as people read them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wording import duration, number, percent, price, size, usd


@pytest.mark.parametrize(
    ("microusd", "text"),
    [
        (0, "$0.00"),
        (1, "<$0.0001"),
        (42_000, "$0.0420"),
        (99_960, "$0.1000"),
        (100_000, "$0.10"),
        (1_234_567, "$1.23"),
        (1_235_000, "$1.24"),
        (1_234_567_890_000, "$1,234,567.89"),
        (-1_500_000, "−$1.50"),
        (-1, "−<$0.0001"),
    ],
)
def test_money_is_read_at_a_glance(microusd: int, text: str) -> None:
    assert usd(microusd) == text


def test_money_takes_the_places_a_column_has() -> None:
    assert usd(42_000, places=2) == "$0.04"
    assert usd(4_000, places=2) == "<$0.01"
    assert usd(123_000_000, places=4) == "$123.0000"


@given(st.integers(min_value=1))
def test_no_money_at_all_is_never_said_of_some(microusd: int) -> None:
    assert usd(microusd).strip("<$0.,") != ""


@pytest.mark.parametrize(
    ("dollars", "text"),
    [("0.0045", "$0.0045"), ("0.033000", "$0.033"), ("2", "$2.00"), ("1000", "$1,000.00")],
)
def test_a_price_keeps_its_places(dollars: str, text: str) -> None:
    assert price(Decimal(dollars)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0.4 s"),
        (1, "1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (600, "10 min"),
        (3_600 + 300, "1 h 5 min"),
        (11 * 3_600 + 300, "11 h"),
        (86_400, "1 d"),
        (3 * 86_400 + 7_200, "3 d 2 h"),
        (400 * 86_400, "400 d"),
        (timedelta(minutes=2, seconds=5), "2 min 5 s"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(seconds: float | timedelta, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1.5 * 2**30, "1.5 GiB"), (2**60, "1024 PiB")],
)
def test_a_size_has_the_unit_that_fits(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (1_234.5, "1,234.5"), (0.005, "0.01"), (100, "100")]
)
def test_a_number_has_no_idle_zeros(value: float, text: str) -> None:
    assert number(value) == text


def test_a_part_of_nothing_has_no_share() -> None:
    assert percent(1, 0) == "–"
    assert percent(1, 3) == "33%"
