"""What the pages ask about strategies: rules and their replays, samples, forecasts, windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.timezone import now

from clusters.models import Cluster, Forecast, Node, RuleValue, ScalingSample
from clusters.nodes.config import configuration_of
from clusters.scaling.strategies.floors import (
    enabled_rules,
    forecast_floors,
    scheduled,
    values_of,
)
from clusters.scaling.strategies.rule_inputs import restored
from clusters.scaling.strategies.samples import STEP
from domain.configuration.scaling import Rule
from domain.pricing import usd_of
from domain.strategies.floors import RuleResult, raised_floors
from domain.strategies.hindsight import Hindsight, Outcome, hindsight
from domain.strategies.model import Floor
from domain.strategies.replay import Replay, replay
from domain.strategies.schedule import Opening, next_openings

REPLAYED = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule of the configuration, whether it may start nodes, and what it asked for last."""

    rule: Rule
    enabled: bool
    last: RuleValue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule, until when it is open now, and its next five openings."""

    group: str
    name: str
    min_nodes: int
    time_zone: str
    open_until: datetime | None
    openings: tuple[Opening, ...]


def rule_rows(cluster: Cluster) -> list[RuleRow]:
    """Return the rules of the cluster's configuration, in its order."""
    rules = configuration_of(cluster).mobula.scaling.rules
    if not rules:
        return []
    enabled = enabled_rules(cluster)
    last = {(row.group, row.expression): row for row in values_of(cluster)}
    return [
        RuleRow(
            rule=rule,
            enabled=(rule.group, rule.expression) in enabled,
            last=last.get((rule.group, rule.expression)),
        )
        for rule in rules
    ]


def floors_shown(cluster: Cluster, *, moment: datetime) -> dict[str, tuple[Floor, ...]]:
    """Return by group the floors at `moment`; rules are not asked again, their last value holds."""
    scaling = configuration_of(cluster).mobula.scaling
    results = [
        RuleResult(
            group=row.rule.group, nodes=row.last.nodes, name=row.rule.name, error=row.last.error
        )
        for row in rule_rows(cluster)
        if row.enabled and row.last
    ]
    return raised_floors(
        [group.name for group in cluster.groups.all()],
        now=moment,
        schedules=scheduled(scaling),
        forecasts=forecast_floors(cluster, scaling, moment=moment),
        rules=results,
    )


def schedule_rows(cluster: Cluster, *, moment: datetime) -> list[ScheduleRow]:
    """Return the schedules of the cluster's configuration with what comes next."""
    rows = []
    for item in scheduled(configuration_of(cluster).mobula.scaling):
        opening = item.window.opening_at(moment)
        rows.append(
            ScheduleRow(
                group=item.group,
                name=item.name,
                min_nodes=item.min_nodes,
                time_zone=item.window.time_zone,
                open_until=opening[1] if opening else None,
                openings=tuple(next_openings(item.window, after=moment)),
            )
        )
    return rows


def replay_of(cluster: Cluster, *, group: str, expression: str) -> Replay:
    """Return what the rule would have asked for over the last seven days of this cluster.

    Raises BadExpression when the text is no rule.
    """
    rows = samples_of(cluster, group=group, since=now() - REPLAYED)
    facts = [restored(row.facts, at=row.at) for row in rows]
    return replay(expression, facts, step=STEP, usd_per_node_hour=_price(cluster, group))


def samples_of(cluster: Cluster, *, group: str, since: datetime) -> list[ScalingSample]:
    """Return the group's samples in the order of time: needed, ready, floor, expected."""
    rows = ScalingSample.objects.filter(cluster=cluster, group=group, at__gte=since)
    return list(rows.order_by("at"))


def hindsight_of(cluster: Cluster, *, group: str) -> Hindsight:
    """Return how the group's forecasts did over the last seven days, against what was needed."""
    rows = samples_of(cluster, group=group, since=now() - REPLAYED)
    outcomes = [
        Outcome(expected=row.expected_upper, needed=row.needed)
        for row in rows
        if row.expected_upper is not None
    ]
    return hindsight(outcomes, step=STEP, usd_per_node_hour=_price(cluster, group))


def forecasts_of(cluster: Cluster) -> list[Forecast]:
    """Return the newest forecast of each group, by its name."""
    return list(cluster.forecasts.order_by("group"))


def _price(cluster: Cluster, group: str) -> Decimal | None:
    """Return what the group's last node with a price cost in dollars an hour."""
    rows = Node.objects.filter(cluster=cluster, group__name=group, hourly_microusd__isnull=False)
    last = rows.order_by("-pk").values_list("hourly_microusd", flat=True).first()
    return None if last is None else usd_of(last)
