from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.idle import Activity, IdleInput, IdleVerdict, verdict

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUIET = IdleInput(drivers=0, actors=0, waiting=0, held=0)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


STARTED = NOW - minutes(60)


def judge(
    known: IdleInput,
    *,
    idle_since: datetime | None = None,
    started_at: datetime | None = STARTED,
    idle_minutes: int | None = 30,
    max_lifetime_minutes: int | None = None,
) -> IdleVerdict:
    return verdict(
        known,
        idle_since=idle_since,
        started_at=started_at,
        idle_minutes=idle_minutes,
        max_lifetime_minutes=max_lifetime_minutes,
        now=NOW,
    )


def test_a_quiet_cluster_begins_to_idle_now_and_ends_after_its_limit() -> None:
    answer = judge(QUIET)
    assert answer.state is Activity.IDLE
    assert (answer.idle_since, answer.stops_at) == (NOW, NOW + minutes(30))


def test_idle_time_goes_on_from_when_it_began() -> None:
    answer = judge(QUIET, idle_since=NOW - minutes(31))
    assert answer.idle_since == NOW - minutes(31)
    assert answer.stops_at == NOW - minutes(1)
    assert answer.reason == "Idle for 31 minutes (limit 30): no running or pending work."


@pytest.mark.parametrize(
    ("signal", "known"),
    [
        ("drivers", replace(QUIET, drivers=1)),
        ("actors", replace(QUIET, actors=2)),
        ("demand", replace(QUIET, waiting=3)),
        ("nodes", replace(QUIET, held=1)),
        ("hold", replace(QUIET, hold_until=NOW + minutes(5))),
    ],
)
def test_each_signal_alone_keeps_the_cluster(signal: str, known: IdleInput) -> None:
    answer = judge(known, idle_since=NOW - minutes(300))
    assert answer.state is Activity.ACTIVE
    assert (answer.idle_since, answer.stops_at) == (None, None)
    assert [s.name for s in answer.signals if s.state is Activity.ACTIVE] == [signal]
    assert signal in answer.reason


@pytest.mark.parametrize("field", ["drivers", "waiting", "held"])
def test_what_is_not_known_keeps_the_cluster(field: str) -> None:
    answer = judge(replace(QUIET, **{field: None}), idle_since=NOW - minutes(300))
    assert answer.state is Activity.UNKNOWN
    assert (answer.idle_since, answer.stops_at) == (None, None)
    assert answer.reason.startswith("Treated as active: no data for")


def test_a_silent_agent_leaves_every_signal_unknown_but_the_hold() -> None:
    silent = IdleInput(drivers=None, actors=None, waiting=None, held=None)
    unknown = [s.name for s in judge(silent).signals if s.state is Activity.UNKNOWN]
    assert unknown == ["agent", "drivers", "actors", "demand", "nodes"]


def test_actors_that_cannot_be_counted_are_none_without_a_driver() -> None:
    assert judge(replace(QUIET, actors=None)).state is Activity.IDLE


def test_actors_that_cannot_be_counted_are_unknown_beside_a_driver() -> None:
    answer = judge(replace(QUIET, actors=None, drivers=1))
    states = {signal.name: signal.state for signal in answer.signals}
    assert states["actors"] is Activity.UNKNOWN
    assert states["agent"] is Activity.IDLE  # it reports all that it counts
    assert answer.state is Activity.ACTIVE


def test_activity_outweighs_what_is_not_known() -> None:
    assert judge(replace(QUIET, held=None, drivers=1)).state is Activity.ACTIVE


def test_a_hold_that_is_over_keeps_nothing() -> None:
    assert judge(replace(QUIET, hold_until=NOW)).state is Activity.IDLE


@pytest.mark.parametrize("never", [None, 0])
def test_without_a_limit_an_idle_cluster_stays(never: int | None) -> None:
    answer = judge(QUIET, idle_since=NOW - minutes(9000), idle_minutes=never)
    assert answer.state is Activity.IDLE
    assert answer.stops_at is None
    assert "no limit is set" in answer.reason


def test_the_lifetime_ends_a_busy_cluster() -> None:
    answer = judge(replace(QUIET, drivers=1), max_lifetime_minutes=60)
    assert answer.stops_at == NOW
    assert answer.reason == "The maximum lifetime of 60 minutes has been reached."


def test_a_busy_cluster_knows_the_end_of_its_lifetime() -> None:
    answer = judge(replace(QUIET, drivers=1), max_lifetime_minutes=90)
    assert answer.stops_at == NOW + minutes(30)
    assert answer.reason == "Active: 1 running or queued (drivers)."


def test_the_earlier_of_both_limits_ends_the_cluster() -> None:
    late = judge(QUIET, idle_since=NOW, max_lifetime_minutes=480)
    early = judge(QUIET, idle_since=NOW, max_lifetime_minutes=65)
    assert late.stops_at == NOW + minutes(30)
    assert early.stops_at == NOW + minutes(5)


def test_a_cluster_that_never_started_has_no_lifetime() -> None:
    answer = judge(QUIET, started_at=None, idle_minutes=None, max_lifetime_minutes=1)
    assert answer.stops_at is None


def test_a_limit_beyond_the_calendar_is_no_error() -> None:
    answer = judge(QUIET, idle_minutes=2**53)
    assert answer.stops_at is not None
    assert answer.stops_at > NOW + timedelta(days=30_000)


@given(
    drivers=st.none() | st.integers(0, 2),
    actors=st.none() | st.integers(0, 2),
    waiting=st.none() | st.integers(0, 2),
    held=st.none() | st.integers(0, 2),
    hours=st.none() | st.integers(-1, 1),
)
def test_the_signals_explain_the_state(
    drivers: int | None,
    actors: int | None,
    waiting: int | None,
    held: int | None,
    hours: int | None,
) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    known = IdleInput(
        drivers=drivers,
        actors=actors,
        waiting=waiting,
        held=held,
        hold_until=None if hours is None else moment + timedelta(hours=hours),
    )
    answer = verdict(
        known,
        idle_since=None,
        started_at=None,
        idle_minutes=30,
        max_lifetime_minutes=None,
        now=moment,
    )
    states = {signal.state for signal in answer.signals}
    order = (Activity.ACTIVE, Activity.UNKNOWN, Activity.IDLE)
    assert answer.state is next(state for state in order if state in states)
