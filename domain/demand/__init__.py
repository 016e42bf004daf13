"""What Ray waits for, as the head agent reports it: shapes, placement groups, standing requests."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

type Resources = Mapping[str, float]  # logical amounts: CPU and GPU in units, memory in bytes


class Strategy(StrEnum):
    """Ray's placement strategies."""

    PACK = "PACK"
    SPREAD = "SPREAD"
    STRICT_PACK = "STRICT_PACK"
    STRICT_SPREAD = "STRICT_SPREAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    key: str
    operator: str  # "in" or "not in"
    values: tuple[str, ...]

    def accepts(self, labels: Mapping[str, str]) -> bool:
        return (labels.get(self.key) in self.values) == (self.operator == "in")

    @property
    def words(self) -> str:
        """What it asks for as people read it: "zone in (a, b)"."""
        return f"{self.key} {self.operator} ({', '.join(self.values)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`count` tasks or actors that each ask for `resources`."""

    resources: Resources
    count: int
    selectors: tuple[LabelSelector, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gang:
    """One pending placement group: all bundles or none."""

    strategy: Strategy
    bundles: tuple[Resources, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    shapes: tuple[Shape, ...] = ()
    gangs: tuple[Gang, ...] = ()
    # What `request_resources` asked for: it must fit the whole cluster, used or not.
    standing_requests: tuple[Shape, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.shapes or self.gangs or self.standing_requests)


def describe(resources: Resources) -> str:
    """Return `resources` as people write them: "{CPU: 2, memory: 4 GiB}"."""
    return "{" + ", ".join(f"{k}: {_amount(k, v)}" for k, v in sorted(resources.items())) + "}"


def _amount(name: str, value: float) -> str:
    if name in {"memory", "object_store_memory"}:
        return f"{value / 2**30:g} GiB"
    return f"{value:g}"


class UnreadableDemand(ValueError):
    """A report of demand that has no sense; `why` is part of a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Could not parse the demand: {why}.")
        self.why = why


def demand_from_report(report: Mapping[str, Any]) -> Demand:
    """Return the demand in the agent's `demand` object; raises ValueError when it has no sense."""
    try:
        return Demand(
            shapes=tuple(_shape(item) for item in report.get("shapes", ())),
            gangs=tuple(
                Gang(
                    strategy=Strategy(item.get("strategy") or Strategy.PACK),
                    bundles=tuple(_resources(bundle) for bundle in item["bundles"]),
                )
                for item in report.get("gangs", ())
            ),
            standing_requests=tuple(_shape(item) for item in report.get("standing_requests", ())),
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise UnreadableDemand(repr(error)) from error


def _shape(item: Mapping[str, Any]) -> Shape:
    selectors = tuple(
        LabelSelector(key=s["key"], operator=s.get("operator", "in"), values=tuple(s["values"]))
        for s in item.get("selectors", ())
    )
    return Shape(
        resources=_resources(item["resources"]), count=int(item["count"]), selectors=selectors
    )


def _resources(item: Mapping[str, Any]) -> dict[str, float]:
    amounts = {str(name): float(amount) for name, amount in item.items()}
    for name, amount in amounts.items():
        if not math.isfinite(amount):
            raise UnreadableDemand(f"{name} is {amount}")
    return {name: amount for name, amount in amounts.items() if amount > 0}
