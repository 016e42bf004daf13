from itertools import product

import pytest

from domain.lifecycle import MoveNotAllowed
from domain.promotions.states import (
    APPLIED_STATES,
    OPEN_STATES,
    REQUEST_MOVES,
    TEST_RUN_MOVES,
    UNAPPLIED_STATES,
    RequestState,
    check_request_move,
    check_test_run_move,
)
from domain.promotions.states import TestRunState as RunState

R = RequestState


@pytest.mark.parametrize(("current", "wanted"), list(product(RequestState, repeat=2)))
def test_a_request_moves_only_as_the_table_says(
    current: RequestState, wanted: RequestState
) -> None:
    if wanted in REQUEST_MOVES[current]:
        check_request_move(current, wanted)
        return
    with pytest.raises(MoveNotAllowed):
        check_request_move(current, wanted)


@pytest.mark.parametrize(("current", "wanted"), list(product(RunState, repeat=2)))
def test_a_test_run_moves_only_as_the_table_says(current: RunState, wanted: RunState) -> None:
    if wanted in TEST_RUN_MOVES[current]:
        check_test_run_move(current, wanted)
        return
    with pytest.raises(MoveNotAllowed):
        check_test_run_move(current, wanted)


def test_no_request_reaches_its_clusters_without_being_checked_and_approved() -> None:
    ways = {R.DRAFT}
    seen = {R.DRAFT}
    while ways:
        ways = {to for at in ways for to in REQUEST_MOVES[at] if to is not R.APPROVED} - seen
        seen |= ways
    assert not seen & APPLIED_STATES
    assert R.READY in seen


def test_what_is_applied_cannot_be_canceled_and_what_is_not_can() -> None:
    for state in OPEN_STATES:
        assert (R.CANCELED in REQUEST_MOVES[state]) is (state in UNAPPLIED_STATES)


def test_nothing_leaves_an_end_but_a_failure_that_is_rolled_back() -> None:
    for state in set(RequestState) - OPEN_STATES:
        assert REQUEST_MOVES[state] == (frozenset({R.ROLLED_BACK}) if state is R.FAILED else set())
