"""The ledger's rows are the price of the intervals, to the micro-dollar, however they came."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering import ledger
from metering.models import CostDay, CostHour
from metering.posting import rounds

from .books import price, snapshot, total
from .cast import CLUSTER, DAY, HOUR, NOON, OTHER, Opener

AGES = st.integers(0, 5 * 3600 * 10**6).map(lambda us: timedelta(microseconds=us))


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
    monkeypatch.setattr(rounds, "_BATCH", 2)
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


@pytest.mark.django_db
def test_hours_of_a_clock_that_was_wrong_are_taken_back(open_node: Opener) -> None:
    interval = open_node(hourly_microusd=1_000_000, started_at=NOON)
    ledger.post(NOON + HOUR + 300 * DAY)
    ledger.post(NOON + HOUR)
    interval.refresh_from_db()
    assert interval.posted_until == NOON + HOUR
    assert total() == total(CostDay) == 1_000_000
    ledger.close_interval("n-1", ended_at=NOON + 2 * HOUR)
    ledger.post(NOON + DAY)
    assert total() == total(CostDay) == 2_000_000
