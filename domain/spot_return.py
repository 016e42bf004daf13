"""Which on-demand nodes of a group that prefers spot go back to spot, and what that gains."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.cooldowns import CapacityPool, why_cold
from domain.objective import Objective, spot_extra_usd
from domain.offerings import Market, Prices
from domain.wording import price

LEAST_GAIN_USD = Decimal(1)
"""What a return must save at least: less is not worth the disruption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCandidate:
    """A ready on-demand node of a group that prefers spot."""

    name: str
    label: str  # for people
    instance_type: str
    hourly_usd: Decimal | None  # None: unknown
    ready_at: datetime
    threshold: timedelta  # its group's `replacement_threshold`
    is_idle: bool
    may_disturb: bool = False  # the group's consolidation is `act`


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A node to drain so that spot takes its place."""

    node: str
    gain_usd: Decimal  # over the hours that it is expected to go on
    sentence: str


def returns(
    nodes: Sequence[SpotCandidate],
    prices: Prices,
    now: datetime,
    *,
    zones: Collection[str],
    cold: Mapping[CapacityPool, str],
    last_hour: datetime | None = None,
    objective: Objective = Objective.COST,
) -> list[Return]:
    """Return the nodes that go back to spot, those that gain the most first.

    A node is expected to go on for as long as it has been up, at most until `last_hour`, when its
    cluster ends. Spot must be cheaper by more than $1 over that time and not cool down in every
    zone, and the objective must find it worth that, or the next plan would undo it. A busy node
    goes only where its group may be disturbed.
    """
    found = [
        proposal
        for node in nodes
        if (proposal := _proposal(node, prices, now, zones, cold, last_hour, objective))
    ]
    return sorted(found, key=lambda one: (-one.gain_usd, one.node))


def _proposal(
    node: SpotCandidate,
    prices: Prices,
    now: datetime,
    zones: Collection[str],
    cold: Mapping[CapacityPool, str],
    last_hour: datetime | None,
    objective: Objective,
) -> Return | None:
    if now - node.ready_at < node.threshold or not (node.is_idle or node.may_disturb):
        return None
    spot = prices.get((node.instance_type, Market.SPOT))
    if spot is None or node.hourly_usd is None or _is_cold(node.instance_type, zones, cold):
        return None
    hours = expected_hours(node.ready_at, now, last_hour=last_hour)
    gain = (node.hourly_usd - spot) * hours
    extra = spot_extra_usd(objective, on_demand_usd=float(node.hourly_usd))
    if gain - Decimal(str(extra)) * hours <= LEAST_GAIN_USD:
        return None
    return Return(node=node.name, gain_usd=gain, sentence=_sentence(node, spot, hours, gain))


def expected_hours(ready_at: datetime, now: datetime, *, last_hour: datetime | None) -> Decimal:
    """Return for how long a node will go on: as long again as so far, or until the end."""
    left = now - ready_at
    if last_hour is not None:
        left = min(left, max(last_hour - now, timedelta(0)))
    return Decimal(int(left.total_seconds())) / 3600


def _is_cold(instance_type: str, zones: Collection[str], cold: Mapping[CapacityPool, str]) -> bool:
    return all(
        why_cold(cold, instance_type=instance_type, market=Market.SPOT, zone=zone)
        for zone in zones or [""]
    )


def _sentence(node: SpotCandidate, spot: Decimal, hours: Decimal, gain: Decimal) -> str:
    on_demand = node.hourly_usd or Decimal(0)
    state = "idle" if node.is_idle else "busy, drained under its group's disruption budget"
    return (
        f"{node.label} returns to spot ({state}): {node.instance_type} costs {price(spot)}/h "
        f"as spot instead of {price(on_demand)}/h, ${gain:.2f} less over the {hours:.1f} h it "
        "is expected to keep running."
    )
