"""Use and cost over a run are kept with it, and outlive the samples."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Cluster, Run
from clusters.test_runs import samples
from clusters.test_runs.samples import samples_of
from metering.models import Interval
from metering.samples import Sample, record
from metering.tasks import roll_up_samples
from promotions.models import TestRun
from tests.clusters.head import Head
from tests.clusters.workload_runs.steps import cluster_of, ended, ray_says, step, submitted

pytestmark = pytest.mark.django_db
GIB = 2.0**30


def measure(cluster: Cluster, at: datetime, *, cpu: float, node: str = "") -> None:
    """Record what one node of four cores and 8 GiB did at a moment."""
    name = node or cluster.nodes.get().name
    known = {"cpu_capacity": 4.0, "cpu_used": cpu, "memory_capacity": 8 * GIB}
    record(cluster.pk, [Sample(node=name, at=at, memory_used=2 * GIB, **known)])


@pytest.fixture
def cluster(run: TestRun) -> Cluster:
    """The cluster of a run that was launched a minute ago, at 3.6 dollars an hour."""
    cluster = submitted(run).cluster
    since = now() - timedelta(seconds=60)
    Run.objects.filter(pk=cluster.run_id).update(requested_at=since, ended_at=None)
    moments = {"started_at": since, "posted_until": since, "ready_at": None}
    Interval.objects.update(**moments, hourly_microusd=3_600_000)
    cluster.refresh_from_db()
    return cluster


def test_a_short_run_is_kept_by_seconds(cluster: Cluster) -> None:
    since = cluster.run.requested_at
    for seconds, cpu in ((11, 1.0), (13, 3.0), (31, 4.0)):
        measure(cluster, since + timedelta(seconds=seconds), cpu=cpu)
    measure(cluster, since + timedelta(seconds=31), cpu=0.0, node="another")
    found = samples_of(cluster, now=since + timedelta(seconds=42))
    assert found["step"] == 10
    assert found["cpu"] == [None, 0.5, None, 0.5, None]
    assert found["memory"][1] == 0.25
    assert "gpu" not in found
    assert found["usd"] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.042])


def test_a_long_run_has_at_most_400_steps_from_the_roll_ups(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = cluster.run.requested_at
    measure(cluster, since + timedelta(seconds=30), cpu=2.0)
    roll_up_samples()
    monkeypatch.setattr(samples, "READ_CLOSELY", timedelta(0))
    found = samples_of(cluster, now=since + timedelta(minutes=90))
    assert (found["step"], len(found["usd"])) == (60, 90)
    assert [share for share in found["cpu"] if share is not None] == [0.5]


def test_without_a_price_there_is_no_cost_and_without_time_nothing(cluster: Cluster) -> None:
    Interval.objects.update(hourly_microusd=None)
    assert "usd" not in samples_of(cluster, now=now())
    assert samples_of(cluster, now=cluster.run.requested_at) == {}


def test_the_page_of_the_request_has_the_charts_once_the_cluster_is_gone(
    cluster: Cluster, run: TestRun, bob: User, charlie: User
) -> None:
    measure(cluster, now() - timedelta(seconds=20), cpu=2.0)

    ray_says(Head(cluster), "SUCCEEDED")
    step(run)
    ended(run)
    assert run.samples["cpu"]
    assert cluster_of(run).state == "terminated"
    browser = Client()
    browser.force_login(bob)
    page = browser.get(f"/changes/{run.request_id}/").text
    assert f'hx-get="/insights/test-runs/{run.pk}/"' in page
    part = browser.get(f"/insights/test-runs/{run.pk}/").text
    assert 'data-chart="test-run-use-figure"' in part
    assert 'data-chart="test-run-cost-figure"' in part
    browser.force_login(charlie)
    assert browser.get(f"/insights/test-runs/{run.pk}/").status_code == 404
