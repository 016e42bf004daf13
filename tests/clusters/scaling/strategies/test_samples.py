"""Samples of demand and nodes are taken once in five minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clusters.models import Cluster, ScalingSample
from clusters.scaling.strategies import forecasts, samples
from retention import partitions
from tests.clusters.with_strategies import add_node, sampled

pytestmark = pytest.mark.django_db


def test_samples_are_taken_once_in_five_minutes(with_strategies: Cluster) -> None:
    add_node(with_strategies, 1)
    add_node(with_strategies, 2, idle_since=datetime.now(UTC))
    add_node(with_strategies, 3, state="booting")
    Cluster.objects.filter(pk=with_strategies.pk).update(max_usd_per_hour=10)
    with_strategies.runs.update(demand={"shapes": [{"resources": {"CPU": 1}, "count": 3}]})
    assert samples.take() == 1
    assert samples.take() == 0
    row = ScalingSample.objects.get()
    assert (row.needed, row.ready, row.floor, row.expected) == (2, 2, 3, None)
    assert row.at.minute % 5 == row.at.second == 0
    assert row.facts == {
        "pending": {"CPU": 3.0}, "queue": 3, "queue_seconds": 0, "nodes": 3, "pending_nodes": 1,
        "busy_nodes": 1, "idle_nodes": 1, "utilization": 0.5, "gpu_utilization": 0.0,
        "usd_per_hour": 6.0, "budget_left": 4.0,
    }  # fmt: skip


def test_a_sample_keeps_what_the_forecast_had_said(with_strategies: Cluster) -> None:
    sampled(with_strategies, days=4, needed=lambda _at: 2)
    forecasts.make(str(with_strategies.pk))
    samples.take()
    row = ScalingSample.objects.latest("at")
    assert (row.expected, row.expected_upper) == (2, 2)


def test_a_silent_cluster_is_not_sampled(with_strategies: Cluster) -> None:
    with_strategies.runs.update(agent_seen_at=None)
    assert samples.take() == 0


def test_old_samples_are_forgotten(with_strategies: Cluster) -> None:
    old = datetime.now(UTC) - timedelta(days=50)
    ScalingSample.objects.create(cluster=with_strategies, group="cpu", at=old, needed=1, ready=1)
    partitions.keep_up(datetime.now(UTC))
    assert not ScalingSample.objects.filter(at=old).exists()
