"""Schedules, forecasts and enabled rules raise the floor of a group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from clusters import runs
from clusters.models import Cluster, RuleValue
from clusters.queries import strategies as queries
from clusters.scaling.strategies.floors import floors_of
from clusters.services.rules import enable_rule
from domain.demand import Demand, Shape
from tests.clusters.with_strategies import RULE, WAITING, floors, kinds

pytestmark = pytest.mark.django_db


def test_an_open_schedule_raises_the_floor(with_strategies: Cluster) -> None:
    (floor,) = floors(with_strategies)
    assert (floor.nodes, floor.kind) == (3, "schedule")
    assert floor.reason.startswith("schedule always until ")


def test_a_cluster_without_strategies_costs_no_query(cluster: Cluster) -> None:
    groups = list(cluster.groups.all())
    moment = datetime.now(UTC)
    floors_of(cluster, groups, [], WAITING, moment=moment)
    with CaptureQueriesContext(connection) as asked:
        assert floors_of(cluster, groups, [], WAITING, moment=moment) == {}
    assert len(asked) == 0


def test_a_rule_raises_nothing_until_it_is_enabled(with_strategies: Cluster, alice: User) -> None:
    assert "rule" not in kinds(with_strategies)
    (row,) = queries.rule_rows(with_strategies)
    assert (row.enabled, row.last) == (False, None)
    enable_rule(with_strategies, **RULE, by=alice)
    assert kinds(with_strategies)["rule"] == 4
    (row,) = queries.rule_rows(with_strategies)
    assert row.enabled
    assert row.last is not None
    assert row.last.nodes == 4


def test_an_error_keeps_the_last_value_and_is_told_once(
    with_strategies: Cluster, alice: User
) -> None:
    enable_rule(with_strategies, **RULE, by=alice)
    floors(with_strategies)
    for _ in range(3):
        assert kinds(with_strategies, Demand())["rule"] == 4
    event = with_strategies.events.get(kind="rule.failed")  # one of them
    assert (event.fields["rule"], event.fields["nodes"]) == ("by-queue", 4)
    assert event.message == (
        "Rule by-queue of group cpu failed: The rule does not return a finite number: does it "
        "divide by 0? "
        "Its last value, 4, stays in effect."
    )
    rule = next(floor for floor in floors(with_strategies, Demand()) if floor.kind == "rule")
    assert "its last value, because it failed" in rule.reason
    assert kinds(with_strategies)["rule"] == 4  # it works again
    assert RuleValue.objects.get(run=with_strategies.run).error == ""


def test_a_silent_agent_lets_rules_keep_their_value(with_strategies: Cluster, alice: User) -> None:
    enable_rule(with_strategies, **RULE, by=alice)
    floors(with_strategies)
    with_strategies.run.agent_seen_at = datetime.now(UTC) - timedelta(minutes=5)
    assert (
        kinds(with_strategies, Demand(shapes=(Shape(resources={"CPU": 1}, count=8),)))["rule"] == 4
    )
    assert not with_strategies.events.filter(kind="rule.failed").exists()


def test_a_value_of_an_earlier_run_is_over(with_strategies: Cluster, alice: User) -> None:
    enable_rule(with_strategies, **RULE, by=alice)
    floors(with_strategies)
    runs.begin(with_strategies)
    assert "rule" not in kinds(with_strategies)
