import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quantities import (
    LARGEST,
    amount_of,
    format_bytes,
    parse_bytes,
    parse_duration,
    tidy_number,
)
from tests.domain.configurations import EXAMPLES


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0", 0), ("1024", 1024), ("16Gi", 16 * 2**30), ("1.5Gi", 3 * 2**29), ("32G", 32 * 10**9),
     ("500M", 500 * 10**6), ("2k", 2000), ("0.0001k", 1)],
)  # fmt: skip
def test_memory_is_read_with_its_unit(text: str, amount: int) -> None:
    assert parse_bytes(text) == amount


@pytest.mark.parametrize(
    "text", ["", "32GB", "-1Gi", "1e3", "Gi", "1 Gi", "１Gi", "nan", "9" * 30, "9Pi9", "99999Pi"]
)
def test_what_is_no_quantity_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|more memory than any machine"):
        parse_bytes(text)


def test_the_common_mistake_gb_is_told_the_two_right_ways() -> None:
    with pytest.raises(ValueError, match="write 32Gi or 32G"):
        parse_bytes("32GB")


@EXAMPLES
@given(st.integers(min_value=0, max_value=LARGEST))
def test_written_memory_is_read_as_the_same_memory(amount: int) -> None:
    assert parse_bytes(str(format_bytes(amount))) == amount


@EXAMPLES
@given(st.integers(min_value=1, max_value=1000), st.sampled_from(["Ki", "Mi", "Gi", "Ti"]))
def test_round_memory_is_written_with_its_unit(number: int, unit: str) -> None:
    assert parse_bytes(str(format_bytes(parse_bytes(f"{number}{unit}")))) == parse_bytes(
        f"{number}{unit}"
    )
    assert len(str(format_bytes(parse_bytes(f"{number}{unit}")))) <= len(f"{number}{unit}")


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h30m", 5400), ("25m", 1500), ("90s", 90), ("1h0m1s", 3601), ("0s", 0)]
)
def test_durations_are_read_in_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "1d", "30m1h", "-5m", "1.5h", "5 m", "９m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


def test_numbers_lose_a_needless_fraction_but_never_their_value() -> None:
    assert [repr(tidy_number(n)) for n in (2.0, -0.0, 0.5, 1e300)] == ["2", "0", "0.5", "1e+300"]


def test_amounts_are_said_with_the_unit_of_their_resource() -> None:
    assert amount_of("CPU", 4.0) == "4 CPU"
    assert amount_of("memory", 16.0 * 2**30) == "16Gi memory"
