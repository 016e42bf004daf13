"""Who says what a machine costs, and of which day that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clouds import catalogue
from clouds.models import Cloud
from domain.catalogue.search import Advice, Found
from domain.offerings import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOrigin:
    """Where a price is from; without a date, it is of now."""

    source: str
    quality: str = ""  # listed, derived, or cloud: the cloud itself said so
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A machine that was found, with the sources of its two prices; None where there is none."""

    found: Found
    on_demand: PriceOrigin | None
    spot: PriceOrigin | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedAdvice:
    """A way to serve a need, with the source of its price."""

    way: Advice
    source: PriceOrigin | None

    @property
    def kind(self) -> str:
        """Return what the price is called."""
        return "Spot price" if self.way.market is Market.SPOT else "List price"


RATE_CARD = PriceOrigin(source="Rate card")
OWN_LIST = PriceOrigin(source="Cloud list prices", quality="cloud")
type Sources = Callable[[str, Market, Decimal | None], PriceOrigin | None]


def priced(found: Iterable[Found], source: Sources) -> list[Priced]:
    """Return the machines with who says what they cost."""
    return [
        Priced(
            found=one,
            on_demand=source(one.machine.name, Market.ON_DEMAND, one.on_demand),
            spot=source(one.machine.name, Market.SPOT, one.spot),
        )
        for one in found
    ]


def priced_advice(ways: Iterable[Advice], source: Sources) -> list[PricedAdvice]:
    """Return the ways with who says what their machines cost."""
    return [
        PricedAdvice(
            way=way,
            source=source(way.found.machine.name, way.market, way.hourly_usd / way.machines),
        )
        for way in ways
    ]


def sources_of(cloud: Cloud | None) -> Sources:
    """Return what tells of a type, a market and a price who says so; None of what is unknown."""
    if cloud is None:
        return lambda _name, _market, _usd: None
    listed = catalogue.price_list(cloud)
    # Only a driver names prices of clouds without a list.
    own = {} if listed else catalogue.prices_in(cloud)

    def find(name: str, market: Market, usd: Decimal | None) -> PriceOrigin | None:
        if usd is None:
            return None
        fact = listed.get((name, market))
        if fact is not None:
            return PriceOrigin(source=fact.source, quality=fact.quality, as_of=fact.as_of)
        return RATE_CARD if own.get((name, market)) is None else OWN_LIST

    return find
