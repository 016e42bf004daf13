"""A price source for tests that says what it is told to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from clouds.models import (
    CatalogueRefresh,
)
from domain.offerings import InstanceType, Market
from providers.base import (
    FamilyRate,
    MachinePrice,
    PriceAccess,
    ProviderError,
)

TODAY = date(2026, 11, 25)
REGION = "us-east-1"
M5, ON_DEMAND, SPOT = "m5.2xlarge", Market.ON_DEMAND, Market.SPOT
type Refreshed = Callable[[], CatalogueRefresh]


@dataclass
class ToldSource:
    """The cloud, as a test wants it."""

    types: list[InstanceType] = field(default_factory=list)
    charged: list[MachinePrice] = field(default_factory=list)
    rates: list[FamilyRate] = field(default_factory=list)
    error: ProviderError | None = None
    asked: int = 0

    def machine_types(self, region: str) -> Sequence[InstanceType]:  # noqa: ARG002 - any
        """Return the types, or raise what the test wants."""
        self.asked += 1
        return self.types

    def prices(self, region: str) -> Sequence[MachinePrice]:  # noqa: ARG002 - any
        """Return the prices; an error comes after the types were read."""
        if self.error:
            raise self.error
        return self.charged

    def family_rates(self, region: str) -> Sequence[FamilyRate]:  # noqa: ARG002 - any
        """Return the rates of custom machines."""
        return self.rates


SOURCE = ToldSource()


def open_told(access: PriceAccess) -> ToldSource:
    """Return the one source of this process."""
    return SOURCE


def a_type(name: str, *zones: str) -> InstanceType:
    """Return a small machine of that name."""
    return InstanceType(
        name=name, vcpus=2, memory_bytes=2**33, family="m5", zones=frozenset(zones or {"z-a"})
    )


def a_price(
    name: str, dollars: str, *, market: Market = Market.ON_DEMAND, zone: str = ""
) -> MachinePrice:
    """Return what the cloud charges for that machine."""
    return MachinePrice(
        instance_type=name,
        market=market,
        zone=zone,
        usd_per_hour=Decimal(dollars),
        as_of=TODAY,
        source="EC2 price list",
    )
