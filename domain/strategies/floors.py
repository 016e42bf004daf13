"""All that asks for more nodes of a group than its minimum, each with its reason in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.strategies.forecast import Prediction, need_of
from domain.strategies.model import Floor, FloorKind
from domain.strategies.schedule import Opening, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledFloor:
    """So many nodes of a group while a window is open."""

    group: str
    min_nodes: int
    window: Window
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastFloor:
    """A forecast that may start nodes, and how long its group's machines take to be ready."""

    prediction: Prediction
    boot_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What a rule of the user's asked for last; `error` says why that is not from just now."""

    group: str
    nodes: int
    name: str = ""
    error: str = ""


def raised_floors(
    groups: Iterable[str],
    *,
    now: datetime,
    schedules: Sequence[ScheduledFloor] = (),
    forecasts: Mapping[str, ForecastFloor] | None = None,
    rules: Sequence[RuleResult] = (),
) -> dict[str, tuple[Floor, ...]]:
    """Return for each of the groups what its strategies ask for now, the most first.

    Whoever calls passes only forecasts and rules that may start nodes. A group's own minimum and
    maximum are not looked at here.
    """
    floors: dict[str, list[Floor]] = defaultdict(list)
    for schedule in schedules:
        if floor := _of_schedule(schedule, now):
            floors[schedule.group].append(floor)
    for group, forecast in (forecasts or {}).items():
        if floor := _of_forecast(forecast, now):
            floors[group].append(floor)
    for rule in rules:
        if rule.nodes:
            floors[rule.group].append(_of_rule(rule))
    return {
        group: tuple(sorted(floors[group], key=lambda floor: -floor.nodes))
        for group in groups
        if floors.get(group)
    }


def _of_schedule(schedule: ScheduledFloor, now: datetime) -> Floor | None:
    opening = schedule.window.opening_at(now)
    if opening is None or not schedule.min_nodes:
        return None
    return Floor(
        nodes=schedule.min_nodes,
        reason=f"schedule {_named(schedule)}until {_end(opening, now, schedule.window)}",
        kind=FloorKind.SCHEDULE,
    )


def _named(schedule: ScheduledFloor) -> str:
    name = schedule.name or schedule.window.cron
    return f"{name} " if name else ""


def _end(opening: Opening, now: datetime, window: Window) -> str:
    end = opening[1].astimezone(window.zone)
    same_day = end.date() == now.astimezone(window.zone).date()
    return f"{end:%H:%M} {window.time_zone}" if same_day else f"{end:%a %H:%M} {window.time_zone}"


def _of_forecast(forecast: ForecastFloor, now: datetime) -> Floor | None:
    prediction = forecast.prediction
    need = need_of(prediction, now=now, ahead=timedelta(seconds=forecast.boot_seconds))
    if need is None or not need.nodes:
        return None
    return Floor(
        nodes=need.nodes,
        reason=(
            f"forecast: {need.nodes} node{'s' * (need.nodes != 1)} "
            f"at {need.at.astimezone(UTC):%H:%M} UTC (p{prediction.quantile * 100:g}), "
            f"machines need {forecast.boot_seconds:.0f} s"
        ),
        kind=FloorKind.FORECAST,
    )


def _of_rule(rule: RuleResult) -> Floor:
    kept = f", its last value, because it failed: {rule.error}" if rule.error else ""
    name = f"rule {rule.name}" if rule.name else "rule"
    return Floor(nodes=rule.nodes, reason=f"{name}: {rule.nodes}{kept}", kind=FloorKind.RULE)
