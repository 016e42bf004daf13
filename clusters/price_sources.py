"""Who says what a machine costs, and of which day that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clouds import catalogue, facts
from clouds.models import Cloud
from domain.offerings import Market, ProviderKind
from domain.search import Advice, Found


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSource:
    """Where a price is from; without a date, it is of now."""

    source: str
    quality: str = ""  # listed, derived, or cloud: the cloud itself said so
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A machine that was found, with the sources of its two prices; None where there is none."""

    found: Found
    on_demand: PriceSource | None
    spot: PriceSource | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedAdvice:
    """A way to serve a need, with the source of its price."""

    way: Advice
    source: PriceSource | None


RATE_CARD = PriceSource(source="Rate card")
OWN_LIST = PriceSource(source="The cloud's own prices", quality="cloud")
type _Find = Callable[[str, Market, Decimal | None], PriceSource | None]


def priced(found: Iterable[Found], cloud: Cloud | None) -> list[Priced]:
    """Return the machines with who says what they cost."""
    source = _finder(cloud)
    return [
        Priced(
            found=one,
            on_demand=source(one.machine.name, Market.ON_DEMAND, one.on_demand),
            spot=source(one.machine.name, Market.SPOT, one.spot),
        )
        for one in found
    ]


def priced_advice(ways: Iterable[Advice], cloud: Cloud | None) -> list[PricedAdvice]:
    """Return the ways with who says what their machines cost."""
    source = _finder(cloud)
    return [
        PricedAdvice(
            way=way,
            source=source(way.found.machine.name, way.market, way.hourly_usd / way.machines),
        )
        for way in ways
    ]


def _finder(cloud: Cloud | None) -> _Find:
    if cloud is None:
        return lambda _name, _market, _usd: None
    listed = facts.prices(ProviderKind(cloud.provider), cloud.region)
    own = catalogue.prices_in(cloud)

    def find(name: str, market: Market, usd: Decimal | None) -> PriceSource | None:
        if usd is None:
            return None
        fact = listed.get((name, market))
        # After a refresh the cloud's word holds: the list's source would be the wrong one.
        if fact is not None and fact.usd_per_hour == usd:
            return PriceSource(source=fact.source, quality=fact.quality, as_of=fact.as_of)
        return RATE_CARD if own.get((name, market)) is None else OWN_LIST

    return find
