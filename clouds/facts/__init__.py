"""The catalog that comes with Mobula: machine types, zones and prices, from files, read once.

PROVENANCE.md beside the files says where each number is from.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from clouds.facts.custom import Rate, Rates, WithCustomPrices, WithCustomTypes
from domain.catalogue.accelerators import NEURON_CORES, NO_ACCELERATOR, AcceleratorFields, neuron
from domain.catalogue.provider import CatalogueFiles
from domain.catalogue.region import RegionCatalogue
from domain.offerings import InstanceType, Market, Prices, ProviderKind
from providers.registry import traits_of

GIB = 2**30
_HERE = Path(__file__).parent
# EC2's oldest families are not chosen unless named: AWS lists them as previous generation, and
# newer ones give more for the money [EC2 user guide, previous generation instances].
_OLDEST = {"c1", "m1", "m2", "t1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a machine costs in dollars an hour, and who says so."""

    usd_per_hour: Decimal
    source: str
    quality: str  # listed, derived, or cloud: the cloud itself said so
    as_of: date | None


type PriceList = Mapping[tuple[str, Market], Price]


@cache
def regions(provider: ProviderKind) -> tuple[str, ...]:
    """Return the regions of which there are facts; none for providers without a catalog."""
    files = traits_of(provider).files
    return tuple(sorted({row["region"] for row in _rows(files.offerings)})) if files else ()


@cache
def types(provider: ProviderKind, region: str) -> Mapping[str, InstanceType] | None:
    """Return the machine types that a region offers, by name; None where nothing is known."""
    files = traits_of(provider).files
    offered = dict(_offered(files, region)) if files else {}
    if files is None or not offered:
        return None
    priced = prices(provider, region)
    spot = {name for name, market in priced if market is Market.SPOT}
    # Lists of zones leave bare metal out; what has a price is sold.
    names = offered.keys() | {name for name, _ in priced}
    zones = offered if files.zones_of_types else {}
    by_name = {
        name: _type(row, name, zones=zones.get(name), has_spot=name in spot)
        for row in _rows(files.types)
        if (name := row[files.name]) in names
    }
    custom = traits_of(provider).custom_type
    return WithCustomTypes(by_name, rates(provider, region), custom) if custom else by_name


@cache
def prices(provider: ProviderKind, region: str) -> PriceList:
    """Return the region's prices by type and market; what is unknown is left out."""
    files = traits_of(provider).files
    if files is None:
        return {}
    return {
        (row[files.name], Market(row["market"])): Price(
            usd_per_hour=Decimal(row["usd_per_hour"]),
            source=row["source"],
            quality=row["quality"],
            as_of=date.fromisoformat(row["as_of"]) if row["as_of"] else None,
        )
        for row in _rows(files.prices)
        if row["region"] == region
    }


def target_of_facts(provider: ProviderKind, *, region: str) -> RegionCatalogue:
    """Return what the built-in catalog knows of a region, without any cloud account."""
    return RegionCatalogue(
        traits=traits_of(provider),
        region=region,
        types=types(provider, region),
        prices=dollars(provider, region),
    )


@cache
def dollars(provider: ProviderKind, region: str) -> Prices:
    """Return the region's prices as numbers alone; custom machine types are priced too."""
    custom = traits_of(provider).custom_type
    amounts = {key: price.usd_per_hour for key, price in prices(provider, region).items()}
    return WithCustomPrices(amounts, rates(provider, region), custom) if custom else amounts


@cache
def rates(provider: ProviderKind, region: str) -> Rates:
    """Return what custom machine types cost in a region, by family, if there are any."""
    files = traits_of(provider).files
    if files is None or not files.rates:
        return {}
    return {
        row["family"]: Rate(
            usd_per_vcpu=Decimal(row["usd_per_vcpu"]),
            usd_per_gib=Decimal(row["usd_per_gib"]),
            spot_usd_per_vcpu=Decimal(row["spot_usd_per_vcpu"] or 0),
            spot_usd_per_gib=Decimal(row["spot_usd_per_gib"] or 0),
        )
        for row in _rows(files.rates)
        if row["region"] == region and row["kind"] == "custom"
    }


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _offered(files: CatalogueFiles, region: str) -> Iterator[tuple[str, frozenset[str]]]:
    for row in _rows(files.offerings):
        if row["region"] == region:
            yield row[files.name], frozenset(row["zones"].split())


def _accelerator(row: Mapping[str, str]) -> AcceleratorFields:
    """Return accelerators that are no GPUs, where Ray counts them."""
    name, count = row["accelerator_other"], float(row["accelerator_other_count"] or 0)
    if name in NEURON_CORES:
        return neuron(count * NEURON_CORES[name])
    if name.startswith("TPU-"):
        return AcceleratorFields(accelerator=name, accelerator_units=count)
    return NO_ACCELERATOR


def _type(
    row: Mapping[str, str], name: str, *, zones: frozenset[str] | None, has_spot: bool
) -> InstanceType:
    says_spot = "spot_supported" in row
    return InstanceType(
        name=name,
        vcpus=float(row["vcpus"]),
        memory_bytes=round(float(row["memory_gib"]) * GIB),
        gpus=float(row["gpus"] or 0),
        gpu_model=row["gpu_model"],
        gpu_memory_bytes=round(float(row["gpu_memory_gib"] or 0) * GIB),
        **_accelerator(row),
        family=row["family"],
        arch=row["arch"],
        burstable="true" in {row.get("burstable"), row.get("shared_core")},
        is_current=row.get("current_generation") != "false" or row["family"] not in _OLDEST,
        zones=zones or None,
        has_spot=row["spot_supported"] == "true" if says_spot else has_spot,
        has_efa=row.get("efa") == "true",
        can_cluster=row.get("placement_group_cluster", "true") == "true",
        local_disk_bytes=round(float(row.get("local_nvme_gb") or 0) * 10**9),
        network_gbps=float(row["network_gbps"]) if row.get("network_gbps") else None,
    )
