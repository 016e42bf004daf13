"""What EC2 says of its machine types, and AWS of their prices."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from domain.offerings import InstanceType, Market
from providers.aws.account import AwsAccount, read_credentials
from providers.aws.client import Clients, open_client
from providers.aws.errors import named
from providers.aws.offerings import machine_type
from providers.base import FamilyRate, MachinePrice, PriceAccess

PRICING_REGION = "us-east-1"  # where the price lists of all regions are
LISTED, SPOT = "EC2 price list", "EC2 spot price history"
_FILTERS = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


class OpenClient(Protocol):
    """Opens the client of a service in a region."""

    def __call__(self, service: str, *, region: str, url: str = "") -> AbstractContextManager[Any]:
        """Return a client that is closed, if need be, when the block ends."""
        ...


def open_prices(access: PriceAccess) -> AwsPrices:
    """Return AWS's source of types and prices; raises `InvalidRequest` for wrong credentials."""
    if not access.credentials:
        return AwsPrices(access)
    signed_in = read_credentials(access.credentials)
    account = AwsAccount(region=PRICING_REGION, credentials=signed_in)
    return AwsPrices(access, client=Clients(account).borrowed)


class AwsPrices:
    """Machine types and prices of EC2; `client` opens the client of a service in a region."""

    def __init__(self, access: PriceAccess, *, client: OpenClient = open_client) -> None:
        self._access, self._open = access, client

    def machine_types(self, region: str) -> Sequence[InstanceType]:
        """Return what the region offers, with the names of its zones in this account."""
        with named("EC2"), self._machines(region) as ec2:
            zones = defaultdict(set)
            parameters = {"LocationType": "availability-zone"}
            for row in _pages(
                ec2, "describe_instance_type_offerings", "InstanceTypeOfferings", parameters
            ):
                zones[row["InstanceType"]].add(row["Location"])
            rows = _pages(ec2, "describe_instance_types", "InstanceTypes", {})
            return [
                machine_type(row, zones=frozenset(zones[row["InstanceType"]]))
                for row in rows
                if row["InstanceType"] in zones
            ]

    def prices(self, region: str) -> Sequence[MachinePrice]:
        """Return the list prices, and of spot the newest of each zone with the least of them."""
        return [*self._listed(region), *self._spot(region)]

    def family_rates(self, region: str) -> Sequence[FamilyRate]:  # noqa: ARG002 - EC2 has none
        """Return nothing: EC2 has no custom machines."""
        return ()

    def _machines(self, region: str) -> AbstractContextManager[Any]:
        return self._open("ec2", region=region, url=self._access.machines_url)

    def _price_lists(self) -> AbstractContextManager[Any]:
        return self._open("pricing", region=PRICING_REGION, url=self._access.prices_url)

    def _listed(self, region: str) -> list[MachinePrice]:
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in {**_FILTERS, "regionCode": region}.items()
        ]
        parameters = {"ServiceCode": "AmazonEC2", "Filters": filters}
        with named("AWS's price list"), self._price_lists() as price_lists:
            products = map(json.loads, _pages(price_lists, "get_products", "PriceList", parameters))
            return list(_list_prices(products))

    def _spot(self, region: str) -> list[MachinePrice]:
        parameters = {
            "ProductDescriptions": ["Linux/UNIX"],
            "StartTime": datetime.now(UTC) - timedelta(hours=1),
        }
        with named("EC2"), self._machines(region) as ec2:
            history = _pages(ec2, "describe_spot_price_history", "SpotPriceHistory", parameters)
            return list(_spot_prices(history))


def _pages(client: Any, call: str, key: str, asked: Mapping[str, Any]) -> Iterator[Any]:
    for page in client.get_paginator(call).paginate(**asked):
        yield from page[key]


def _list_prices(products: Iterable[Mapping[str, Any]]) -> Iterator[MachinePrice]:
    by_type: dict[str, set[Decimal]] = defaultdict(set)
    for product in products:
        attributes = product["product"]["attributes"]
        # Capacity blocks are sold at a price of their own, days in advance.
        if attributes.get("marketoption", "OnDemand") == "OnDemand":
            by_type[attributes.get("instanceType", "")].update(_hourly(product))
    for name, prices in by_type.items():
        # Two prices for one machine: which of them holds is not known.
        if name and len(prices) == 1:
            yield _price(name, Market.ON_DEMAND, prices.pop(), source=LISTED)


def _hourly(product: Mapping[str, Any]) -> Iterator[Decimal]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            dollars = Decimal(dimension["pricePerUnit"].get("USD", "0"))
            if dimension["unit"] == "Hrs" and dollars > 0:
                yield dollars


def _spot_prices(history: Iterable[Mapping[str, Any]]) -> Iterator[MachinePrice]:
    newest: dict[tuple[str, str], tuple[datetime, Decimal]] = {}
    for row in history:
        key = row["InstanceType"], row["AvailabilityZone"]
        quote = row["Timestamp"], Decimal(row["SpotPrice"])
        newest[key] = max(quote, newest.get(key, quote))
    least: dict[str, Decimal] = {}
    for (name, zone), (_, dollars) in newest.items():
        if dollars > 0:
            yield _price(name, Market.SPOT, dollars, zone=zone, source=SPOT)
            least[name] = min(dollars, least.get(name, dollars))
    for name, dollars in least.items():
        yield _price(name, Market.SPOT, dollars, source=SPOT)


def _price(
    name: str, market: Market, dollars: Decimal, *, zone: str = "", source: str
) -> MachinePrice:
    return MachinePrice(
        instance_type=name,
        market=market,
        zone=zone,
        usd_per_hour=dollars,
        as_of=datetime.now(UTC).date(),
        source=source,
    )
