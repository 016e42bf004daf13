"""What can be rented in a cloud's region: types, zones and prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from clouds import facts
from clouds.drivers import driver_for
from clouds.models import Cloud
from domain.offerings import InstanceType, Market, Offering, Prices, ProviderKind, type_of
from domain.shapes import shape_type
from providers.base import ProviderError


def types_in(cloud: Cloud) -> Mapping[str, InstanceType] | None:
    """Return what the cloud's region offers, by name; None where nobody knows."""
    kind = ProviderKind(cloud.provider)
    if facts.regions(kind):
        return facts.types(kind, cloud.region)
    if cloud.shapes:
        return {name: shape for name in cloud.shapes if (shape := shape_type(name))}
    offered = _offered(cloud)
    return None if offered is None else {o.instance_type: type_of(o) for o in offered}


def zones_in(cloud: Cloud) -> frozenset[str] | None:
    """Return the zones of the cloud's region; None where nobody knows."""
    kind = ProviderKind(cloud.provider)
    if facts.regions(kind):
        return None  # the built-in catalogue has no full list of zones by name
    zones = {offering.zone for offering in _offered(cloud) or ()} - {""}
    return frozenset(zones) or None


def prices_in(cloud: Cloud) -> Prices:
    """Return the region's prices in dollars an hour; what is unknown is left out."""
    kind = ProviderKind(cloud.provider)
    if facts.regions(kind):
        return facts.dollars(kind, cloud.region)
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
