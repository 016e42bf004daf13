"""The policies that a configuration stands for: as it is, with one strategy alone, and Ray's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.catalogue.region import RegionCatalogue
from domain.configuration.scaling import ForecastMode
from domain.configuration.spec import ComputeConfig
from domain.demand import Demand
from domain.planner import PlanRequest
from domain.planner.model import PlannedGroup
from domain.planner.request.from_spec import request_from_spec
from domain.simulation.conditions import Weather
from domain.simulation.foresight import Foresight, NeedSeries
from domain.simulation.mobula_policy import Ours
from domain.simulation.ray_policy import IDLE, UPSCALING, Rays, types_of
from domain.simulation.replay import Scenario, simulate
from domain.simulation.work import Arrival
from domain.strategies.floors import ScheduledFloor
from domain.strategies.schedule import window_of


class Variant(StrEnum):
    """Which of the configuration's strategies are on beside the reactive one, which always is."""

    CONFIGURED = "configured"
    REACTIVE = "reactive"
    SCHEDULED = "scheduled"
    FORECAST = "forecast"
    SPARE = "spare"


def base_of(config: ComputeConfig, target: RegionCatalogue) -> PlanRequest:
    """Return the planner's question of the empty cluster; the head takes no work here.

    Raises ValueError, with a sentence, when a machine or its price is not known.
    """
    base = request_from_spec(config, demand=Demand(), target=target)
    if not base.groups:
        raise ValueError("The configuration has no worker groups: add at least one group.")
    for group in base.groups:
        for offer in group.offers:
            if offer.hourly_usd is None:
                market = offer.market.replace("_", "-")
                raise ValueError(
                    f"Group {group.name}: the {market} price of {offer.instance_type} is "
                    "unknown. Set a type or market with a price."
                )
    return replace(base, head_free={})


def ours_of(
    config: ComputeConfig,
    base: PlanRequest,
    *,
    variant: Variant,
    started: datetime,
    days: int,
    history: Mapping[str, NeedSeries] | None = None,
) -> Ours:
    """Return our policy with the strategies of the variant; raises ValueError without them."""
    everything = variant is Variant.CONFIGURED
    schedules = scheduled(config) if everything or variant is Variant.SCHEDULED else []
    if variant is Variant.SCHEDULED and not schedules:
        raise ValueError("The configuration has no mobula.scaling.schedules to simulate.")
    spare = everything or variant is Variant.SPARE
    if variant is Variant.SPARE and not any(map(_has_spare, base.groups)):
        raise ValueError("No group has a warm_spare (mobula.groups) to simulate.")
    return Ours(
        base=base if spare else _without_spare(base),
        started=started,
        days=days,
        name="mobula" if everything else f"mobula, {variant}",
        schedules=schedules,
        foresight=_foresight(config, base, history) if forecasts(config, variant) else None,
    )


def forecasts(config: ComputeConfig, variant: Variant) -> bool:
    """Return whether the variant starts nodes by a forecast."""
    if variant is Variant.CONFIGURED:
        return config.mobula.scaling.forecast.mode is ForecastMode.FORECAST_AND_SCALE
    return variant is Variant.FORECAST


def rays_of(
    base: PlanRequest,
    *,
    priorities: bool = False,
    idle_seconds: int = IDLE,
    upscaling_speed: float = UPSCALING,
) -> Rays:
    """Return the model of Ray's autoscaler for the same groups."""
    return Rays(
        types=types_of(base.groups, by_price=priorities),
        idle_seconds=idle_seconds,
        upscaling_speed=upscaling_speed,
        name="ray, priorities by price" if priorities else "ray",
    )


def history_of(
    config: ComputeConfig,
    base: PlanRequest,
    arrivals: Sequence[Arrival],
    *,
    weather: Weather,
    started: datetime,
    days: int,
) -> Mapping[str, NeedSeries]:
    """Return what each group needed in the days before `started`, by a replay of them."""
    watching = _foresight(config, base, None)
    watching.only_watches = True
    past = Ours(
        base=_without_spare(base),
        started=started - timedelta(days=days),
        days=days,
        foresight=watching,
    )
    simulate(Scenario(arrivals=tuple(arrivals), weather=weather, days=days), past)
    return {
        name: [(at, nodes) for at, nodes in need if at < started]
        for name, need in watching.needs.items()
    }


def scheduled(config: ComputeConfig) -> list[ScheduledFloor]:
    """Return the schedules of a configuration, each with its window."""
    return [
        ScheduledFloor(
            group=item.group, min_nodes=item.min_nodes, window=window_of(item), name=item.name
        )
        for item in config.mobula.scaling.schedules
    ]


def _foresight(
    config: ComputeConfig, base: PlanRequest, history: Mapping[str, NeedSeries] | None
) -> Foresight:
    return Foresight(
        wanted=config.mobula.scaling.forecast,
        groups=tuple(group.name for group in base.groups),
        history=history or {},
    )


def _has_spare(group: PlannedGroup) -> bool:
    return bool(group.warm_spare or group.warm_spare_percent)


def _without_spare(base: PlanRequest) -> PlanRequest:
    groups = (replace(group, warm_spare=0, warm_spare_percent=0) for group in base.groups)
    return replace(base, groups=tuple(groups))
