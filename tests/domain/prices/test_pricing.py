from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pricing import RateCard, hourly_microusd, hourly_usd, interval_microusd, microusd

ORIGIN = datetime(2026, 11, 22, 20, 0, 0, 123456, tzinfo=UTC)
CARD = RateCard(
    usd_per_cpu_hour=Decimal("0.04"),
    usd_per_gib_hour=Decimal("0.005"),
    usd_per_gpu_hour=Decimal("0.5"),
)
microseconds = st.integers(min_value=0, max_value=400 * 86_400 * 1_000_000)


def at(microsecond: int) -> datetime:
    return ORIGIN + timedelta(microseconds=microsecond)


def test_a_machine_costs_the_sum_of_its_resources() -> None:
    assert hourly_usd(CARD, vcpus=4, memory_bytes=16 * 2**30, gpus=1) == Decimal("0.74")
    assert hourly_microusd(CARD, vcpus=4, memory_bytes=16 * 2**30, gpus=1) == 740_000


def test_a_part_of_a_cpu_costs_its_part_without_a_float_error() -> None:
    assert hourly_usd(CARD, vcpus=0.1, memory_bytes=0, gpus=0) == Decimal("0.004")


@pytest.mark.parametrize(
    ("usd", "expected"),
    [("0.0000005", 0), ("0.0000015", 2), ("0.0000025", 2), ("0.00000251", 3), ("1", 1_000_000)],
)
def test_half_a_micro_dollar_goes_to_the_even_one(usd: str, expected: int) -> None:
    assert microusd(Decimal(usd)) == expected


@given(
    rate=st.integers(min_value=0, max_value=10**12),
    cuts=st.lists(microseconds, min_size=2, max_size=20).map(sorted),
)
def test_pieces_of_an_interval_sum_to_the_whole(rate: int, cuts: list[int]) -> None:
    pieces = [
        interval_microusd(rate, origin=ORIGIN, start=at(a), end=at(b)) for a, b in pairwise(cuts)
    ]
    whole = interval_microusd(rate, origin=ORIGIN, start=at(cuts[0]), end=at(cuts[-1]))
    assert sum(pieces) == whole
    assert min(pieces) >= 0


@given(rate=st.integers(min_value=0, max_value=10**12), length=microseconds)
def test_an_interval_is_never_a_micro_dollar_off_its_exact_price(rate: int, length: int) -> None:
    price = interval_microusd(rate, origin=ORIGIN, start=ORIGIN, end=at(length))
    assert 0 <= rate * length - price * 3_600_000_000 < 3_600_000_000


def test_an_hour_costs_the_hourly_price() -> None:
    end = ORIGIN + timedelta(hours=1)
    assert interval_microusd(740_001, origin=ORIGIN, start=ORIGIN, end=end) == 740_001


def test_an_interval_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="before its start"):
        interval_microusd(1, origin=ORIGIN, start=at(2), end=at(1))
