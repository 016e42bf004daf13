"""The phases of a change request, and prices in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.promotions.phases import PHASES, phases
from domain.promotions.price_changes import difference_in_words, price_changes
from domain.promotions.states import OPEN_STATES, RequestState

R = RequestState
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def states_of(*states: RequestState) -> list[str]:
    moves = [(state, START + timedelta(minutes=n)) for n, state in enumerate(states)]
    return [phase.state for phase in phases(moves, at=START + timedelta(hours=1))]


def test_each_open_state_is_in_one_phase() -> None:
    listed = [state for within in PHASES.values() for state in within]
    assert sorted(listed) == sorted(OPEN_STATES)


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ([R.DRAFT, R.CHECKING], "now todo todo todo todo"),
        ([R.DRAFT, R.CHECKING, R.BLOCKED], "failed todo todo todo todo"),
        ([R.DRAFT, R.CHECKING, R.READY, R.AWAITING_APPROVAL], "done now todo todo todo"),
        ([R.CHECKING, R.READY, R.AWAITING_APPROVAL, R.CHECKING], "now todo todo todo todo"),
        ([R.CHECKING, R.READY, R.AWAITING_APPROVAL, R.REJECTED], "done failed todo todo todo"),
        ([R.CHECKING, R.READY, R.AWAITING_APPROVAL, R.CANCELED], "done todo todo todo todo"),
        ([R.QUEUED, R.APPLYING, R.VERIFYING, R.FAILED], "done done done done failed"),
        ([R.QUEUED, R.APPLYING, R.VERIFYING, R.DONE], "done done done done done"),
        ([], "now todo todo todo todo"),
    ],
)
def test_how_far_a_request_has_come(made: list[RequestState], shown: str) -> None:
    assert states_of(*made) == shown.split()


def test_the_time_in_each_phase_counts_every_visit() -> None:
    moves = [(R.CHECKING, START), (R.AWAITING_APPROVAL, START + timedelta(seconds=5))]
    moves += [(R.CHECKING, START + timedelta(seconds=65))]
    checks, approval, *_ = phases(moves, at=START + timedelta(seconds=72))
    assert checks.seconds == 12
    assert approval.seconds is None  # it is to come again


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("1", "2.2", "+$1.20"),
        ("2.2", "1", "−$1.20"),
        ("1", "1.000000", "No change"),
        (None, "1", ""),
        ("1", "", ""),
    ],
)
def test_how_much_more_an_hour_costs(before: str | None, after: str | None, words: str) -> None:
    assert difference_in_words(before, after) == words


def test_prices_now_and_then_in_the_order_of_the_page() -> None:
    lines = price_changes({"most": "1"}, {"least": "0.5", "most": "2"})
    assert [(line.label, line.before, line.after) for line in lines] == [
        ("Minimum", "", "$0.50"),
        ("Maximum", "$1.00", "$2.00"),
    ]
    assert (lines[1].after_month, lines[1].tone) == ("$1,460", "warn")
    assert price_changes({}, {}) == []
