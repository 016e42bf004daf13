"""Windows of time: cron, weekdays, time zones, and the two odd nights of a year."""

import re
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.strategies.schedule import DAYS, Window, has_window, next_openings, window_of

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Window(cron="0 8 * * mon-fri", minutes=600, time_zone="Europe/Berlin")
NIGHT = Window(days=("fri",), start="22:00", end="06:00", time_zone="Europe/Berlin")


def berlin(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold)  # type: ignore[misc,arg-type]


def clocks(window: Window, after: datetime, count: int = 2) -> list[str]:
    found = next_openings(window, after=after, count=count)
    return [f"{start:%a %d %H:%M %z} to {end:%a %d %H:%M %z}" for start, end in found]


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (berlin(2026, 6, 1, 7, 59, 59), False),
        (berlin(2026, 6, 1, 8), True),
        (berlin(2026, 6, 1, 17, 59, 59), True),
        (berlin(2026, 6, 1, 18), False),
        (berlin(2026, 6, 6, 12), False),  # a Saturday
        (datetime(2026, 6, 1, 6, tzinfo=UTC), True),  # 8 o'clock in Berlin's summer
        (datetime(2026, 12, 1, 6, tzinfo=UTC), False),  # and 7 in its winter
    ],
)
def test_a_cron_line_opens_by_the_clock_of_its_place(at: datetime, *, is_open: bool) -> None:
    assert OFFICE.is_open(at) == is_open


def test_a_window_that_ends_before_it_starts_ends_on_the_next_day() -> None:
    assert not NIGHT.is_open(berlin(2026, 6, 5, 21, 59))
    assert NIGHT.is_open(berlin(2026, 6, 5, 23))
    assert NIGHT.is_open(berlin(2026, 6, 6, 5, 59))
    assert not NIGHT.is_open(berlin(2026, 6, 6, 6))
    assert not NIGHT.is_open(berlin(2026, 6, 6, 23))


def test_equal_start_and_end_are_a_whole_day() -> None:
    day = Window(days=("sun",), start="00:00", end="00:00")
    assert day.opening_at(datetime(2026, 6, 7, 23, 59, tzinfo=UTC)) == (
        datetime(2026, 6, 7, tzinfo=UTC),
        datetime(2026, 6, 8, tzinfo=UTC),
    )


def test_the_next_openings_are_shown_with_their_ends() -> None:
    assert clocks(OFFICE, berlin(2026, 6, 5, 12), count=5) == [
        "Mon 08 08:00 +0200 to Mon 08 18:00 +0200",
        "Tue 09 08:00 +0200 to Tue 09 18:00 +0200",
        "Wed 10 08:00 +0200 to Wed 10 18:00 +0200",
        "Thu 11 08:00 +0200 to Thu 11 18:00 +0200",
        "Fri 12 08:00 +0200 to Fri 12 18:00 +0200",
    ]


def test_a_start_that_spring_skips_is_the_first_moment_after() -> None:
    week = Window(days=("sun",), start="02:30", end="05:00", time_zone="Europe/Berlin")
    cron = Window(cron="30 2 * * sun", minutes=60, time_zone="Europe/Berlin")
    before = berlin(2026, 3, 28, 12)
    assert clocks(week, before, 1) == ["Sun 29 03:00 +0200 to Sun 29 05:00 +0200"]
    assert clocks(cron, before, 1) == ["Sun 29 03:00 +0200 to Sun 29 04:00 +0200"]
    assert week.is_open(berlin(2026, 3, 29, 3))


def test_an_end_that_spring_skips_is_the_first_moment_after() -> None:
    week = Window(days=("sun",), start="01:00", end="02:30", time_zone="Europe/Berlin")
    assert clocks(week, berlin(2026, 3, 28, 12), 1) == ["Sun 29 01:00 +0100 to Sun 29 03:00 +0200"]


def test_a_window_within_the_skipped_hour_does_not_open_that_day() -> None:
    week = Window(days=("sun",), start="02:10", end="02:50", time_zone="Europe/Berlin")
    assert clocks(week, berlin(2026, 3, 28, 12), 1) == ["Sun 05 02:10 +0200 to Sun 05 02:50 +0200"]
    assert not week.is_open(berlin(2026, 3, 29, 3))


def test_in_autumn_a_window_opens_once_and_ends_with_the_second_of_the_doubled_times() -> None:
    week = Window(days=("sun",), start="02:15", end="02:45", time_zone="Europe/Berlin")
    assert clocks(week, berlin(2026, 10, 24, 12)) == [
        "Sun 25 02:15 +0200 to Sun 25 02:45 +0100",
        "Sun 01 02:15 +0100 to Sun 01 02:45 +0100",
    ]
    assert week.is_open(berlin(2026, 10, 25, 2, 44, fold=1))
    assert not week.is_open(berlin(2026, 10, 25, 2, 45, fold=1))


def test_the_minutes_of_a_cron_line_pass_as_they_pass_in_the_doubled_hour() -> None:
    cron = Window(cron="30 2 * * sun", minutes=60, time_zone="Europe/Berlin")
    assert cron.is_open(berlin(2026, 10, 25, 2, 15, fold=1))  # 45 minutes after the first 2:30
    assert not cron.is_open(berlin(2026, 10, 25, 2, 30, fold=1))
    after = berlin(2026, 10, 25, 2, 15, fold=1)
    assert clocks(cron, after, 1) == ["Sun 01 02:30 +0100 to Sun 01 03:30 +0100"]


def test_a_cron_line_that_overlaps_itself_is_open_until_the_last_of_its_ends() -> None:
    window = Window(cron="*/10 * * * *", minutes=60)
    at = datetime(2026, 6, 1, 12, 5, tzinfo=UTC)
    assert window.opening_at(at) == (
        datetime(2026, 6, 1, 12, tzinfo=UTC),
        datetime(2026, 6, 1, 13, tzinfo=UTC),
    )


