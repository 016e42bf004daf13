"""Forecasts are made of samples, judged by their error, and switched off when bad."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from clusters.models import Cluster, Forecast, ScalingSample
from clusters.scaling.strategies import forecasts
from tests.clusters.with_strategies import add_node, kinds, running, sampled

pytestmark = pytest.mark.django_db


def office(at: datetime) -> int:
    return 6 if 8 <= at.hour < 18 else 2


def test_a_good_forecast_raises_the_floor(with_strategies: Cluster) -> None:
    sampled(with_strategies, days=6, needed=office)
    forecasts.make(str(with_strategies.pk))
    row = Forecast.objects.get(cluster=with_strategies)
    assert (row.switched_off, row.why) == (False, "")
    assert row.error_percent is not None
    assert row.error_percent < 20
    assert kinds(with_strategies)["forecast"] in {2, 6}
    assert with_strategies.events.filter(kind="forecast.active").count() == 1
    forecasts.make(str(with_strategies.pk))  # told once
    assert with_strategies.events.filter(kind="forecast.active").count() == 1


def test_a_bad_forecast_switches_itself_off_and_says_so(with_strategies: Cluster) -> None:
    sampled(with_strategies, days=6, needed=office)
    forecasts.make(str(with_strategies.pk))
    ScalingSample.objects.all().delete()
    sampled(
        with_strategies, days=6, needed=lambda at: round(20 * abs(math.sin(at.timestamp() ** 1.7)))
    )
    forecasts.make(str(with_strategies.pk))
    row = Forecast.objects.get(cluster=with_strategies)
    assert row.switched_off
    assert "max_error_percent" in row.why
    assert "forecast" not in kinds(with_strategies)
    event = with_strategies.events.get(kind="forecast.inactive")
    assert (event.severity, event.fields["group"]) == ("warning", "cpu")
    assert event.fields["error_percent"] > event.fields["max_error_percent"]


def test_a_forecast_without_history_only_shows(with_strategies: Cluster) -> None:
    forecasts.make(str(with_strategies.pk))
    row = Forecast.objects.get(cluster=with_strategies)
    assert (row.switched_off, row.p50) == (True, [])
    assert "24 hours of history; there are 0 so far" in row.why
    assert "forecast" not in kinds(with_strategies)


def test_the_group_that_waits_longest_for_its_forecast_comes_first(
    with_strategies: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = with_strategies.groups.get(name="cpu")
    for name in ("new", "old"):
        group.pk, group.name, group.position = None, name, group.position + 1
        group.save()
    for name, hours in [("cpu", 1), ("old", 3), ("gone", 2)]:
        made = datetime.now(UTC) - timedelta(hours=hours)
        Forecast.objects.create(
            cluster=with_strategies,
            group=name,
            made_at=made,
            starts_at=made,
            quantile=0.5,
            boot_seconds=1,
        )
    asked: list[str] = []
    monkeypatch.setattr(forecasts, "_make", lambda _cluster, name, _wanted: asked.append(name))
    forecasts.make(str(with_strategies.pk))
    assert asked == ["new", "old", "cpu"]
    assert not with_strategies.forecasts.filter(group="gone").exists()


def test_an_old_forecast_is_not_acted_on(with_strategies: Cluster) -> None:
    sampled(with_strategies, days=6, needed=office)
    forecasts.make(str(with_strategies.pk))
    Forecast.objects.update(made_at=datetime.now(UTC) - timedelta(hours=3))
    assert "forecast" not in kinds(with_strategies)


def test_only_running_clusters_that_want_one_get_a_forecast(
    with_strategies: Cluster, launch: Callable[..., Cluster]
) -> None:
    running(launch("plain"))
    assert forecasts.due() == [str(with_strategies.pk)]
    forecasts.make("00000000-0000-0000-0000-000000000000")  # gone meanwhile
    Cluster.objects.filter(pk=with_strategies.pk).update(state="stopped")
    assert forecasts.due() == []


def test_boot_time_is_what_nine_of_ten_machines_took(with_strategies: Cluster) -> None:
    assert forecasts.boot_seconds(with_strategies, "cpu") == 120
    begin = datetime.now(UTC)
    for number in range(1, 12):
        ready = begin + timedelta(seconds=10 * number)
        add_node(with_strategies, number, requested_at=begin, ready_at=ready)
    assert forecasts.boot_seconds(with_strategies, "cpu") == pytest.approx(100)
