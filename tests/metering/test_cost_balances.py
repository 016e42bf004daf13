"""Balances are the running sums of what the ledger has, to the micro-dollar."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering import ledger
from metering.models import (
    PARTS,
    CostAccount,
    CostBalance,
    CostDay,
    CostScopeDay,
    CostTeamDay,
    Scope,
)
from metering.queries import Cost, CostFilter, GroupBy, Step, cost_by_day, totals_by_group

from .books import clear, total
from .cast import CLUSTER, DAY, HOUR, Opener

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
DATES = st.dates(date(2026, 10, 1), date(2027, 4, 30))
AROUND_MIDNIGHT = st.integers(-3 * 3600 * 10**6, 3 * 3600 * 10**6).map(
    lambda us: timedelta(microseconds=us)
)
FIELDS = (*PARTS, "total", "seconds")
KEYS = ("cluster_id", "team_id", "template_id", "owner_id", "group")


def running_sums() -> dict[tuple[Any, ...], list[Any]]:
    """Return what the balances of each account and day must be, from the days themselves."""
    rows = CostDay.objects.order_by("day").values(*KEYS, "day", "priced", *FIELDS)
    balances: dict[tuple[Any, ...], list[Any]] = {}
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        account = tuple(row[key] for key in KEYS)
        unpriced = Decimal(0) if row["priced"] else row["seconds"]
        amounts = [row[field] or 0 for field in FIELDS] + [unpriced]
        before = sums.get(account, [0] * len(amounts))
        sums[account] = [a + b for a, b in zip(before, amounts, strict=True)]
        balances[(*account, row["day"])] = sums[account]
    return balances


def balances() -> dict[tuple[Any, ...], list[Any]]:
    """Return the balances of each account and day; check the accounts against them."""
    keys = [f"account__{key}" for key in KEYS]
    rows = CostBalance.objects.values_list(*keys, "day", *FIELDS, "unpriced_seconds")
    of_days = {row[: len(KEYS) + 1]: list(row[len(KEYS) + 1 :]) for row in rows}
    days: dict[tuple[Any, ...], list[date]] = {}
    for *account, day in of_days:
        days.setdefault(tuple(account), []).append(day)
    for row in CostAccount.objects.values(
        *KEYS, "first_day", "last_day", *FIELDS, "unpriced_seconds"
    ):
        account = tuple(row[key] for key in KEYS)
        first, last = min(days[account]), max(days.pop(account))
        assert (row["first_day"], row["last_day"]) == (first, last)
        amounts = [row[field] for field in (*FIELDS, "unpriced_seconds")]
        assert amounts == of_days[(*account, last)]
    assert not days
    return of_days


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
def test_balances_are_the_sums_of_days_and_hours_also_after_corrections(
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
        assert balances() == running_sums()
        check_scopes()
    ledger.post(NEW_YEAR + 4 * HOUR)
    for number, (_, start, _, end) in enumerate(nodes):
        if end is not None:  # back-dated: hours after it are taken back, an account may get empty
            ledger.close_interval(f"n-{number}", ended_at=NEW_YEAR + max(start, end))
    ledger.post(NEW_YEAR + 5 * HOUR)
    assert balances() == running_sums()
    check_scopes()
    assert total(CostAccount) == total(CostDay) == total()


def test_a_cluster_has_its_newest_name(open_node: Opener) -> None:
    open_node(started_at=NEW_YEAR)
    open_node("n-2", group="gpus", started_at=NEW_YEAR + 2 * DAY, cluster_name="a newer name")
    for node, day in (("n-1", 1), ("n-2", 3)):
        ledger.close_interval(node, ended_at=NEW_YEAR + day * DAY)
    ledger.post(NEW_YEAR + 9 * DAY)
    names = CostAccount.objects.values_list("cluster_name", flat=True)
    assert list(names) == ["a newer name"] * 2
    (group,) = cost_by_day(first=date(2027, 1, 1), last=date(2027, 1, 1), top=1).groups
    assert (group.key, group.name) == (str(CLUSTER), "a newer name")


def check_steps(step: Step, *, first: date, last: date) -> None:
    """Compare the rows of weeks or months with the sums of their days."""
    for group_by, top in ((GroupBy.CLUSTER, 2), (GroupBy.USER, 2), (GroupBy.USER, None)):
        asked = {"first": first, "last": last, "group_by": group_by, "top": top}
        of_days, of_steps = cost_by_day(**asked), cost_by_day(**asked, step=step)
        assert of_steps.groups == of_days.groups
        sums: dict[tuple[date, str], Cost] = {}
        for row in of_days.rows:
            place = (step.start(row.day, first=first), row.key)
            sums[place] = Cost.sum([sums.get(place, Cost()), row.cost])
        assert {(row.day, row.key): row.cost for row in of_steps.rows} == sums


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
        of_balances = cost_by_day(first=first, last=last, group_by=GroupBy.CLUSTER, top=2)
        assert of_balances.groups == of_days.groups
        assert of_balances.total == of_days.total
        for step in (Step.WEEK, Step.MONTH):
            check_steps(step, first=first, last=last)
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
    written = balances()
    assert len(written) > 30
    fill = import_module("metering.migrations.0009_fill_balances").fill
    with connection.schema_editor() as editor:
        for _ in range(2):  # interrupted, it runs again
            CostBalance.objects.filter(day__lt=NEW_YEAR).delete()
            fill(None, editor)
            assert balances() == written
    assert set(CostAccount.objects.values_list("cluster_name", flat=True)) == {"trainer"}
    clear()
    with connection.schema_editor() as editor:
        fill(None, editor)  # a new installation
    assert not CostAccount.objects.exists()
