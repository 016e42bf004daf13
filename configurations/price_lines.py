"""What a configuration costs, line by line and in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.estimate import HOURS_A_MONTH, Estimate
from domain.pricing import microusd
from domain.wording import usd


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One line: an hour and a month of it, in words."""

    label: str
    hour: str
    month: str


def lines_of(found: Estimate) -> list[PriceLine]:
    """Return what is known of the price; nothing where the limits contradict each other."""
    if found.least is not None and found.most is not None and found.least > found.most:
        return []
    lines = (
        ("Minimum", found.least),
        ("At launch", found.at_launch),
        ("Maximum", found.most),
        ("Of which spare nodes (max)", found.spare),
    )
    return [_line(label, usd) for label, usd in lines if usd is not None]


def _line(label: str, hourly: Decimal) -> PriceLine:
    month = usd(microusd(hourly * HOURS_A_MONTH), places=0 if hourly >= 1 else 2)
    return PriceLine(label=label, hour=usd(microusd(hourly)), month=month)
