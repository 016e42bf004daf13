"""What is known of a region: what the cloud itself said, before the files that come with Mobula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import lru_cache

from django.db.models import Max

from clouds import facts
from clouds.facts.custom import Rate, Rates, WithCustomPrices, WithCustomTypes
from clouds.models import (
    CataloguePrice,
    CatalogueRate,
    CatalogueRefresh,
    CatalogueType,
    RefreshState,
)
from domain.offerings import InstanceType, Market, Prices, ProviderKind
from providers import registry

# The quality of a price that the cloud itself said, or said of each part of a machine.
FROM_CLOUD, FROM_PARTS = "cloud", "cloud parts"
_COLUMNS = [field.name for field in fields(InstanceType)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A region's machines and prices; `zones` None without a full list of names."""

    types: Mapping[str, InstanceType] | None
    prices: facts.PriceList
    dollars: Prices
    zones: frozenset[str] | None = None


def newest_refreshes() -> dict[tuple[str, str], int]:
    """Return the last refresh that was done, by provider and region."""
    done = CatalogueRefresh.objects.filter(state=RefreshState.DONE)
    rows = done.values_list("provider", "region").annotate(newest=Max("pk"))
    return {(provider, region): newest for provider, region, newest in rows}


@lru_cache(maxsize=32)
def known_since(kind: ProviderKind, region: str, refresh: int | None) -> Known:
    """Return what is known since that refresh; a process reads a region's rows once for each."""
    if refresh is None:
        return Known(
            types=facts.types(kind, region),
            prices=facts.prices(kind, region),
            dollars=facts.dollars(kind, region),
        )
    types = _types(kind, region)
    prices = _prices(kind, region, types)
    dollars = {key: price.usd_per_hour for key, price in prices.items()}
    zones = frozenset(
        zone for instance_type in types.values() for zone in instance_type.zones or ()
    )
    custom = registry.traits_of(kind).custom_type
    if custom is None:
        return Known(types=types, prices=prices, dollars=dollars, zones=zones)
    rates = _rates(kind, region)
    return Known(
        types=WithCustomTypes(types, rates, custom),
        prices=prices,
        dollars=WithCustomPrices(dollars, rates, custom),
        zones=zones,
    )


def _types(kind: ProviderKind, region: str) -> dict[str, InstanceType]:
    built_in = facts.types(kind, region) or {}
    rows = CatalogueType.objects.filter(provider=kind.value, region=region).order_by("name")
    return {row.name: _filled(_type(row), built_in.get(row.name)) for row in rows}


def _type(row: CatalogueType) -> InstanceType:
    columns = {name: getattr(row, name) for name in _COLUMNS}
    return InstanceType(**columns | {"zones": frozenset(row.zones)})


def _filled(said: InstanceType, built_in: InstanceType | None) -> InstanceType:
    """Return the type as the cloud says it, with what only the files know besides."""
    if built_in is None:
        return said
    return replace(
        said,
        gpu_memory_bytes=said.gpu_memory_bytes or (built_in.gpu_memory_bytes if said.gpus else 0),
        accelerator=said.accelerator or built_in.accelerator,
        accelerator_units=said.accelerator_units or built_in.accelerator_units,
        burstable=said.burstable or built_in.burstable,
        is_current=said.is_current and built_in.is_current,
        network_gbps=said.network_gbps or built_in.network_gbps,
    )


def _prices(
    kind: ProviderKind, region: str, types: Mapping[str, InstanceType]
) -> dict[tuple[str, Market], facts.Price]:
    rows = CataloguePrice.objects.filter(provider=kind.value, region=region, zone="")
    from_cloud = {
        (row.instance_type, Market(row.market)): facts.Price(
            usd_per_hour=_short(row.usd_per_hour),
            source=row.source,
            quality=row.quality,
            as_of=row.as_of,
        )
        for row in rows
    }
    built_in = facts.prices(kind, region)
    # What the region does not sell any more has no price either.
    return {key: price for key, price in {**built_in, **from_cloud}.items() if key[0] in types}


def _short(dollars: Decimal) -> Decimal:
    return dollars.normalize() + Decimal(0)  # without the column's zeros, and never as 1E+1


def _rates(kind: ProviderKind, region: str) -> Rates:
    rows = CatalogueRate.objects.filter(provider=kind.value, region=region)
    from_cloud = {
        row.family: Rate(
            usd_per_vcpu=row.usd_per_vcpu,
            usd_per_gib=row.usd_per_gib,
            spot_usd_per_vcpu=row.spot_usd_per_vcpu or Decimal(0),
            spot_usd_per_gib=row.spot_usd_per_gib or Decimal(0),
        )
        for row in rows
    }
    return {**facts.rates(kind, region), **from_cloud}
