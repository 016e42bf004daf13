"""What Compute Engine says of its machine types, and the Cloud Billing Catalog of their prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.offerings import InstanceType, Market
from providers.base import FamilyRate, MachinePrice, PriceAccess
from providers.gcp.client import BILLING, COMPUTE, RETRIES, open_service
from providers.gcp.errors import named
from providers.gcp.offerings import MachineOffering, machine
from providers.gcp.skus import PartPrices, part_prices

COMPUTE_ENGINE = "services/6F81-5844-456A"  # in the billing catalogue
SOURCE = "Cloud Billing Catalog"
_UNIT = Decimal("0.000001")


def open_prices(access: PriceAccess) -> GcpPrices:
    """Return Google Cloud's source of types and prices."""
    return GcpPrices(access)


class GcpPrices:
    """Machine types of Compute Engine, priced by their parts; what was read once is kept."""

    def __init__(self, access: PriceAccess) -> None:
        self._access = access
        self._machines: dict[str, list[MachineOffering]] = {}
        self._parts: dict[str, PartPrices] = {}

    def machine_types(self, region: str) -> Sequence[InstanceType]:
        """Return what the region's zones offer, together."""
        return [offering.type for offering in self._machines_in(region)]

    def prices(self, region: str) -> Sequence[MachinePrice]:
        """Return the prices of the machines of which every part has one."""
        parts, today = self._parts_in(region), datetime.now(UTC).date()
        return [
            MachinePrice(
                instance_type=offering.type.name,
                market=market,
                usd_per_hour=dollars.quantize(_UNIT),
                as_of=today,
                source=SOURCE,
                is_derived=True,
            )
            for offering in self._machines_in(region)
            for market in Market
            if (dollars := parts.price(offering, market=market)) is not None
        ]

    def family_rates(self, region: str) -> Sequence[FamilyRate]:
        """Return what a vCPU and a GiB of custom machines cost, by family."""
        return self._parts_in(region).custom_rates()

    def _compute(self) -> AbstractContextManager[tuple[Any, str]]:
        return open_service(COMPUTE, url=self._access.machines_url, project=self._access.project)

    def _billing(self) -> AbstractContextManager[tuple[Any, str]]:
        return open_service(BILLING, url=self._access.prices_url, project=self._access.project)

    def _machines_in(self, region: str) -> list[MachineOffering]:
        if region not in self._machines:
            with named("Compute Engine"), self._compute() as (compute, project):
                gpus = _by_zone(compute.acceleratorTypes(), "acceleratorTypes", project, region)
                words = {row["name"]: row.get("description", "") for _, row in gpus}
                rows = _by_zone(compute.machineTypes(), "machineTypes", project, region)
                self._machines[region] = _together(rows, words)
        return self._machines[region]

    def _parts_in(self, region: str) -> PartPrices:
        if region not in self._parts:
            with named("The Cloud Billing Catalog"), self._billing() as (billing, _):
                skus = _skus(billing.services().skus())
                self._parts[region] = part_prices(skus, region=region)
        return self._parts[region]


def _by_zone(
    collection: Any, key: str, project: str, region: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every row of the region's zones, with the zone's name."""
    request = collection.aggregatedList(project=project, maxResults=500)
    while request is not None:
        page = request.execute(num_retries=RETRIES)
        for scope, rows in page.get("items", {}).items():
            zone = scope.removeprefix("zones/")
            if zone.rpartition("-")[0] == region:
                yield from ((zone, row) for row in rows.get(key, ()))
        request = collection.aggregatedList_next(request, page)


def _together(
    rows: Iterator[tuple[str, Mapping[str, Any]]], gpu_words: Mapping[str, str]
) -> list[MachineOffering]:
    """Return one machine for each name, with all zones that have it."""
    by_name: dict[str, Mapping[str, Any]] = {}
    zones: dict[str, set[str]] = {}
    for zone, row in rows:
        # What is deprecated can still be launched; what is obsolete or deleted cannot.
        if row.get("deprecated", {}).get("state", "DEPRECATED") == "DEPRECATED":
            by_name[row["name"]] = row
            zones.setdefault(row["name"], set()).add(zone)
    return [machine(row, frozenset(zones[name]), gpu_words) for name, row in by_name.items()]


def _skus(collection: Any) -> Iterator[Mapping[str, Any]]:
    request = collection.list(parent=COMPUTE_ENGINE, currencyCode="USD", pageSize=5000)
    while request is not None:
        page = request.execute(num_retries=RETRIES)
        yield from page.get("skus", ())
        request = collection.list_next(request, page)
