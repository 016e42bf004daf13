"""How long something cools down, and what each class of failure leads to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cooldowns import (
    FIRST,
    LONGEST,
    QUIET,
    Cooling,
    FailureClass,
    FailureResponse,
    after_failure,
    after_quota,
    answer_to,
    pause,
    sentence,
    why_cold,
)
from domain.offerings import Market

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SPOT = Market.SPOT


def failures(count: int) -> Cooling:
    """The cool-down after so many failures, each as soon as it may be asked for again."""
    cooling = after_failure(None, now=NOW)
    for _ in range(count - 1):
        cooling = after_failure(cooling, now=cooling.until)
    return cooling


@pytest.mark.parametrize(
    ("count", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (500, 60)]
)
def test_each_failure_in_a_row_doubles_the_pause_up_to_an_hour(count: int, minutes: int) -> None:
    cooling = failures(count)
    assert cooling.until - cooling.failed_at == timedelta(minutes=minutes)
    assert cooling.streak == count


def test_failures_while_it_cools_down_are_the_same_failure() -> None:
    first = failures(1)
    assert after_failure(first, now=NOW + timedelta(minutes=4)) is first


def test_two_quiet_hours_forget_the_failures() -> None:
    cooling = failures(4)
    assert after_failure(cooling, now=cooling.until + QUIET).streak == 1
    assert after_failure(cooling, now=cooling.until + QUIET - timedelta(seconds=1)).streak == 5


@given(st.integers(min_value=-5, max_value=10**9))
def test_no_pause_is_shorter_than_the_first_or_longer_than_an_hour(streak: int) -> None:
    assert FIRST <= pause(streak) <= LONGEST


@pytest.mark.parametrize(
    ("failure", "answer"),
    [
        ("capacity", FailureResponse.COOL),
        ("quota", FailureResponse.BLOCK_MARKET),
        ("permission", FailureResponse.STOP),
        ("configuration", FailureResponse.STOP),
        ("transient", FailureResponse.REPEAT),
    ],
)
def test_every_class_has_its_answer(failure: str, answer: FailureResponse) -> None:
    assert answer_to(FailureClass(failure)) is answer


def test_a_quota_blocks_for_half_an_hour() -> None:
    assert after_quota(now=NOW).until == NOW + timedelta(minutes=30)


def test_the_sentence_says_what_until_when_and_why() -> None:
    said = sentence(
        ("g5.xlarge", "us-west-2a", SPOT),
        failures(2),
        failure=FailureClass.CAPACITY,
        cause="No capacity.",
    )
    assert said == (
        "g5.xlarge as spot in us-west-2a is in cooldown until 12:15 UTC (failed 2 times): No "
        "capacity"
    )
    blocked = sentence(
        ("", "", Market.ON_DEMAND),
        after_quota(now=NOW),
        failure=FailureClass.QUOTA,
        cause="64 vCPUs at most.",
    )
    assert blocked == "every type on demand is blocked until 12:30 UTC: 64 vCPUs at most"


@pytest.mark.parametrize(
    ("cold", "instance_type", "zone", "expected"),
    [
        (("small", "a", SPOT), "small", "a", True),
        (("small", "a", SPOT), "small", "b", False),
        (("small", "a", SPOT), "large", "a", False),
        (("small", "", SPOT), "small", "b", True),  # it was asked of every zone
        (("", "", SPOT), "large", "b", True),  # the market is blocked
        (("", "", Market.ON_DEMAND), "large", "b", False),
        (("small", "a", SPOT), "small", "", False),  # another zone may have it
    ],
)
def test_a_cooldown_covers_what_it_names(
    cold: tuple[str, str, Market], instance_type: str, zone: str, *, expected: bool
) -> None:
    why = why_cold({cold: "since"}, instance_type=instance_type, zone=zone, market=SPOT)
    assert bool(why) is expected
