"""What a configuration says about scaling: schedules, forecasts, rules, budgets, group by group."""

from enum import StrEnum
from math import ceil
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from domain.configuration.types import (
    AtLeastOne,
    Count,
    Model,
    NodesOrPercent,
    Percent,
    Text,
    empty_if_null,
    off_if_false,
)
from domain.objective import Objective


class ForecastMode(StrEnum):
    """What a forecast may do: nothing, be shown, or start nodes ahead of the work."""

    OFF = "off"
    FORECAST_ONLY = "forecast_only"
    FORECAST_AND_SCALE = "forecast_and_scale"


class ConsolidationMode(StrEnum):
    """Whether work is moved onto fewer or cheaper nodes: never, as advice, or by itself."""

    OFF = "off"
    RECOMMEND = "recommend"
    ACT = "act"


class Disruption(StrEnum):
    """Why Mobula would take a node away that somebody may still use."""

    IDLE = "idle"
    CONSOLIDATION = "consolidation"
    SPOT_RETURN = "spot_return"
    OUTDATED = "outdated"  # nodes that run with settings of an earlier version


ConsolidationWord = Annotated[ConsolidationMode, BeforeValidator(off_if_false)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class WindowSettings(Model):
    """When something holds: from each tick of a cron line on, or on weekdays from start to end."""

    cron: Text = ""
    minutes: AtLeastOne | None = None
    days: tuple[Day, ...] = ()
    start: Text = ""
    end: Text = ""
    time_zone: Text = "UTC"
    name: Text = ""


class Schedule(WindowSettings):
    """A group's least number of nodes while a window is open."""

    group: Text = ""
    min_nodes: Count = 0


class Budget(WindowSettings):
    """How many nodes may be taken away at once; without a window, at any time."""

    nodes: NodesOrPercent = 0
    # None named: for any reason.
    reasons: tuple[Disruption, ...] = ()


class ForecastSettings(Model):
    """Whether, and how boldly, each group's number of nodes is foretold."""

    mode: Annotated[ForecastMode, BeforeValidator(off_if_false)] = ForecastMode.OFF
    quantile: Annotated[float, Field(strict=True, ge=0.01, le=0.99)] = 0.75
    max_error_percent: Annotated[float, Field(strict=True, ge=0, le=1000)] = 40


class Rule(Model):
    """A group's number of nodes as an expression of what is measured."""

    group: Text = ""
    expression: Text = ""
    name: Text = ""


class Scaling(Model):
    """What moves the number of nodes beside the work that waits."""

    objective: Objective = Objective.COST
    schedules: tuple[Schedule, ...] = ()
    forecast: Annotated[ForecastSettings, BeforeValidator(empty_if_null)] = ForecastSettings()
    rules: tuple[Rule, ...] = ()
    budgets: tuple[Budget, ...] = ()
    consolidation: ConsolidationWord = ConsolidationMode.RECOMMEND


def on_demand_part(nodes: int, *, first: int, percent: float) -> int:
    """Return how many of so many nodes are on demand: the first ones, and a part of the others.

    A part of a node is a whole one.
    """
    first = min(first, nodes)
    return first + ceil((nodes - first) * percent / 100)


class GroupSettings(Model):
    """What Mobula adds to one worker group; what is left out is the cluster's."""

    worker_idle_seconds: Count | None = None
    warm_spare: NodesOrPercent = 0
    on_demand_nodes: Count = 0
    on_demand_percent: Percent = 0
    fallback_types: tuple[Text, ...] = ()
    consolidation: ConsolidationWord | None = None

    def on_demand_of(self, nodes: int) -> int:
        """How many of so many nodes of a spot group are on demand."""
        return on_demand_part(nodes, first=self.on_demand_nodes, percent=self.on_demand_percent)

    def spare_of(self, nodes: int) -> int:
        """How many of so many nodes are spare while all the others work."""
        if isinstance(self.warm_spare, int):
            return min(self.warm_spare, nodes)
        percent = int(self.warm_spare.removesuffix("%"))
        return nodes - nodes * 100 // (100 + percent)
