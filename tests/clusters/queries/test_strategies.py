"""What the strategies of a cluster show: replays, hindsight, openings of schedules."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from clusters.models import Cluster, ScalingSample
from clusters.queries import strategies as queries
from clusters.scaling.strategies.rule_inputs import (
    moment_now,
)
from clusters.services.rules import enable_rule
from tests.clusters.with_strategies import RULE, add_node, floors, sampled

pytestmark = pytest.mark.django_db


def test_a_replay_has_floors_and_dollars(with_strategies: Cluster) -> None:
    add_node(with_strategies)
    sampled(with_strategies, days=1, needed=lambda at: 1 + at.hour % 2)
    found = queries.replay_of(with_strategies, **RULE)
    assert [point.floor for point in found.points[:2]] in ([4, 8], [8, 4])
    assert found.extra_usd is not None
    assert found.extra_usd > 0


def test_pages_show_the_floors_of_the_last_pass_and_write_nothing(
    with_strategies: Cluster, alice: User
) -> None:
    enable_rule(with_strategies, **RULE, by=alice)
    # A schedule's reason names a minute: both look at the same one.
    moment = moment_now()
    before = queries.floors_shown(with_strategies, moment=moment)["cpu"]
    assert "rule" not in {floor.kind for floor in before}
    asked = floors(with_strategies, moment=moment)
    with CaptureQueriesContext(connection) as queried:
        shown = queries.floors_shown(with_strategies, moment=moment)
    assert shown == {"cpu": asked}
    assert all(query["sql"].startswith("SELECT") for query in queried.captured_queries)


def test_hindsight_compares_the_forecast_with_what_was_needed(with_strategies: Cluster) -> None:
    add_node(with_strategies)
    at = moment_now()
    for minutes, upper, needed in [(10, 3.0, 1), (5, 1.0, 2), (0, None, 2)]:
        ScalingSample.objects.create(
            cluster=with_strategies,
            group="cpu",
            at=at - timedelta(minutes=minutes),
            needed=needed,
            ready=needed,
            expected_upper=upper,
        )
    found = queries.hindsight_of(with_strategies, group="cpu")
    assert found.hours == pytest.approx(10 / 60)
    assert found.over_node_hours == pytest.approx(2 * 5 / 60)
    assert found.under_node_hours == pytest.approx(5 / 60)
    assert found.over_usd == Decimal("0.3333")


def test_the_next_openings_of_schedules_are_listed(with_strategies: Cluster) -> None:
    (row,) = queries.schedule_rows(with_strategies, moment=moment_now())
    assert (row.group, row.name, row.min_nodes, len(row.openings)) == ("cpu", "always", 3, 5)
    assert row.open_until is not None
