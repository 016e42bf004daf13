"""Utilisation over time, from the roll-up that fits."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from metering import rollups
from metering.partitions import ROLLUP_1H, ROLLUP_5M
from metering.queries import (
    utilisation_by_cluster,
    utilisation_by_node,
    utilisation_series,
)
from metering.queries.utilisation import MAX_POINTS, _source
from metering.samples import Sample, record

from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, OTHER

UNTIL = NOON + HOUR


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
    cluster = utilisation_series(**asked, cluster_ids=[CLUSTER])
    assert cluster.step == 5 * MINUTE
    assert cluster.times == tuple(NOON + tick * 5 * MINUTE for tick in range(12))
    assert cluster.means["cpu_used"] == (5.0,) * 12
    assert cluster.peaks["cpu_used"] == (9.0,) * 12
    node = utilisation_series(**asked, cluster_ids=[CLUSTER], node="b")
    assert node.means["cpu_used"] == (3.0,) * 12
    assert utilisation_series(**asked).means["cpu_used"] == (17.0,) * 12


@pytest.mark.django_db
def test_nobody_measured_is_an_empty_series() -> None:
    series = utilisation_series(since=NOON, until=UNTIL, now=UNTIL, cluster_ids=[])
    assert series.times == ()
    assert set(series.means.values()) == set(series.peaks.values()) == {()}


@pytest.mark.django_db
def test_an_unknown_measure_is_named() -> None:
    with pytest.raises(ValueError, match="Not measured: heat"):
        utilisation_series(since=NOON, until=UNTIL, now=UNTIL, measures=["heat"])


@pytest.mark.django_db
def test_unmeasured_resources_are_unknown_and_not_zero() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    series = utilisation_series(since=NOON, until=UNTIL, now=UNTIL, cluster_ids=[CLUSTER])
    assert set(series.means["gpu_used"]) == {None}


@pytest.mark.django_db
def test_means_by_cluster_and_by_node() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    fill(CLUSTER, "b", cpu_used=1)
    clusters = utilisation_by_cluster([CLUSTER, OTHER], since=NOON, until=UNTIL, now=UNTIL)
    assert {key: found.means["cpu_used"] for key, found in clusters.items()} == {CLUSTER: 5.0}
    nodes = utilisation_by_node(CLUSTER, since=NOON, until=UNTIL, now=UNTIL)
    assert {key: found.means["cpu_used"] for key, found in nodes.items()} == {"a": 2.0, "b": 3.0}


@pytest.mark.django_db
def test_a_long_range_is_means_of_means_and_highest_peaks() -> None:
    fill(CLUSTER, "a", cpu_used=0)
    fill(CLUSTER, "a", cpu_used=2, since=NOON + HOUR)
    series = utilisation_series(
        since=NOON - 30 * DAY, until=NOON + DAY, now=NOON + DAY, cluster_ids=[CLUSTER]
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
        (HOUR, ROLLUP_5M.table, 5 * MINUTE),
        (DAY, ROLLUP_5M.table, 5 * MINUTE),
        (7 * DAY, ROLLUP_5M.table, 30 * MINUTE),
        (30 * DAY, ROLLUP_1H.table, 2 * HOUR),
        (365 * DAY, "metering_rollup_1d", DAY),
        (1000 * DAY, "metering_rollup_1d", 7 * DAY),
    ],
)
def test_the_roll_up_fits_the_range(span: timedelta, table: str, step: timedelta) -> None:
    source = _source(NOON - span, NOON, NOON)
    assert (source.table, source.step) == (table, step)
    assert (NOON - source.start) / source.step <= MAX_POINTS


@pytest.mark.parametrize(
    ("age", "table", "step"),
    [(60 * DAY, ROLLUP_1H.table, HOUR), (600 * DAY, "metering_rollup_1d", DAY)],
)
def test_an_old_range_is_read_from_what_is_still_kept(
    age: timedelta, table: str, step: timedelta
) -> None:
    source = _source(NOON - age, NOON - age + DAY, NOON)
    assert (source.table, source.step) == (table, step)


@pytest.mark.django_db
def test_each_question_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    fill(CLUSTER, "a", cpu_used=0)
    for ask in (
        lambda: utilisation_series(since=NOON, until=UNTIL, now=UNTIL),
        lambda: utilisation_by_cluster([CLUSTER], since=NOON, until=UNTIL, now=UNTIL),
        lambda: utilisation_by_node(CLUSTER, since=NOON, until=UNTIL, now=UNTIL),
    ):
        with django_assert_num_queries(1):
            ask()
