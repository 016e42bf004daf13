"""What a cloud's region offers: types, zones and prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from clouds import facts
from clouds.drivers import driver_for
from clouds.facts import PriceList
from clouds.models import CataloguePrice, Cloud
from clouds.region_facts import Known, known_since
from domain.catalogue.pod_shapes import shape_type
from domain.offerings import InstanceType, Market, Offering, Prices, ProviderKind, type_of
from providers.base import ProviderError


def types_in(cloud: Cloud) -> Mapping[str, InstanceType] | None:
    """Return what the cloud's region offers, by name; None where it is unknown."""
    if (known := _known(cloud)) is not None:
        return known.types
    if cloud.shapes:
        return {name: shape for name in cloud.shapes if (shape := shape_type(name))}
    offered = _offered(cloud)
    return None if offered is None else {o.instance_type: type_of(o) for o in offered}


def zones_in(cloud: Cloud) -> frozenset[str] | None:
    """Return the zones of the cloud's region; None where it is unknown."""
    if (known := _known(cloud)) is not None:
        return known.zones
    zones = {offering.zone for offering in _offered(cloud) or ()} - {""}
    return frozenset(zones) or None


def prices_in(cloud: Cloud) -> Prices:
    """Return the region's prices in dollars an hour; what is unknown is left out."""
    if (known := _known(cloud)) is not None:
        return known.dollars
    return {
        (offering.instance_type, Market(offering.market)): offering.hourly_usd
        for offering in _offered(cloud) or ()
        if offering.hourly_usd is not None
    }


def price_list(cloud: Cloud) -> PriceList:
    """Return the sources and dates of prices; only a catalog has them."""
    known = _known(cloud)
    return {} if known is None else known.prices


def price_in(cloud: Cloud, instance_type: str, *, market: Market) -> Decimal | None:
    """Return what one machine costs in dollars an hour, or None where the cloud does not say."""
    return prices_in(cloud).get((instance_type, market))


def _known(cloud: Cloud) -> Known | None:
    kind = ProviderKind(cloud.provider)
    if not facts.regions(kind):
        return None  # neither files nor rows tell of such clouds: the driver does
    return known_since(kind, cloud.region, cloud.newest_refresh)


def _offered(cloud: Cloud) -> list[Offering] | None:
    try:
        return list(driver_for(cloud).offerings(cloud.region))
    except ProviderError:
        return None  # the cloud is away: its types are taken on trust


def price_in_zone(cloud: Cloud, instance_type: str, *, market: Market, zone: str) -> Decimal | None:
    """Return what one machine costs in dollars an hour in a zone, else anywhere in the region."""
    rows = CataloguePrice.objects.filter(
        provider=cloud.provider, region=cloud.region, instance_type=instance_type, market=market
    )
    own = rows.filter(zone=zone).exclude(zone="").values_list("usd_per_hour", flat=True).first()
    return price_in(cloud, instance_type, market=market) if own is None else own
