"""A cluster's strategies and how they did: samples, forecasts, schedules, rules with replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clusters.models import Cluster, Forecast, ScalingSample
from clusters.queries.strategies import (
    RuleRow,
    ScheduleRow,
    forecasts_of,
    hindsight_of,
    replay_of,
    rule_rows,
    samples_of,
    schedule_rows,
)
from domain.strategies.expression import ExpressionError
from domain.strategies.hindsight import Hindsight
from domain.strategies.replay import Replay
from insights.charts import Chart
from insights.scaling_charts import forecast_chart, nodes_chart, replay_chart


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule and its place in the configuration, with its replay where one was requested."""

    place: int
    row: RuleRow
    replay: Replay | None = None
    chart: Chart | None = None
    error: str = ""  # why there is no replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategies:
    """What the panel shows: one group over time, and the strategies of all groups."""

    group: str
    samples: Sequence[ScalingSample]
    charts: list[Chart]
    hindsight: Hindsight | None  # of the group's forecasts; None: none was compared yet
    forecasts: list[Forecast]
    schedules: list[ScheduleRow]
    rules: list[RuleLine]

    @property
    def measured_at(self) -> datetime | None:
        return self.samples[-1].at if self.samples else None


def strategies_of(
    cluster: Cluster,
    *,
    group: str,
    since: datetime,
    moment: datetime,
    step: timedelta,
    replay: int | None = None,
) -> Strategies:
    """Return the cluster's strategies, with the charts of one group and one rule's replay."""
    samples, forecasts = samples_of(cluster, group=group, since=since), forecasts_of(cluster)
    own = next((row for row in forecasts if row.group == group), None)
    charts = [nodes_chart(samples, group=group, step=step)] if samples else []
    if own and (chart := forecast_chart(samples, own, step=step)):
        charts.append(chart)
    looked_back = hindsight_of(cluster, group=group) if own else None
    return Strategies(
        group=group,
        samples=samples,
        charts=charts,
        hindsight=looked_back if looked_back and looked_back.hours else None,
        forecasts=forecasts,
        schedules=schedule_rows(cluster, moment=moment),
        rules=[
            replayed(cluster, row, place) if place == replay else RuleLine(place=place, row=row)
            for place, row in enumerate(rule_rows(cluster))
        ],
    )


def replayed(cluster: Cluster, row: RuleRow, place: int) -> RuleLine:
    """Return the rule with its replay; of a week that takes the better part of a second."""
    rule = row.rule
    try:
        played = replay_of(cluster, group=rule.group, expression=rule.expression)
    except ExpressionError as error:
        return RuleLine(place=place, row=row, error=str(error))
    if not played.points:
        return RuleLine(
            place=place,
            row=row,
            error="No samples yet. They are taken every five minutes while the cluster runs.",
        )
    name = rule.name or f"rule of {rule.group}"
    chart = replay_chart(played.points, name=name, chart_id=f"replay-{place}")
    return RuleLine(place=place, row=row, replay=played, chart=chart)
