"""What raises a group's minimum, with its reason; and what a rule would have asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.strategies.expression import EXAMPLE, BadExpression, Facts
from domain.strategies.floors import ForecastFloor, RuleResult, ScheduledFloor, raised_floors
from domain.strategies.forecast import Prediction
from domain.strategies.model import Floor
from domain.strategies.replay import replay
from domain.strategies.schedule import Window

NOW = datetime(2026, 6, 15, 8, 59, tzinfo=UTC)  # a Monday, 10:59 in Berlin
OFFICE = ScheduledFloor(
    group="cpu",
    min_nodes=4,
    window=Window(cron="0 8 * * mon-fri", minutes=600, time_zone="Europe/Berlin"),
    name="office hours",
)
TOLD = Prediction(
    starts_at=datetime(2026, 6, 15, 8, tzinfo=UTC),
    p50=(0.0, 5.0),
    upper=(1.0, 5.8),
    quantile=0.75,
    season="day",
    error_percent=10,
    tested_days=7,
)


def test_each_strategy_says_why_and_the_most_comes_first() -> None:
    floors = raised_floors(
        ["cpu", "gpu", "idle"],
        now=NOW,
        schedules=[OFFICE],
        forecasts={"cpu": ForecastFloor(prediction=TOLD, boot_seconds=90)},
        rules=[RuleResult(group="gpu", nodes=3, name="gpu-queue")],
    )
    assert floors == {
        "cpu": (
            Floor(
                nodes=6,
                reason="forecast: 6 nodes at 09:00 UTC (p75), machines need 90 s",
                kind="forecast",
            ),
            Floor(
                nodes=4,
                reason="schedule office hours until 18:00 Europe/Berlin",
                kind="schedule",
            ),
        ),
        "gpu": (Floor(nodes=3, reason="rule gpu-queue: 3", kind="rule"),),
    }


def test_a_closed_window_and_a_zero_raise_nothing() -> None:
    floors = raised_floors(
        ["cpu"],
        now=NOW + timedelta(hours=10),
        schedules=[OFFICE],
        forecasts={"cpu": ForecastFloor(prediction=replace(TOLD, upper=(0.0,)), boot_seconds=90)},
        rules=[RuleResult(group="cpu", nodes=0)],
    )
    assert floors == {}


def test_what_is_asked_for_a_group_that_is_gone_is_left_out() -> None:
    assert raised_floors(["gpu"], now=NOW, schedules=[OFFICE]) == {}


def test_an_end_on_another_day_names_the_day() -> None:
    night = replace(OFFICE, window=Window(days=("mon",), start="08:00", end="06:00"), name="")
    (floor,) = raised_floors(["cpu"], now=NOW, schedules=[night])["cpu"]
    assert floor.reason == "schedule until Tue 06:00 UTC"


def test_a_rule_that_failed_says_that_its_last_value_stands() -> None:
    rule = RuleResult(group="cpu", nodes=2, error="The rule gives no finite number.")
    (floor,) = raised_floors(["cpu"], now=NOW, rules=[rule])["cpu"]
    assert floor.reason == (
        "rule: 2, its last value, because it failed: The rule gives no finite number."
    )


def facts(minute: int, **fields: float) -> Facts:
    return replace(EXAMPLE, now=NOW + timedelta(minutes=minute), **fields)  # type: ignore[arg-type]


def test_a_replay_shows_floors_failures_hours_and_dollars() -> None:
    samples = [facts(0, queue=8, nodes=1), facts(5, queue=4, nodes=4), facts(10, queue=0, nodes=0)]
    found = replay(
        "8 / queue + 1", samples, step=timedelta(minutes=5), usd_per_node_hour=Decimal(6)
    )
    assert [point.floor for point in found.points] == [2, 3, 3]
    assert found.failed == 1
    assert found.failures[0].at == NOW + timedelta(minutes=10)
    assert "divide by 0" in found.failures[0].message
    assert found.node_hours == pytest.approx(8 * 5 / 60)
    assert found.extra_node_hours == pytest.approx(4 * 5 / 60)
    assert found.extra_usd == Decimal("2.0000")


def test_a_replay_counts_nothing_while_the_cluster_was_stopped() -> None:
    found = replay("1", [facts(0, nodes=0), facts(600, nodes=0)], step=timedelta(minutes=5))
    assert found.node_hours == pytest.approx(10 / 60)
    assert found.extra_usd is None


def test_a_replay_of_no_rule_or_of_no_samples() -> None:
    with pytest.raises(BadExpression, match="nope is not available here"):
        replay("nope", [], step=timedelta(minutes=5))
    assert replay("1", [], step=timedelta(minutes=5)).points == ()
