"""Forecasts are made of samples, judged by their error, and switched off when bad."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from clusters.models import Cluster, Forecast, ScalingSample
from clusters.scaling.strategies import forecasts
from tests.clusters.with_strategies import add_node, kinds, running, sampled

pytestmark = pytest.mark.django_db


def office(at: datetime) -> int:
    return 6 if 8 <= at.hour < 18 else 2


def test_a_good_forecast_raises_the_floor(one: Cluster) -> None:
    sampled(one, days=6, needed=office)
    forecasts.make(str(one.pk))
    row = Forecast.objects.get(cluster=one)
    assert (row.switched_off, row.why) == (False, "")
    assert row.error_percent is not None
    assert row.error_percent < 20
    assert kinds(one)["forecast"] in {2, 6}
    assert one.events.filter(kind="forecast.active").count() == 1
    forecasts.make(str(one.pk))  # told once
    assert one.events.filter(kind="forecast.active").count() == 1


def test_a_bad_forecast_switches_itself_off_and_says_so(one: Cluster) -> None:
    sampled(one, days=6, needed=office)
    forecasts.make(str(one.pk))
    ScalingSample.objects.all().delete()
    sampled(one, days=6, needed=lambda at: round(20 * abs(math.sin(at.timestamp() ** 1.7))))
    forecasts.make(str(one.pk))
    row = Forecast.objects.get(cluster=one)
    assert row.switched_off
    assert "max_error_percent" in row.why
    assert "forecast" not in kinds(one)
    event = one.events.get(kind="forecast.inactive")
    assert (event.severity, event.fields["group"]) == ("warning", "cpu")
    assert event.fields["error_percent"] > event.fields["max_error_percent"]


def test_a_forecast_without_history_only_shows(one: Cluster) -> None:
    forecasts.make(str(one.pk))
    row = Forecast.objects.get(cluster=one)
    assert (row.switched_off, row.p50) == (True, [])
    assert "24 hours of history; there are 0 so far" in row.why
    assert "forecast" not in kinds(one)


def test_the_group_that_waits_longest_for_its_forecast_comes_first(
    one: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = one.groups.get(name="cpu")
    for name in ("new", "old"):
        group.pk, group.name, group.position = None, name, group.position + 1
        group.save()
    for name, hours in [("cpu", 1), ("old", 3), ("gone", 2)]:
        made = datetime.now(UTC) - timedelta(hours=hours)
        Forecast.objects.create(
            cluster=one, group=name, made_at=made, starts_at=made, quantile=0.5, boot_seconds=1
        )
    asked: list[str] = []
    monkeypatch.setattr(forecasts, "_make", lambda _cluster, name, _wanted: asked.append(name))
    forecasts.make(str(one.pk))
    assert asked == ["new", "old", "cpu"]
    assert not one.forecasts.filter(group="gone").exists()


def test_an_old_forecast_is_not_acted_on(one: Cluster) -> None:
    sampled(one, days=6, needed=office)
    forecasts.make(str(one.pk))
    Forecast.objects.update(made_at=datetime.now(UTC) - timedelta(hours=3))
    assert "forecast" not in kinds(one)


def test_only_running_clusters_that_want_one_get_a_forecast(one: Cluster, launch) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    running(launch("plain"))
    assert forecasts.due() == [str(one.pk)]
    forecasts.make("00000000-0000-0000-0000-000000000000")  # gone meanwhile
    Cluster.objects.filter(pk=one.pk).update(state="stopped")
    assert forecasts.due() == []


def test_boot_time_is_what_nine_of_ten_machines_took(one: Cluster) -> None:
    assert forecasts.boot_seconds(one, "cpu") == 120
    begin = datetime.now(UTC)
    for number in range(1, 12):
        ready = begin + timedelta(seconds=10 * number)
        add_node(one, number, requested_at=begin, ready_at=ready)
    assert forecasts.boot_seconds(one, "cpu") == pytest.approx(100)
