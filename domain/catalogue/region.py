"""What a configuration is checked against and priced for: one region of one cloud."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.offerings import InstanceType, Prices, ProviderKind
from domain.problems import Problem

type BlockCheck = Callable[[Mapping[str, object], str], Sequence[Problem]]
"""Finds what a provider refuses in an `advanced_instance_config` that stands at a path."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionCatalogue:
    """What is known of the cloud; what is not known is taken on trust."""

    provider: ProviderKind | None = None
    region: str = ""
    types: Mapping[str, InstanceType] | None = None
    zones: frozenset[str] | None = None
    prices: Prices = field(default_factory=dict)
    check_block: BlockCheck | None = None

    def type_named(self, name: str | None) -> InstanceType | None:
        """The instance type of that name, if the cloud is known to offer it."""
        return (self.types or {}).get(name or "")


ANYWHERE = RegionCatalogue()
"""No cloud in particular: only what holds everywhere is checked."""


def target_of(
    types: Iterable[InstanceType], *, provider: ProviderKind | None = None
) -> RegionCatalogue:
    """A target that offers these types, of which no prices are known."""
    return RegionCatalogue(provider=provider, types={one.name: one for one in types})
