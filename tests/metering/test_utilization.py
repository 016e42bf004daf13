"""Utilization over time, from the roll-up that fits."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from metering import rollups
from metering.queries import (
    utilization_by_cluster,
    utilization_by_node,
    utilization_series,
)
from metering.queries.levels import MAX_POINTS, source_of_means, source_of_series
from metering.samples import Sample, record
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M

from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, OTHER

UNTIL = NOON + HOUR
SECOND = timedelta(seconds=1)


def fill(cluster: UUID, node: str, *, cpu_used: float, since: datetime = NOON) -> None:
    """Measure a node every minute for an hour."""
    record(
        cluster,
        [
            Sample(
                node=node, at=since + tick * MINUTE, cpu_capacity=4, cpu_used=cpu_used + tick % 5
            )
            for tick in range(60)
        ],
        now=since + HOUR,
    )
    rollups.roll_up(since + HOUR)


@pytest.mark.django_db
def test_one_cluster_one_node_and_all_clusters() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    fill(CLUSTER, "b", cpu_used=1)
    fill(OTHER, "c", cpu_used=10)
    asked = {"since": NOON, "until": UNTIL, "now": UNTIL, "measures": ["cpu_used"]}
    cluster = utilization_series(**asked, cluster_ids=[CLUSTER])
    assert cluster.step == MINUTE
    assert cluster.times == tuple(NOON + tick * MINUTE for tick in range(60))
    assert cluster.means["cpu_used"] == (1.0, 3.0, 5.0, 7.0, 9.0) * 12
    node = utilization_series(**asked, cluster_ids=[CLUSTER], node="b")
    assert node.means["cpu_used"] == (1.0, 2.0, 3.0, 4.0, 5.0) * 12
    assert utilization_series(**asked).means["cpu_used"] == (11.0, 14.0, 17.0, 20.0, 23.0) * 12


@pytest.mark.django_db
def test_a_day_is_cut_into_five_minutes_with_their_peaks() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    fill(CLUSTER, "b", cpu_used=1)
    asked = {"since": UNTIL - DAY, "until": UNTIL, "now": UNTIL, "measures": ["cpu_used"]}
    series = utilization_series(**asked, cluster_ids=[CLUSTER], peaks=True)
    assert series.times == tuple(NOON + tick * 5 * MINUTE for tick in range(12))
    assert series.means["cpu_used"] == (5.0,) * 12
    assert series.peaks["cpu_used"] == (9.0,) * 12
    assert utilization_series(**asked).peaks == {}


@pytest.mark.django_db
def test_a_cluster_of_three_minutes_is_a_curve() -> None:
    now = NOON + 3 * MINUTE
    record(
        CLUSTER,
        [Sample(node="a", at=NOON + 5 * tick * SECOND, cpu_used=tick) for tick in range(36)],
        now=now,
    )
    rollups.roll_up(now)
    series = utilization_series(since=now - 6 * HOUR, until=now, now=now, cluster_ids=[CLUSTER])
    assert series.times == (NOON, NOON + MINUTE, NOON + 2 * MINUTE)
    assert series.means["cpu_used"] == (5.5, 17.5, 29.5)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "points"), [(10, 1), (29, 1), (31, 2)])
def test_a_minute_is_shown_once_each_cluster_had_time_to_report(seconds: int, points: int) -> None:
    now = NOON + MINUTE + seconds * SECOND
    record(CLUSTER, [Sample(node="a", at=at, cpu_used=1) for at in (NOON, now)], now=now)
    rollups.roll_up(now)
    series = utilization_series(since=NOON - HOUR, until=now, now=now, cluster_ids=[CLUSTER])
    assert len(series.times) == points


@pytest.mark.django_db
def test_a_mean_counts_each_five_minutes_once_whatever_it_is_read_from() -> None:
    start = NOON - 10 * MINUTE  # ten minutes of the first hour, all of the second
    idle = [Sample(node="a", at=start + tick * MINUTE, cpu_used=0) for tick in range(10)]
    busy = [Sample(node="a", at=NOON + tick * MINUTE, cpu_used=7) for tick in range(60)]
    record(CLUSTER, idle + busy, now=UNTIL)
    rollups.roll_up(UNTIL)
    for span in (6 * HOUR, DAY, 30 * DAY):
        found = utilization_by_cluster([CLUSTER], since=UNTIL - span, until=UNTIL, now=UNTIL)
        assert found[CLUSTER].means["cpu_used"] == pytest.approx(6.0)


@pytest.mark.django_db
def test_nobody_measured_is_an_empty_series() -> None:
    series = utilization_series(since=NOON, until=UNTIL, now=UNTIL, cluster_ids=[], peaks=True)
    assert series.times == ()
    assert set(series.means.values()) == set(series.peaks.values()) == {()}


@pytest.mark.django_db
def test_an_unknown_measure_is_named() -> None:
    with pytest.raises(ValueError, match="Not measured: heat"):
        utilization_series(since=NOON, until=UNTIL, now=UNTIL, measures=["heat"])


@pytest.mark.django_db
def test_unmeasured_resources_are_unknown_and_not_zero() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    series = utilization_series(since=NOON, until=UNTIL, now=UNTIL, cluster_ids=[CLUSTER])
    assert set(series.means["gpu_used"]) == {None}


@pytest.mark.django_db
def test_means_by_cluster_and_by_node() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    fill(CLUSTER, "b", cpu_used=1)
    clusters = utilization_by_cluster([CLUSTER, OTHER], since=NOON, until=UNTIL, now=UNTIL)
    assert {key: found.means["cpu_used"] for key, found in clusters.items()} == {CLUSTER: 5.0}
    nodes = utilization_by_node(CLUSTER, since=NOON, until=UNTIL, now=UNTIL)
    assert {key: found.means["cpu_used"] for key, found in nodes.items()} == {"a": 2.0, "b": 3.0}


@pytest.mark.django_db
def test_a_long_range_is_means_of_means_and_highest_peaks() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    fill(CLUSTER, "a", cpu_used=2, since=NOON + HOUR)
    series = utilization_series(
        since=NOON - 30 * DAY,
        until=NOON + DAY,
        now=NOON + DAY,
        cluster_ids=[CLUSTER],
        peaks=True,
    )
    assert series.step == 2 * HOUR
    assert (series.times, series.means["cpu_used"], series.peaks["cpu_used"]) == (
        (NOON,),
        (3.0,),
        (6.0,),
    )


@pytest.mark.parametrize(
    ("span", "table", "step"),
    [
        (HOUR, ROLLUP_1M.table, MINUTE),
        (6 * HOUR, ROLLUP_1M.table, MINUTE),
        (DAY, ROLLUP_5M.table, 5 * MINUTE),
        (2 * DAY, ROLLUP_5M.table, 10 * MINUTE),
        (7 * DAY, ROLLUP_1H.table, HOUR),
        (30 * DAY, ROLLUP_1H.table, 2 * HOUR),
        (365 * DAY, "metering_rollup_1d", DAY),
        (1000 * DAY, "metering_rollup_1d", 7 * DAY),
    ],
)
def test_the_roll_up_fits_the_range(span: timedelta, table: str, step: timedelta) -> None:
    source = source_of_series(NOON - span, NOON, NOON)
    assert (source.table, source.step) == (table, step)
    assert (NOON - source.start) / source.step <= MAX_POINTS


@pytest.mark.parametrize(
    ("age", "table", "step"),
    [
        (3 * DAY, ROLLUP_5M.table, 5 * MINUTE),
        (60 * DAY, ROLLUP_1H.table, HOUR),
        (600 * DAY, "metering_rollup_1d", DAY),
    ],
)
def test_an_old_range_is_read_from_what_is_still_kept(
    age: timedelta, table: str, step: timedelta
) -> None:
    source = source_of_series(NOON - age, NOON - age + 6 * HOUR, NOON)
    assert (source.table, source.step) == (table, step)


@pytest.mark.parametrize(
    ("span", "table"),
    [
        (10 * MINUTE, ROLLUP_1M.table),
        (HOUR, ROLLUP_1M.table),
        (6 * HOUR, ROLLUP_5M.table),
        (DAY, ROLLUP_1H.table),
        (7 * DAY, ROLLUP_1H.table),
        (30 * DAY, "metering_rollup_1d"),
    ],
)
def test_a_mean_is_read_from_the_coarsest_roll_up_that_is_fine_enough(
    span: timedelta, table: str
) -> None:
    assert source_of_means(NOON - span, NOON, NOON).table == table


@pytest.mark.django_db
def test_each_question_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    fill(CLUSTER, "a", cpu_used=0)
    for ask in (
        lambda: utilization_series(since=NOON, until=UNTIL, now=UNTIL),
        lambda: utilization_by_cluster([CLUSTER], since=NOON, until=UNTIL, now=UNTIL),
        lambda: utilization_by_node(CLUSTER, since=NOON, until=UNTIL, now=UNTIL),
    ):
        with django_assert_num_queries(1):
            ask()
