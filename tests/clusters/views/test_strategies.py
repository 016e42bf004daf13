"""The strategies of a cluster: charts, openings of schedules, replays of rules, exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Cluster, Forecast
from configurations.services.templates import create_template
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import Team, User
from tests.clusters.views.scaling_page import panel, sample, table

pytestmark = pytest.mark.django_db


def test_strategies_show_charts_openings_and_replays(scaled: Head, page: Any) -> None:
    sample(scaled.cluster)
    Forecast.objects.create(
        cluster=scaled.cluster, group="cpu", made_at=datetime.now(UTC),
        starts_at=datetime.now(UTC).replace(minute=0, second=0, microsecond=0), p50=[1.0] * 48,
        upper=[2.0] * 48, quantile=0.75, error_percent=12.5, tested_days=2, boot_seconds=60,
        mode="forecast_only",
    )  # fmt: skip
    text = panel(page, scaled.cluster, part="strategies", replay="0").text
    assert "<html" not in text
    assert 'id="scaling-nodes-figure"' in text
    assert 'id="scaling-forecast-figure"' in text
    assert "12.5% error over the last 2 days" in text
    assert "node-hours unused" in text
    assert text.count("<li><time") == 5
    assert "The rule would have requested" in text
    assert "It failed 16 times" in text


def test_openings_are_told_by_the_clock_of_their_place(
    research: Team, alice: User, launch: Callable[..., Cluster], version: object, page: Any
) -> None:
    schedule = (
        'mobula:\n  scaling: {schedules: [{group: cpu, min_nodes: 1, days: [mon], start: "08:00",'
        ' end: "09:30", time_zone: Asia/Tokyo}]}\n'
    )
    text = TEXT.partition("mobula:")[0] + schedule
    made = create_template(team=research, name="tokyo", text=text, message="First.", by=alice)
    shown = panel(page, launch("tokyo", of=made)).text
    assert shown.count(" 08:00</time> – <time") == shown.count(">09:30</time>") == 5
    assert "Asia/Tokyo" in shown


def test_strategies_before_anything_was_sampled(scaled: Head, page: Any) -> None:
    text = panel(page, scaled.cluster, replay="0").text
    assert "No samples" in text
    assert "No samples yet." in text


def test_a_cluster_without_strategies_says_where_to_add_one(head: Head, page: Any) -> None:
    assert "add a schedule, a forecast, or a rule in the template" in panel(page, head.cluster).text
    assert panel(page, head.cluster, group="nope").status_code == 404
    assert page.client.get(reverse("insights:scaling")).status_code == 404


def test_strategies_are_exported(scaled: Head, page: Any) -> None:
    sample(scaled.cluster, days=1)
    assert len(table(panel(page, scaled.cluster, format="samples"))) >= 23
    assert len(table(panel(page, scaled.cluster, format="schedules"))) == 5
    (rule,) = table(panel(page, scaled.cluster, format="rules"))
    assert (rule["rule"], rule["enabled"]) == ("by-queue", "False")
    replay = {"part": "replay", "replay": "0"}
    assert len(table(panel(page, scaled.cluster, **replay, format="csv"))) >= 23
    assert "The rule would have requested" in panel(page, scaled.cluster, **replay).text
    for unknown in ("7", "x", "-1", "9" * 9, "²"):
        missing = panel(page, scaled.cluster, part="replay", replay=unknown)
        assert missing.status_code == 404


def test_strangers_see_no_strategies(scaled: Head, charlie: User) -> None:
    client = Client()
    client.force_login(charlie)
    url = reverse("insights:scaling")
    assert client.get(url, {"cluster": str(scaled.cluster.pk)}).status_code == 404
