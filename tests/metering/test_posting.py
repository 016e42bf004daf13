"""The ledger's rows are the price of the intervals, to the micro-dollar, however they came."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.pricing import interval_microusd
from metering import ledger, posting, rollups
from metering.models import PARTS, CostDay, CostHour, Interval
from metering.samples import Sample, record

from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, OTHER, Opener

SECOND = timedelta(seconds=1)
AGES = st.integers(0, 5 * 3600 * 10**6).map(lambda us: timedelta(microseconds=us))


def price(interval: Interval, until: datetime) -> int:
    """Return what the interval costs up to `until`, from its own columns."""
    interval.refresh_from_db()
    end = min(interval.ended_at or until, until)
    return interval_microusd(
        interval.hourly_microusd or 0,
        origin=interval.started_at,
        start=interval.started_at,
        end=max(end, interval.started_at),
    )


def total(rows: type[CostHour | CostDay] = CostHour) -> int:
    return rows.objects.aggregate(all=Sum("total"))["all"] or 0


def parts() -> dict[str, int]:
    """Return the sums of the parts that are not 0."""
    sums = CostHour.objects.aggregate(**{f"all_{part}": Sum(part) for part in PARTS})
    return {part: sums[f"all_{part}"] for part in PARTS if sums[f"all_{part}"]}


def snapshot() -> list[dict[str, object]]:
    return list(CostHour.objects.order_by("interval", "hour").values(*PARTS, "total", "seconds"))


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rate=st.integers(0, 50_000_000),
    start=AGES,
    ready=st.none() | AGES,
    leaving=st.none() | AGES,
    length=AGES,
    posts=st.lists(AGES, max_size=6),
)
def test_hours_sum_to_the_price_whenever_posts_run(
    open_node: Opener,
    rate: int,
    start: timedelta,
    ready: timedelta | None,
    leaving: timedelta | None,
    length: timedelta,
    posts: list[timedelta],
) -> None:
    with transaction.atomic():
        interval = open_node(hourly_microusd=rate, started_at=NOON + start)
        for at in posts:  # in any order: a worker's clock may be behind
            ledger.post(interval.started_at + at)
            interval.refresh_from_db()
            assert total() == total(CostDay) == price(interval, interval.posted_until)
        if ready is not None:
            ledger.mark_ready("n-1", at=interval.started_at + ready)
        if leaving is not None:
            ledger.mark_leaving("n-1", at=interval.started_at + leaving)
        ledger.close_interval("n-1", ended_at=interval.started_at + length)
        for at in posts:
            ledger.post(interval.started_at + at)
        ledger.post(NOON + DAY)
        interval.refresh_from_db()
        assert interval.settled
        assert total() == total(CostDay) == price(interval, NOON + DAY)
        seconds = CostHour.objects.aggregate(all=Sum("seconds"))["all"] or 0
        assert seconds * 10**6 == length // timedelta(microseconds=1)
        assert ledger.post(NOON + 2 * DAY) == 0
        transaction.set_rollback(True)


def test_boot_and_drain_are_overhead_and_the_head_is_control(open_node: Opener) -> None:
    open_node("n-0", role="head", hourly_microusd=3_600_000)
    ledger.mark_ready("n-0", at=NOON + MINUTE)
    ledger.mark_leaving("n-0", at=NOON + 50 * MINUTE)
    ledger.close_interval("n-0", ended_at=NOON + 52 * MINUTE)
    ledger.post(NOON + HOUR)
    assert parts() == {"overhead": 3 * 60_000, "control": 49 * 60_000}


def test_a_node_that_never_became_ready_is_all_overhead(open_node: Opener) -> None:
    open_node()
    ledger.close_interval("n-1", ended_at=NOON + 90 * MINUTE)
    ledger.post(NOON + 2 * HOUR)
    assert parts() == {"overhead": 1_500_000}


def measure(node: str, *, cpu_held: float, cpu_used: float) -> None:
    at = [NOON + tick * 10 * SECOND for tick in range(360)]
    record(
        CLUSTER,
        [Sample(node=node, at=t, cpu_capacity=4, cpu_held=cpu_held, cpu_used=cpu_used) for t in at],
        now=NOON + HOUR,
    )
    rollups.roll_up(NOON + HOUR)


def test_service_is_split_by_what_was_held_and_used(open_node: Opener) -> None:
    open_node(started_at=NOON)
    ledger.mark_ready("n-1", at=NOON)
    measure("n-1", cpu_held=3, cpu_used=1)
    ledger.post(NOON + HOUR)
    assert parts() == {"used": 250_000, "reserved_idle": 500_000, "infra_idle": 250_000}


def test_samples_that_come_shortly_after_the_hour_still_weigh(open_node: Opener) -> None:
    open_node(started_at=NOON)
    ledger.mark_ready("n-1", at=NOON)
    ledger.post(NOON + HOUR + 5 * MINUTE)
    measure("n-1", cpu_held=4, cpu_used=4)
    ledger.post(NOON + HOUR + 10 * MINUTE)
    assert CostHour.objects.get(hour=NOON).used == 1_000_000


def test_nothing_is_used_where_nothing_was_measured(open_node: Opener) -> None:
    open_node(started_at=NOON)
    ledger.mark_ready("n-1", at=NOON)
    ledger.post(NOON + HOUR)
    assert parts() == {"infra_idle": 1_000_000}


def test_unpriced_hours_are_seconds_and_not_zero_dollars(open_node: Opener) -> None:
    open_node(hourly_microusd=None)
    ledger.post(NOON + 90 * MINUTE)
    assert list(CostHour.objects.order_by("hour").values_list("seconds", "total", "used")) == [
        (3600, None, None),
        (1800, None, None),
    ]
    day = CostDay.objects.get()
    assert (day.seconds, day.total, day.priced) == (5400, None, False)


def test_a_free_node_costs_zero_and_is_priced(open_node: Opener) -> None:
    open_node(hourly_microusd=0)
    ledger.post(NOON + HOUR)
    assert (CostDay.objects.get().total, CostDay.objects.get().priced) == (0, True)


def test_an_end_that_becomes_known_late_takes_hours_back(open_node: Opener) -> None:
    interval = open_node()
    ledger.post(NOON + 30 * HOUR)
    assert total() == total(CostDay) == 30_000_000
    ledger.close_interval("n-1", ended_at=NOON + 90 * MINUTE)
    ledger.post(NOON + 30 * HOUR)
    assert total() == total(CostDay) == price(interval, NOON + DAY) == 1_500_000
    assert CostHour.objects.aggregate(last=Max("hour"))["last"] == NOON + HOUR


def test_a_readiness_that_becomes_known_late_moves_parts_not_totals(open_node: Opener) -> None:
    open_node(role="head")
    ledger.post(NOON + 3 * HOUR)
    assert parts() == {"overhead": 3_000_000}
    ledger.mark_ready("n-1", at=NOON + HOUR)
    ledger.post(NOON + 3 * HOUR)
    assert parts() == {"overhead": 1_000_000, "control": 2_000_000}


def test_a_node_that_ended_as_it_began_costs_nothing(open_node: Opener) -> None:
    interval = open_node()
    ledger.post(NOON + HOUR)
    ledger.close_interval("n-1", ended_at=NOON)
    ledger.post(NOON + DAY)
    interval.refresh_from_db()
    assert interval.settled
    assert not CostHour.objects.exists()
    assert not CostDay.objects.exists()


def test_days_are_utc_days_of_24_hours_though_clocks_change(open_node: Opener) -> None:
    open_node(started_at=NOON - 12 * HOUR)
    ledger.close_interval("n-1", ended_at=NOON + 36 * HOUR)
    ledger.post(NOON + 2 * DAY)
    days = CostDay.objects.order_by("day").values_list("day", "seconds")
    assert list(days) == [((NOON + n * DAY).date(), 86_400) for n in range(2)]


def test_posting_again_writes_the_same_rows(open_node: Opener) -> None:
    open_node()
    open_node("n-2", hourly_microusd=7)
    ledger.post(NOON + 3 * HOUR)
    before = snapshot()
    ledger.post(NOON + 3 * HOUR)
    ledger.post(NOON + HOUR)  # a worker that was asked long ago
    assert snapshot() == before


def test_batches_reach_every_interval(open_node: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_BATCH", 2)
    for number in range(5):
        open_node(f"n-{number}", cluster_id=CLUSTER if number % 2 else OTHER)
    assert ledger.post(NOON + HOUR) == 5
    assert total() == total(CostDay) == 5_000_000


def test_a_changed_template_or_owner_gets_rows_of_its_own(open_node: Opener) -> None:
    open_node()
    open_node("n-2", owner_id=4, owner_name="bob")
    ledger.post(NOON + HOUR)
    assert set(CostDay.objects.values_list("owner_name", "total")) == {
        ("alice", 1_000_000),
        ("bob", 1_000_000),
    }


@pytest.mark.parametrize("rows", [CostHour, CostDay])
def test_the_database_refuses_parts_that_are_not_the_total(
    open_node: Opener, rows: type[CostHour | CostDay]
) -> None:
    open_node()
    ledger.post(NOON + HOUR)
    for change in ({"used": F("used") + 1}, {"total": None}, {"control": None}, {"seconds": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.objects.update(**change)


def test_the_database_keeps_an_interval_that_has_rows(open_node: Opener) -> None:
    interval = open_node()
    ledger.post(NOON + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        interval.delete()


def test_a_crash_between_batches_loses_and_doubles_nothing(
    open_node: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        open_node(f"n-{number}")
    monkeypatch.setattr(posting, "_BATCH", 2)
    posted = posting._post_batch(NOON + HOUR, None)
    assert total() == 2_000_000
    assert len(posted) == 2
    ledger.post(NOON + HOUR)
    assert total() == total(CostDay) == 4_000_000


def test_a_crash_within_a_batch_leaves_the_interval_to_be_posted(
    open_node: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    interval = open_node()
    monkeypatch.setattr(posting, "_ADD_DAYS", "SELECT 1/0, %s::uuid[], %s::date[]")
    with pytest.raises(Exception, match="division by zero"):
        ledger.post(NOON + HOUR)
    monkeypatch.undo()
    interval.refresh_from_db()
    assert interval.posted_until == NOON
    assert not CostHour.objects.exists()
    ledger.post(NOON + HOUR)
    assert total() == 1_000_000


class Killed(Exception):
    """Stands for a process that ends between two statements."""


def kill_before(statement: int) -> Callable[..., Any]:
    """Return a wrapper of statements that lets as many pass and then raises."""
    left = iter(range(statement))

    def execute(run: Callable[..., Any], *call: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return run(*call)

    return execute


def test_killed_between_any_two_statements_nothing_is_lost_or_doubled(
    open_node: Opener,
) -> None:
    ended, running = (open_node(f"n-{number}", hourly_microusd=333_333) for number in range(2))
    ledger.post(NOON + HOUR)
    ledger.close_interval(ended.node, ended_at=NOON + 30 * MINUTE)
    now = NOON + 150 * MINUTE
    for statement in count():
        try:
            with transaction.atomic(), connection.execute_wrapper(kill_before(statement)):
                ledger.post(now)
        except Killed:
            assert total() == total(CostDay) == 2 * 333_333
        else:
            break
    assert statement > 8
    assert total() == total(CostDay) == price(ended, now) + price(running, now)


@pytest.mark.django_db(transaction=True)
def test_posts_and_marks_on_many_connections_end_at_the_price(open_node: Opener) -> None:
    intervals = [open_node(f"n-{number}", hourly_microusd=333_333) for number in range(8)]

    def work(turn: int) -> None:
        try:
            if turn % 4 == 3:
                node = f"n-{turn // 4}"
                ledger.mark_ready(node, at=NOON + turn * MINUTE)
                ledger.close_interval(node, ended_at=NOON + (60 + turn) * MINUTE)
            else:
                ledger.post(NOON + (turn % 5) * HOUR)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(32)))
    ledger.post(NOON + 6 * HOUR)
    assert total() == total(CostDay)
    assert total() == sum(price(interval, NOON + 6 * HOUR) for interval in intervals)


@pytest.mark.django_db(transaction=True)
def test_an_interval_that_somebody_is_changing_waits_for_the_next_round(open_node: Opener) -> None:
    open_node()
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        ledger.mark_ready("n-1", at=NOON + MINUTE)

        def post() -> int:
            try:
                return ledger.post(NOON + HOUR)
            finally:
                connection.close()

        assert pool.submit(post).result() == 0
    assert ledger.post(NOON + HOUR) == 1
    assert CostHour.objects.get().overhead == 16_666
