"""States of a switch, and what becomes of the cluster that was replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain.idle import Activity
from domain.lifecycle import MoveNotAllowed
from domain.promotions.switches import (
    LONGEST_DRAIN,
    OPEN_SWITCH_STATES,
    SWITCH_MOVES,
    Drain,
    Fate,
    Next,
    SwitchState,
    check_switch_move,
    drain,
    nodes_in_words,
)

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def drained(
    activity: Activity = Activity.IDLE,
    *,
    jobs: int = 0,
    fate: Fate = Fate.SETTLED,
    after: timedelta = timedelta(hours=1),
) -> Drain:
    """What is to be done with the old cluster so long after the switch."""
    return drain(activity=activity, jobs=jobs, fate=fate, switched_at=AT, now=AT + after)


@pytest.mark.parametrize(("current", "wanted"), list(product(SwitchState, SwitchState)))
def test_a_switch_moves_as_the_table_says(current: SwitchState, wanted: SwitchState) -> None:
    if wanted in SWITCH_MOVES[current]:
        check_switch_move(current, wanted)
        return
    with pytest.raises(MoveNotAllowed):
        check_switch_move(current, wanted)


def test_what_is_open_has_a_way_on_and_what_is_not_has_none() -> None:
    assert set(SWITCH_MOVES) == set(SwitchState)
    assert {state for state, moves in SWITCH_MOVES.items() if moves} == OPEN_SWITCH_STATES


def test_only_what_was_switched_is_ever_taken_back() -> None:
    back = {state for state, moves in SWITCH_MOVES.items() if SwitchState.TAKEN_BACK in moves}
    assert back == {SwitchState.SWITCHED}


@pytest.mark.parametrize("fate", Fate)
@pytest.mark.parametrize("activity", [Activity.ACTIVE, Activity.UNKNOWN])
@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=1), timedelta(days=30)])
def test_work_is_never_ended(activity: Activity, fate: Fate, after: timedelta) -> None:
    late = after >= LONGEST_DRAIN
    answer = drained(activity, jobs=1, fate=fate, after=after)
    assert answer.next is (Next.ASK if late else Next.KEEP)


def test_without_work_it_ends_once_the_release_is_settled() -> None:
    assert drained() == Drain(next=Next.END, words="No work is left on it.")


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=30)])
def test_without_work_it_is_kept_while_the_release_may_still_fail(after: timedelta) -> None:
    answer = drained(fate=Fate.OPEN, after=after)
    assert answer.next is Next.KEEP
    assert answer.words.endswith("It is kept until the release is verified.")


def test_after_a_failure_it_is_kept_for_a_roll_back_for_a_day() -> None:
    early = drained(fate=Fate.FAILED, after=LONGEST_DRAIN - timedelta(seconds=1))
    assert (early.next, early.words) == (
        Next.KEEP,
        "No work is left on it. It is kept for a roll-back, 1 d at most.",
    )
    assert drained(fate=Fate.FAILED, after=LONGEST_DRAIN).next is Next.END


@pytest.mark.parametrize(
    ("activity", "jobs", "words"),
    [
        (Activity.ACTIVE, 1, "1 job finishes on it."),
        (Activity.ACTIVE, 3, "3 jobs finish on it."),
        (Activity.ACTIVE, 0, "Work still runs on it, or has just ended."),
        (Activity.UNKNOWN, 0, "Its head sends no reports, so work may still run on it."),
    ],
)
def test_it_says_what_still_runs(activity: Activity, jobs: int, words: str) -> None:
    assert drained(activity, jobs=jobs).words == words


def test_after_a_day_it_says_what_can_be_done() -> None:
    assert drained(Activity.ACTIVE, jobs=2, after=timedelta(hours=24)).words == (
        "2 jobs finish on it. The switch was more than 1 d ago: "
        "wait, stop it, or terminate the cluster."
    )


def test_nodes_are_counted_in_words() -> None:
    assert (nodes_in_words(0, 1), nodes_in_words(2, 4)) == ("0 of 1 node", "2 of 4 nodes")
