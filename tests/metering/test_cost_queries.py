"""Cost as the pages show it: sums of the ledger, in few queries."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from domain.pricing import interval_microusd
from metering import ledger
from metering.models import PARTS
from metering.queries import (
    OTHERS,
    Cost,
    CostFilter,
    GroupBy,
    accrued,
    accrued_since,
    cost_by_day,
    cost_by_node,
    running_costs,
    unpriced_hours,
)

from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, OTHER, Opener

FIRST = (NOON - DAY).date()
LAST = (NOON + 2 * DAY).date()


@pytest.fixture
def two_clusters(open_node: Opener) -> None:
    """Two days of `trainer` ($1 and $2 an hour) of alice, one hour of `notebook` of bob."""
    open_node("n-1", started_at=NOON - 12 * HOUR)
    open_node("n-2", started_at=NOON - 12 * HOUR, group="gpus", hourly_microusd=2_000_000)
    open_node(
        "n-3",
        cluster_id=OTHER,
        cluster_name="notebook",
        team_id=2,
        owner_id=4,
        owner_name="bob",
        template_id=None,
        template_name="",
    )
    for node, hours in (("n-1", 36), ("n-2", 12), ("n-3", 1)):
        ledger.close_interval(node, ended_at=NOON + hours * HOUR)
    ledger.post(NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        (GroupBy.CLUSTER, [(str(CLUSTER), "trainer", 96), (str(OTHER), "notebook", 1)]),
        (GroupBy.TEMPLATE, [("7", "train", 96), ("", "", 1)]),
        (GroupBy.USER, [("3", "alice", 96), ("4", "bob", 1)]),
        (GroupBy.GROUP, [("workers", "workers", 49), ("gpus", "gpus", 48)]),
        (GroupBy.TEAM, [("1", "1", 96), ("2", "2", 1)]),
    ],
)
@pytest.mark.usefixtures("two_clusters")
def test_groups_come_dearest_first_and_sum_to_the_total(
    group_by: GroupBy, expected: list[tuple[str, str, int]]
) -> None:
    table = cost_by_day(first=FIRST, last=LAST, group_by=group_by)
    groups = [(group.key, group.name, group.cost.total // 10**6) for group in table.groups]
    assert groups == expected
    assert table.total == Cost.sum(row.cost for row in table.rows)
    assert table.total.total == 97_000_000
    assert table.total.total == sum(getattr(table.total, part) for part in PARTS)


@pytest.mark.usefixtures("two_clusters")
def test_days_are_split_at_midnight_utc() -> None:
    rows = cost_by_day(first=FIRST, last=LAST, group_by=GroupBy.TEAM).rows
    found = [(row.day, row.key, row.cost.total) for row in rows]
    day, next_day = NOON.date(), (NOON + DAY).date()
    assert found == [
        (day, "1", 72_000_000),
        (day, "2", 1_000_000),
        (next_day, "1", 24_000_000),
    ]


@pytest.mark.usefixtures("two_clusters")
def test_both_ends_of_the_range_count() -> None:
    day = NOON.date()
    assert cost_by_day(first=day, last=day).total.total == 73_000_000


@pytest.mark.parametrize(
    ("filters", "dollars"),
    [
        (CostFilter(team_ids=[2]), 1),
        (CostFilter(team_ids=[]), 0),
        (CostFilter(cluster_ids=[CLUSTER]), 96),
        (CostFilter(template_ids=[7]), 96),
        (CostFilter(owner_ids=[4]), 1),
        (CostFilter(groups=["gpus"]), 48),
        (CostFilter(team_ids=[2], groups=["gpus"]), 0),
    ],
)
@pytest.mark.usefixtures("two_clusters")
def test_filters_narrow_the_rows(filters: CostFilter, dollars: int) -> None:
    assert cost_by_day(first=FIRST, last=LAST, filters=filters).total.total == dollars * 10**6


@pytest.mark.usefixtures("two_clusters")
def test_a_clusters_nodes_sum_to_the_cluster() -> None:
    nodes = cost_by_node(CLUSTER, first=FIRST, last=LAST)
    assert [(node.key, node.cost.total) for node in nodes] == [
        ("n-1", 48_000_000),
        ("n-2", 48_000_000),
    ]


@pytest.mark.parametrize("group_by", GroupBy)
@pytest.mark.parametrize("top", [0, 1, 2, 9])
@pytest.mark.usefixtures("two_clusters")
def test_the_groups_behind_the_top_are_one_row_a_day(group_by: GroupBy, top: int) -> None:
    whole = cost_by_day(first=FIRST, last=LAST, group_by=group_by)
    table = cost_by_day(first=FIRST, last=LAST, group_by=group_by, top=top)
    assert (table.groups, table.total) == (whole.groups, whole.total)
    shown = {group.key for group in whole.groups[:top]}
    assert [row for row in table.rows if row.key != OTHERS] == [
        row for row in whole.rows if row.key in shown
    ]
    for day in {row.day for row in whole.rows}:
        rest = [row.cost for row in whole.rows if row.day == day and row.key not in shown]
        others = [row for row in table.rows if row.day == day and row.key == OTHERS]
        assert [row.cost for row in others] == ([Cost.sum(rest)] if rest else [])


def test_a_group_goes_by_its_newest_name(open_node: Opener) -> None:
    open_node("n-1", cluster_name="zeta")
    ledger.close_interval("n-1", ended_at=NOON + HOUR)
    open_node("n-2", cluster_name="alpha", started_at=NOON + DAY)
    ledger.post(NOON + DAY + HOUR)
    assert [group.name for group in cost_by_day(first=FIRST, last=LAST).groups] == ["alpha"]


def test_unpriced_time_is_counted_beside_the_dollars(open_node: Opener) -> None:
    open_node("n-1", hourly_microusd=None)
    open_node("n-2")
    ledger.post(NOON + 90 * MINUTE)
    total = cost_by_day(first=FIRST, last=LAST).total
    assert (total.total, total.seconds, total.unpriced_seconds) == (1_500_000, 10_800, 5_400)
    assert unpriced_hours(first=FIRST, last=LAST) == Decimal("1.5")
    assert unpriced_hours(first=FIRST, last=FIRST) == 0


@pytest.mark.django_db
def test_an_empty_ledger_costs_nothing() -> None:
    table = cost_by_day(first=FIRST, last=LAST)
    assert (table.rows, table.groups, table.total) == ((), (), Cost())


def test_a_running_cluster_costs_what_its_open_nodes_cost(open_node: Opener) -> None:
    open_node("n-1")
    open_node("n-2", hourly_microusd=None)
    open_node("n-3", hourly_microusd=500_000)
    ledger.close_interval("n-3", ended_at=NOON + HOUR)
    cost = running_costs([CLUSTER, OTHER], now=NOON + 2 * HOUR)
    trainer = cost[CLUSTER]
    assert (trainer.hourly_microusd, trainer.accrued_microusd) == (1_000_000, 2_500_000)
    assert (trainer.nodes, trainer.unpriced_nodes) == (2, 1)
    assert cost[OTHER].accrued_microusd == 0


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rate=st.integers(0, 10**9), length=st.integers(0, 10**14), ended=st.booleans())
def test_accrued_is_what_the_ledger_will_say(
    open_node: Opener, rate: int, length: int, *, ended: bool
) -> None:
    cluster = UUID(int=rate << 64 | length << 1 | ended)
    end = NOON + timedelta(microseconds=length)
    node = str(cluster)
    open_node(node, cluster_id=cluster, hourly_microusd=rate)
    if ended:
        ledger.close_interval(node, ended_at=end)
    expected = interval_microusd(rate, origin=NOON, start=NOON, end=end)
    assert accrued([cluster], end + DAY if ended else end) == {cluster: expected}


def test_accrued_and_the_ledger_agree_posted_or_not(open_node: Opener) -> None:
    open_node(hourly_microusd=333_333)
    now = NOON + 100 * MINUTE
    before = accrued([CLUSTER], now)
    ledger.post(now)
    assert before == accrued([CLUSTER], now)
    assert before[CLUSTER] == cost_by_day(first=FIRST, last=LAST).total.total


def test_what_a_cluster_cost_since_a_moment(open_node: Opener) -> None:
    open_node("n-1")
    open_node("n-2")
    ledger.close_interval("n-2", ended_at=NOON + HOUR)
    since = {CLUSTER: NOON + 30 * MINUTE}
    assert accrued_since(since, now=NOON + 2 * HOUR) == {CLUSTER: 2_000_000}
    assert accrued_since({CLUSTER: NOON + DAY}, now=NOON + 2 * HOUR) == {CLUSTER: 0}


def test_no_clusters_cost_nothing(db: None) -> None:
    assert running_costs([], now=NOON) == {}


@pytest.mark.usefixtures("two_clusters")
def test_each_question_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for ask in (
        lambda: cost_by_day(first=FIRST, last=LAST),
        lambda: cost_by_node(CLUSTER, first=FIRST, last=LAST),
        lambda: unpriced_hours(first=FIRST, last=LAST),
        lambda: running_costs([CLUSTER, OTHER], now=NOON),
    ):
        with django_assert_num_queries(1):
            ask()