def test_a_long_cron_window_stays_open_for_its_days() -> None:
    window = Window(cron="0 0 1 * *", minutes=7 * 1440)
    assert window.is_open(datetime(2026, 6, 7, 23, 59, tzinfo=UTC))
    assert not window.is_open(datetime(2026, 6, 8, tzinfo=UTC))


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
SETS_OF_DAYS = st.sets(st.sampled_from(DAYS), min_size=1)
HOURS_OF_A_YEAR = st.integers(0, 366 * 24)


@settings(max_examples=60, deadline=None)
@given(zone=ZONES, start=st.times(), end=st.times(), days=SETS_OF_DAYS, hour=HOURS_OF_A_YEAR)
def test_what_is_listed_is_open_from_its_start_to_its_end(
    zone: str, start: time, end: time, days: set[str], hour: int
) -> None:
    window = Window(
        days=tuple(sorted(days)), start=f"{start:%H:%M}", end=f"{end:%H:%M}", time_zone=zone
    )
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    for opening, closing in next_openings(window, after=after, count=3):
        assert after < opening < closing
        assert window.is_open(opening)
        assert window.is_open(closing.astimezone(UTC) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "needs cron and minutes"),
        ({"cron": "0 8 * * mon", "minutes": 5, "days": ("mon",)}, "either cron and minutes"),
        ({"cron": "0 8 * *", "minutes": 5}, "five fields"),
        ({"cron": "0 8 * * * *", "minutes": 5}, "five fields"),
        ({"cron": "0 25 * * *", "minutes": 5}, "is not valid: Bad hour"),
        ({"cron": "0 8 * * x", "minutes": 5}, "is not valid: Bad day-of-week"),
        ({"cron": "0 8 30 2 *", "minutes": 5}, "is not valid"),
        ({"cron": "0 8 * * mon"}, "must be 1 to 10080, a week; it is 0"),
        ({"cron": "0 8 * * mon", "minutes": 10081}, "it is 10081"),
        ({"days": ("mon",), "start": "08:00"}, "also needs end"),
        ({"days": ("monday",), "start": "08:00", "end": "09:00"}, "'monday' is not a day"),
        ({"days": ("mon",), "start": "8 am", "end": "09:00"}, "'8 am' is not a time of day"),
        ({"days": ("mon",), "start": "08:00", "end": "24:00"}, "from 00:00 to 23:59"),
        ({"days": ("mon",), "start": "08:00", "end": "9:00", "minutes": 5}, "applies only to cron"),
        ({"cron": "0 8 * * mon", "minutes": 5, "time_zone": "Mars/Base"}, "'Mars/Base' is not"),
        (
            {"cron": "0 8 * * mon", "minutes": 5, "time_zone": "../etc"},
            "'../etc' is not a known time zone",
        ),
        ({"cron": "0 8 * * mon", "minutes": 5, "time_zone": ""}, "'' is not a known time zone"),
    ],
)
def test_a_window_without_sense_says_so(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Window(**fields)  # type: ignore[arg-type]


def test_a_window_is_read_from_what_the_configuration_says() -> None:
    fields = {"cron": "", "minutes": 60, "days": ("mon",), "start": "08:00", "end": "18:00"}
    item = SimpleNamespace(**fields, time_zone="UTC")
    assert has_window(item)
    assert window_of(item) == Window(days=("mon",), start="08:00", end="18:00")
    always = SimpleNamespace(cron="", minutes=60, days=(), start="", end="", time_zone="UTC")
    assert not has_window(always)


@pytest.mark.parametrize(
    ("cron", "minutes", "zone", "day", "openings"),
    [
        ("30 2 * * *", 60, "Europe/Berlin", 24,
         ["Sun 25 02:30 +0200 to Sun 25 02:30 +0100", "Mon 26 02:30 +0100 to Mon 26 03:30 +0100"]),
        ("45 2 * * *", 30, "Europe/Berlin", 24,
         ["Sun 25 02:45 +0200 to Sun 25 02:15 +0100", "Mon 26 02:45 +0100 to Mon 26 03:15 +0100"]),
        ("30 1 * * *", 60, "America/New_York", 31,
         ["Sun 01 01:30 -0400 to Sun 01 01:30 -0500", "Mon 02 01:30 -0500 to Mon 02 02:30 -0500"]),
    ],
)  # fmt: skip
def test_opening_that_ends_in_the_doubled_hour_is_listed(
    cron: str, minutes: int, zone: str, day: int, openings: list[str]
) -> None:
    window = Window(cron=cron, minutes=minutes, time_zone=zone)
    after = datetime(2026, 10, day, 12, tzinfo=UTC)
    assert clocks(window, after) == openings
    [(start, end), _] = next_openings(window, after=after, count=2)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(minutes=minutes)
    assert window.is_open(start.astimezone(UTC) + timedelta(minutes=minutes // 2))


@pytest.mark.parametrize(
    ("weekdays", "instead"),
    [("sat-sun", "sat,sun"), ("fri-mon", "fri,sat,sun,mon"), ("6-0", "sat,sun"),
     ("Sat-Sun", "sat,sun"), ("wed,sat-sun", "wed,sat,sun")],
)  # fmt: skip
def test_range_past_the_end_of_crons_week_names_its_days(weekdays: str, instead: str) -> None:
    with pytest.raises(ValueError, match=f"Write 0 8 \\* \\* {instead}\\."):
        Window(cron=f"0 8 * * {weekdays}", minutes=60)
    assert Window(cron=f"0 8 * * {instead}", minutes=60)
