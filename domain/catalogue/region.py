"""What a configuration is checked against and priced for: one region of one cloud."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.catalogue.provider import ANY_PROVIDER, ProviderTraits
from domain.offerings import InstanceType, Prices, ProviderKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionCatalogue:
    """What is known of the cloud; what is not known is taken on trust."""

    traits: ProviderTraits = ANY_PROVIDER
    region: str = ""
    types: Mapping[str, InstanceType] | None = None
    zones: frozenset[str] | None = None
    prices: Prices = field(default_factory=dict)

    @property
    def provider(self) -> ProviderKind | None:
        """Whose cloud it is; None of no cloud in particular."""
        return self.traits.kind

    def type_named(self, name: str | None) -> InstanceType | None:
        """The instance type of that name, if the cloud is known to offer it."""
        return (self.types or {}).get(name or "")


ANYWHERE = RegionCatalogue()
"""No cloud in particular: only what holds everywhere is checked."""


def target_of(
    types: Iterable[InstanceType], *, traits: ProviderTraits = ANY_PROVIDER
) -> RegionCatalogue:
    """A target that offers these types, of which no prices are known."""
    return RegionCatalogue(traits=traits, types={machine.name: machine for machine in types})
