from datetime import UTC, datetime

from domain.promotions.windows import ChangeWindow, WindowKind, opening_at
from domain.strategies.schedule import Window

OFFICE = ChangeWindow(
    kind=WindowKind.ALLOW,
    name="office hours",
    window=Window(cron="0 9 * * 1-5", minutes=480, time_zone="Europe/Berlin"),
)
RELEASE_DAY = ChangeWindow(
    kind=WindowKind.DENY, name="quarter end", window=Window(cron="0 0 27 11 *", minutes=1440)
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_without_windows_changes_are_always_allowed() -> None:
    assert opening_at([], at(28, 3)).allowed


def test_where_a_window_allows_changes_wait_for_it() -> None:
    closed = opening_at([OFFICE], at(25, 7, 59))
    assert not closed.allowed
    assert closed.next_allowed == at(25, 8)  # 9:00 in Berlin
    assert opening_at([OFFICE], at(25, 8)).allowed
    assert not opening_at([OFFICE], at(25, 16)).allowed


def test_a_window_that_denies_wins_over_one_that_allows() -> None:
    closed = opening_at([OFFICE, RELEASE_DAY], at(27, 10))
    assert closed.reason == "Changes are denied by the change window “quarter end”."
    assert closed.next_allowed == at(30, 8)  # the Monday after


def test_a_window_that_denies_alone_leaves_the_rest_open() -> None:
    assert opening_at([RELEASE_DAY], at(26, 23, 59)).allowed
    assert opening_at([RELEASE_DAY], at(27, 3)).next_allowed == at(28, 0)


def test_where_changes_are_never_allowed_again_no_moment_is_named() -> None:
    always = ChangeWindow(kind=WindowKind.DENY, window=Window(cron="* * * * *", minutes=60))
    closed = opening_at([always], at(25, 12))
    assert (closed.allowed, closed.next_allowed) == (False, None)
    assert closed.reason == "Changes are denied by a change window."
