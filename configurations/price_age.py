"""Of which day the prices are that an estimate is made of, and whether that is long ago."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from clouds import catalogue
from clouds.models import Cloud
from domain.configuration.spec import ComputeConfig, MarketType
from domain.offerings import Market

LIST_PRICE_DAYS = 90
"""List prices change a few times a year; older ones are shown with a warning."""
SPOT_PRICE_DAYS = 14
"""Spot prices move with demand, so that they are old much sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAge:
    """The oldest price of each market that a configuration uses, in words."""

    words: str
    is_old: bool = False


def price_ages(config: ComputeConfig, cloud: Cloud | None, *, today: date) -> list[PriceAge]:
    """Return who says what the configuration's machines cost, and since when."""
    if cloud is None:
        return []
    listed = catalogue.price_list(cloud)
    if not listed:
        own = catalogue.prices_in(cloud)
        source = "List price of the cloud, now" if own else "Rate card"
        return [PriceAge(words=source)]
    days: dict[Market, date] = {}
    for name, market in _bought(config):
        price = listed.get((name, market))
        if price is not None and price.as_of is not None:
            days[market] = min(price.as_of, days.get(market, price.as_of))
    return [_age(market, days[market], today) for market in Market if market in days]


def _bought(config: ComputeConfig) -> Iterator[tuple[str, Market]]:
    """The types that the configuration names, with the markets on which it buys them."""
    if config.head_node and config.head_node.instance_type:
        yield config.head_node.instance_type, Market.ON_DEMAND
    for group in config.groups:
        if group.instance_type and group.market_type is not MarketType.SPOT:
            yield group.instance_type, Market.ON_DEMAND
        if group.instance_type and group.market_type is not MarketType.ON_DEMAND:
            yield group.instance_type, Market.SPOT


_KINDS = {
    Market.ON_DEMAND: ("List price", LIST_PRICE_DAYS),
    Market.SPOT: ("Spot price", SPOT_PRICE_DAYS),
}


def _age(market: Market, day: date, today: date) -> PriceAge:
    name, most = _KINDS[market]
    words = f"{name}, {day:%b} {day.day} {day.year}"
    if today - day <= timedelta(days=most):
        return PriceAge(words=words)
    return PriceAge(words=f"{words}: {(today - day).days} days old", is_old=True)
