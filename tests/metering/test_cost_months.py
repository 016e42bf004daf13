"""Whole months and single days sum to what the ledger has, to the micro-dollar."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import TruncMonth
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from metering import ledger
from metering.models import PARTS, CostDay, CostMonth, CostScopeDay, CostTeamDay, Scope
from metering.queries import CostFilter, GroupBy, cost_by_day, totals_by_group
from metering.queries.cost_months import Days, pieces_of

from .books import clear, total
from .cast import CLUSTER, DAY, HOUR, MINUTE, Opener

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
DATES = st.dates(date(2026, 10, 1), date(2027, 4, 30))
AROUND_MIDNIGHT = st.integers(-3 * 3600 * 10**6, 3 * 3600 * 10**6).map(
    lambda us: timedelta(microseconds=us)
)
FIELDS = (*PARTS, "total", "seconds")
KEYS = ("cluster_id", "team_id", "template_id", "owner_id", "group", "priced")


def days_between(days: Days) -> Counter[date]:
    first, last = days
    return Counter(first + timedelta(days=offset) for offset in range((last - first).days + 1))


def days_of_months(months: Days) -> Counter[date]:
    first, last = months
    assert first.day == last.day == 1
    return days_between((first, (last + 31 * DAY).replace(day=1) - DAY))


@settings(deadline=None)
@given(first=DATES, length=st.integers(0, 200), today=DATES)
@example(first=date(2027, 2, 1), length=27, today=date(2027, 4, 1))
@example(first=date(2026, 12, 31), length=1, today=date(2027, 1, 1))
def test_the_pieces_are_the_days_of_the_range(first: date, length: int, today: date) -> None:
    last = first + timedelta(days=length)
    pieces = pieces_of(first, last, today=today)
    days = days_of_months(pieces.months) if pieces.months else Counter()
    for added in pieces.added:
        days.update(days_between(added))
    for subtracted in pieces.subtracted:
        days.subtract(days_between(subtracted))
    assert +days == days_between((first, last))
    assert min(days.values()) >= 0
    single = [*pieces.added, *pieces.subtracted]
    read = sum(1 for each in single for day in days_between(each) if day <= today)
    assert read <= 32  # at most half a month at each end


def months_of_days() -> dict[tuple[Any, ...], list[Any]]:
    rows = CostDay.objects.annotate(month=TruncMonth("day")).values_list("month", *KEYS)
    sums = rows.annotate(**{f"all_{field}": Sum(field) for field in FIELDS}).order_by()
    return {row[: 1 + len(KEYS)]: list(row[1 + len(KEYS) :]) for row in sums}


def months() -> dict[tuple[Any, ...], list[Any]]:
    rows = list(CostMonth.objects.values_list("month", *KEYS, *FIELDS))
    by_key = {row[: 1 + len(KEYS)]: list(row[1 + len(KEYS) :]) for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def check_scopes() -> None:
    """Compare a team's days of each scope with those that tell everything apart."""
    columns = {Scope.TEMPLATE: "template_id", Scope.OWNER: "owner_id", Scope.GROUP: "group"}
    for scope in Scope:
        keys = ["day", "team_id", "priced", *([columns[scope]] if scope in columns else [])]
        rows = list(CostScopeDay.objects.filter(scope=scope).values_list(*keys, *FIELDS))
        sums = CostTeamDay.objects.values_list(*keys).order_by()
        sums = sums.annotate(**{f"all_{field}": Sum(field) for field in FIELDS})
        assert Counter(rows) == Counter(sums)


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    nodes=st.lists(
        st.tuples(
            st.sampled_from([0, 1]),  # the cluster
            AROUND_MIDNIGHT,  # its start
            st.none() | st.integers(0, 10**7),  # the price
            st.none() | AROUND_MIDNIGHT,  # its end, known after it was posted as running
        ),
        min_size=1,
        max_size=4,
    ),
    posts=st.lists(AROUND_MIDNIGHT, max_size=3),
)
def test_months_are_the_sums_of_days_and_hours_also_after_corrections(
    open_node: Opener, nodes: list[Any], posts: list[timedelta]
) -> None:
    clear()
    for number, (cluster, start, price, _) in enumerate(nodes):
        open_node(
            f"n-{number}",
            cluster_id=UUID(int=cluster + 1),
            template_id=number or None,
            owner_id=number % 2,
            group="gpus" if number == 2 else "workers",
            hourly_microusd=price,
            started_at=NEW_YEAR + start,
        )
    for at in posts:  # in any order: a worker's clock may be behind
        ledger.post(NEW_YEAR + at)
        assert months() == months_of_days()
        check_scopes()
    ledger.post(NEW_YEAR + 4 * HOUR)
    for number, (_, start, _, end) in enumerate(nodes):
        if end is not None:  # back-dated: hours after it are taken back, a month may get empty
            ledger.close_interval(f"n-{number}", ended_at=NEW_YEAR + max(start, end))
    ledger.post(NEW_YEAR + 5 * HOUR)
    assert months() == months_of_days()
    check_scopes()
    assert total(CostMonth) == total(CostDay) == total()


