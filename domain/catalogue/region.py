"""What a configuration is checked against and priced for: one region of one cloud."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.catalogue.provider import ANY_PROVIDER, ProviderTraits
from domain.offerings import InstanceType, Market, Prices, ProviderKind
from domain.pricing import RateCard, hourly_usd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionCatalogue:
    """What is known of the cloud; what is not known is taken on trust."""

    traits: ProviderTraits = ANY_PROVIDER
    region: str = ""
    types: Mapping[str, InstanceType] | None = None
    zones: frozenset[str] | None = None
    connected_zones: frozenset[str] = frozenset()  # in which the account has subnets; none: in all
    prices: Prices = field(default_factory=dict)
    card: RateCard | None = None  # what machines of any size cost, by their resources

    @property
    def provider(self) -> ProviderKind | None:
        """Whose cloud it is; None of no cloud in particular."""
        return self.traits.kind

    def type_named(self, name: str | None) -> InstanceType | None:
        """The instance type of that name, if the cloud is known to offer it."""
        return (self.types or {}).get(name or "")

    def usd_of(self, machine: InstanceType, *, market: Market) -> Decimal | None:
        """What one machine costs an hour; None if unknown.

        A machine made to measure has no list price. A rate card knows no markets: as spot, it
        costs what it always costs.
        """
        price = self.prices.get((machine.name, market))
        if price is not None or self.card is None or self.type_named(machine.name):
            return price
        if machine.accelerator_units:  # the card has no price of those
            return None
        size = {"vcpus": machine.vcpus, "gpus": machine.gpus}
        return hourly_usd(self.card, memory_bytes=machine.memory_bytes, **size)


ANYWHERE = RegionCatalogue()
"""No cloud in particular: only what holds everywhere is checked."""


def target_of(
    types: Iterable[InstanceType], *, traits: ProviderTraits = ANY_PROVIDER
) -> RegionCatalogue:
    """A target that offers these types, of which no prices are known."""
    return RegionCatalogue(traits=traits, types={machine.name: machine for machine in types})
