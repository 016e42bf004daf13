"""What a cluster's schedules, forecasts and rules ask for now: read in every pass, so it is cheap.

A cluster that has none of them costs no query here.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from clusters.agent_report import REPORT_LIMIT
from clusters.models import Cluster, EnabledRule, Forecast, Group, Node, RuleValue
from clusters.models.event import EventSeverity
from clusters.nodes.config import configuration_of
from clusters.scaling.strategies.rule_inputs import facts_of, waiting_since
from clusters.transitions import note
from domain.configuration.scaling import ForecastMode, Rule
from domain.configuration.spec import Scaling
from domain.demand import Demand
from domain.events import EventKind
from domain.strategies.expression import ExpressionError, Facts, understood
from domain.strategies.floors import ForecastFloor, RuleResult, ScheduledFloor, raised_floors
from domain.strategies.forecast import Prediction
from domain.strategies.model import Floor
from domain.strategies.schedule import window_of

# An agent that was silent for so long says nothing about now: rules keep their last value.
SILENCE = REPORT_LIMIT
# A forecast that nobody renewed for so long is not acted on.
STALE_FORECAST = timedelta(hours=2)
# A rule that fails again and again is told of once in so long.
TOLD_TIME = timedelta(minutes=30)


def floors_of(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: Sequence[Node],
    demand: Demand,
    *,
    moment: datetime,
) -> dict[str, tuple[Floor, ...]]:
    """Return by group what its strategies ask for at `moment`, the most first, with the reasons.

    `nodes` are all live nodes of the cluster, the head too. Groups without a floor are left out.
    """
    scaling = configuration_of(cluster).mobula.scaling
    names = [group.name for group in groups]
    return raised_floors(
        names,
        now=moment,
        schedules=scheduled(scaling),
        forecasts=forecast_floors(cluster, scaling, moment=moment),
        rules=_rules(cluster, scaling, names, nodes, demand, moment),
    )


def scheduled(scaling: Scaling) -> list[ScheduledFloor]:
    """Return the schedules of a configuration, each with its window."""
    found = []
    for item in scaling.schedules:
        # Versions are checked before they are saved; a time zone may still be gone since then, and
        # the others' floors must not go with it.
        with suppress(ValueError):
            window = window_of(item)
            found.append(
                ScheduledFloor(
                    group=item.group, min_nodes=item.min_nodes, window=window, name=item.name
                )
            )
    return found


def prediction_of(row: Forecast) -> Prediction:
    """Return the forecast that the row keeps."""
    return Prediction(
        starts_at=row.starts_at,
        p50=tuple(row.p50),
        upper=tuple(row.upper),
        quantile=row.quantile,
        season=row.season,
        error_percent=row.error_percent,
        tested_days=row.tested_days,
    )


def forecast_floors(
    cluster: Cluster, scaling: Scaling, *, moment: datetime
) -> dict[str, ForecastFloor]:
    """Return by group the forecasts that may start nodes now."""
    if scaling.forecast.mode is not ForecastMode.FORECAST_AND_SCALE:
        return {}
    rows = Forecast.objects.filter(
        cluster=cluster,
        switched_off=False,
        mode=ForecastMode.FORECAST_AND_SCALE,
        made_at__gt=moment - STALE_FORECAST,
    )
    return {
        row.group: ForecastFloor(prediction=prediction_of(row), boot_seconds=row.boot_seconds)
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class _Round:
    """One look at a cluster's rules."""

    cluster: Cluster
    nodes: Sequence[Node]
    demand: Demand
    moment: datetime
    since: datetime | None

    @property
    def is_blind(self) -> bool:
        seen = self.cluster.run.agent_seen_at
        return seen is None or abs(self.moment - seen) > SILENCE

    def facts(self, group: str) -> Facts:
        return facts_of(
            self.cluster,
            group=group,
            nodes=self.nodes,
            demand=self.demand,
            since=self.since,
            moment=self.moment,
        )


def _rules(
    cluster: Cluster,
    scaling: Scaling,
    names: Sequence[str],
    nodes: Sequence[Node],
    demand: Demand,
    moment: datetime,
) -> list[RuleResult]:
    """Return what the enabled rules of these groups ask for; the others raise nothing."""
    rules = [rule for rule in scaling.rules if rule.group in names]
    enabled = enabled_rules(cluster) if rules else set()
    rules = [rule for rule in rules if _key(rule) in enabled]
    if not rules:
        return []
    since = waiting_since(cluster, demand, moment=moment)
    look = _Round(cluster, nodes, demand, moment, since)
    last = {(row.group, row.expression): row for row in values_of(cluster)}
    return [_result(look, rule, last.get(_key(rule))) for rule in rules]


def enabled_rules(cluster: Cluster) -> set[tuple[str, str]]:
    """Return group and text of each rule that may start nodes in this cluster."""
    rows = EnabledRule.objects.filter(template__versions=cluster.version_id)
    return set(rows.values_list("group", "expression"))


def values_of(cluster: Cluster) -> QuerySet[RuleValue]:
    """Return the last value of each rule in this run of the cluster: an older one is over."""
    return RuleValue.objects.filter(run=cluster.run_id)


def _key(rule: Rule) -> tuple[str, str]:
    return rule.group, rule.expression


def _result(look: _Round, rule: Rule, last: RuleValue | None) -> RuleResult:
    nodes, error = last.nodes if last else 0, last.error if last else ""
    if not look.is_blind:
        try:
            nodes, error = understood(rule.expression).nodes(look.facts(rule.group)), ""
        except ExpressionError as failure:
            error = str(failure)[:500]
        _remember(look, rule, last, nodes=nodes, error=error)
    return RuleResult(group=rule.group, nodes=nodes, name=rule.name, error=error)


def _remember(look: _Round, rule: Rule, last: RuleValue | None, *, nodes: int, error: str) -> None:
    """Write the value down when it is another one, and tell of an error once."""
    if last and (last.nodes, last.error) == (nodes, error):
        return
    told = last.told_at if last else None
    tell = bool(error) and (told is None or look.moment - told > TOLD_TIME)
    with transaction.atomic():
        RuleValue.objects.update_or_create(
            run_id=look.cluster.run_id,
            group=rule.group,
            expression=rule.expression,
            defaults={
                "nodes": nodes,
                "error": error,
                "changed_at": look.moment,
                "told_at": look.moment if tell else told,
            },
        )
        if tell:
            note(
                look.cluster,
                _failure(rule, nodes, error),
                kind=EventKind.RULE_FAILED,
                fields={
                    "group": rule.group,
                    "rule": rule.name,
                    "expression": rule.expression,
                    "nodes": nodes,
                    "error": error,
                },
                severity=EventSeverity.WARNING,
            )


def _failure(rule: Rule, nodes: int, error: str) -> str:
    name = f"Rule {rule.name}" if rule.name else "A rule"
    return f"{name} of group {rule.group} failed: {error} Its last value, {nodes}, stays in effect."