@pytest.mark.parametrize("minutes", [-1, 0])
def test_months_are_utc_months_to_the_microsecond(open_node: Opener, minutes: int) -> None:
    start = NEW_YEAR + minutes * MINUTE
    open_node(started_at=start)
    ledger.close_interval("n-1", ended_at=NEW_YEAR + timedelta(microseconds=1))
    ledger.post(NEW_YEAR + DAY)
    seconds = dict(CostMonth.objects.values_list("month", "seconds"))
    assert {month: float(value) for month, value in seconds.items()} == {
        **({date(2026, 12, 1): 60} if minutes else {}),
        date(2027, 1, 1): 0.000001,
    }


def test_a_month_shows_the_newest_names(open_node: Opener) -> None:
    open_node(started_at=NEW_YEAR)
    open_node("n-2", started_at=NEW_YEAR + 2 * DAY, cluster_name="a newer name")
    for node, day in (("n-1", 1), ("n-2", 3)):
        ledger.close_interval(node, ended_at=NEW_YEAR + day * DAY)
    ledger.post(NEW_YEAR + 9 * DAY)
    assert CostMonth.objects.get().cluster_name == "a newer name"
    (group,) = cost_by_day(first=date(2027, 1, 1), last=date(2027, 1, 1), top=1).groups
    assert group.key == str(CLUSTER)


@pytest.mark.django_db
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    nodes=st.lists(
        st.tuples(
            st.integers(0, 4),  # the cluster
            st.none() | st.integers(0, 10**7),  # the price
            DATES,  # its start
            st.integers(1, 40),  # the hours that it ran
        ),
        min_size=1,
        max_size=8,
    ),
    ranges=st.lists(st.tuples(DATES, DATES), min_size=3, max_size=6),
)
def test_any_range_is_the_sum_of_its_days(
    open_node: Opener, nodes: list[Any], ranges: list[tuple[date, date]]
) -> None:
    clear()
    for number, (cluster, price, day, hours) in enumerate(nodes):
        start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        open_node(
            f"n-{number}",
            cluster_id=UUID(int=cluster + 1),
            cluster_name=f"c-{cluster}",
            hourly_microusd=price,
            started_at=start,
        )
        ledger.close_interval(f"n-{number}", ended_at=start + hours * HOUR)
    ledger.post(NEW_YEAR + 200 * DAY)
    for bounds in ranges:
        first, last = min(bounds), max(bounds)
        of_days = cost_by_day(first=first, last=last, group_by=GroupBy.CLUSTER)
        of_months = cost_by_day(first=first, last=last, group_by=GroupBy.CLUSTER, top=2)
        assert of_months.groups == of_days.groups
        assert of_months.total == of_days.total
        totals = totals_by_group(first=first, last=last, group_by=GroupBy.CLUSTER)
        assert totals == {group.key: group.cost.total for group in of_days.groups}
        workers = CostFilter(groups=["workers"])
        assert totals == totals_by_group(
            first=first, last=last, group_by=GroupBy.CLUSTER, filters=workers
        )


def test_the_migration_adds_up_what_was_posted_before(open_node: Opener) -> None:
    for number in range(3):
        open_node(
            f"n-{number}",
            cluster_id=UUID(int=1 + number % 2),
            started_at=NEW_YEAR - (10 + 30 * number) * DAY,
            hourly_microusd=None if number == 2 else 333_333,
        )
        ledger.close_interval(f"n-{number}", ended_at=NEW_YEAR + 3 * DAY)
    ledger.post(NEW_YEAR + 9 * DAY)
    written = months()
    assert len(written) > 4
    fill = import_module("metering.migrations.0007_fill_cost_months").fill
    with connection.schema_editor() as editor:
        for _ in range(2):  # interrupted, it runs again
            CostMonth.objects.filter(month__lt=NEW_YEAR).delete()
            CostScopeDay.objects.filter(day__lt=NEW_YEAR).delete()
            fill(None, editor)
            assert months() == written
            check_scopes()
    clear()
    with connection.schema_editor() as editor:
        fill(None, editor)  # a new installation
    assert not CostMonth.objects.exists()
