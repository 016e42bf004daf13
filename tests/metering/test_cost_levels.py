"""At every level the children of a row sum to it, to the micro-dollar."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering import ledger
from metering.models import Interval
from metering.queries import Cost, CostFilter, GroupBy, cost_by_day, totals_by_group

from .books import clear
from .cast import DAY, NOON, Opener

DAYS: dict[str, Any] = {"first": (NOON - DAY).date(), "last": (NOON + 4 * DAY).date()}
LEVELS = (
    (GroupBy.TEAM, "team_ids", int),
    (GroupBy.TEMPLATE, "template_ids", int),
    (GroupBy.CLUSTER, "cluster_ids", UUID),
    (GroupBy.GROUP, "groups", str),
    (GroupBy.NODE, "", str),
)
NODES = st.lists(
    st.tuples(
        st.integers(0, 5),  # the cluster
        st.booleans(),  # its group
        st.one_of(st.none(), st.integers(0, 10**7)),  # the price
        st.integers(1, 2 * 10**11),  # the microseconds that it ran
        st.integers(0, 10**11),  # after the start
    ),
    min_size=1,
    max_size=8,
)


def children_sum_to(parent: Cost, filters: dict[str, Any], depth: int) -> None:
    """Check the level and all below it."""
    group_by, name, kind = LEVELS[depth]
    for top in (None, 1):
        table = cost_by_day(**DAYS, group_by=group_by, filters=CostFilter(**filters), top=top)
        assert table.total == parent
        assert Cost.sum(row.cost for row in table.rows) == parent
    totals = totals_by_group(**DAYS, group_by=group_by, filters=CostFilter(**filters))
    assert totals == {group.key: group.cost.total for group in table.groups}
    for group in table.groups if name else ():
        children_sum_to(group.cost, {**filters, name: [kind(group.key)]}, depth + 1)


@pytest.mark.django_db
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(nodes=NODES)
def test_children_sum_to_their_parent(open_node: Opener, nodes: list[Any]) -> None:
    clear()
    for number, (cluster, is_gpu, price, length, after) in enumerate(nodes):
        start = NOON + timedelta(microseconds=after)
        open_node(
            f"n-{number}",
            cluster_id=UUID(int=cluster + 1),
            cluster_name=f"c-{cluster}",
            team_id=1 + cluster % 2,
            template_id=1 + cluster % 3,
            group="gpus" if is_gpu else "workers",
            hourly_microusd=price,
            started_at=start,
        )
        ledger.close_interval(f"n-{number}", ended_at=start + timedelta(microseconds=length))
    ledger.post(NOON + 5 * DAY)
    priced = Interval.objects.exclude(hourly_microusd=None)
    exact = sum(
        i.hourly_microusd * ((i.ended_at - i.started_at) // timedelta(microseconds=1)) // 3600000000
        for i in priced
    )
    whole = cost_by_day(**DAYS, group_by=GroupBy.TEAM).total
    assert whole.total == exact
    children_sum_to(whole, {}, 0)
