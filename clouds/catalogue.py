"""What can be rented in a cloud's region: types, zones and prices."""

from __future__ import annotations

from decimal import Decimal

from clouds.drivers import driver_for
from clouds.models import Cloud
from domain.offerings import InstanceType, Market, Offering, Prices, type_of
from providers.base import ProviderError


def types_in(cloud: Cloud) -> dict[str, InstanceType] | None:
    """Return what the cloud's region offers, by name; None where nobody knows."""
    offered = _offered(cloud)
    return None if offered is None else {o.instance_type: type_of(o) for o in offered}


def zones_in(cloud: Cloud) -> frozenset[str] | None:
    """Return the zones of the cloud's region; None where nobody knows."""
    zones = {offering.zone for offering in _offered(cloud) or ()} - {""}
    return frozenset(zones) or None


def prices_in(cloud: Cloud) -> Prices:
    """Return the region's prices in dollars an hour; what is unknown is left out."""
    return {
        (offering.instance_type, Market(offering.market)): offering.hourly_usd
        for offering in _offered(cloud) or ()
        if offering.hourly_usd is not None
    }


def price_in(cloud: Cloud, instance_type: str, *, market: Market) -> Decimal | None:
    """Return what one machine costs in dollars an hour, or None where the cloud does not say."""
    return prices_in(cloud).get((instance_type, market))


def _offered(cloud: Cloud) -> list[Offering] | None:
    try:
        return list(driver_for(cloud).offerings(cloud.region))
    except ProviderError:
        return None  # the cloud is away: its types are taken on trust
