"""The catalog that a command validates and prices against, if any."""

import argparse
from typing import TYPE_CHECKING

from domain.offerings import ProviderKind

if TYPE_CHECKING:
    from domain.catalogue.provider import ProviderTraits
    from domain.catalogue.region import RegionCatalogue

PROVIDERS = tuple(kind.value for kind in ProviderKind if kind is not ProviderKind.FAKE)
THIS_MACHINE = ProviderKind.LOCAL.value


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a provider and its region."""
    parser.add_argument("--provider", choices=PROVIDERS, help="validate against this provider")
    parser.add_argument("--region", help="its region; default: the provider's default region")


def target_of_options(arguments: argparse.Namespace) -> "RegionCatalogue":
    """Return the target that the options name; without a provider, none in particular.

    Raises ValueError when nothing is known of the region.
    """
    from clouds import facts
    from domain.catalogue.region import ANYWHERE, RegionCatalogue
    from domain.pricing import DEFAULT_CARD
    from providers.registry import traits_of

    if arguments.provider is None:
        return ANYWHERE
    kind = ProviderKind(arguments.provider)
    traits = traits_of(kind)
    if traits.types:
        return _at_default_rates(traits)
    region = arguments.region or traits.default_region
    known = facts.regions(kind)
    if known and region not in known:
        raise ValueError(f"Unknown {kind.label} region '{region}'. Use one of {', '.join(known)}.")
    if known:
        return facts.target_of_facts(kind, region=region)
    return RegionCatalogue(traits=traits, card=DEFAULT_CARD if traits.has_default_rates else None)


def local_target() -> "RegionCatalogue":
    """Return this machine and the sizes that it declares, at the rates of a new rate card."""
    from providers.registry import traits_of

    return _at_default_rates(traits_of(ProviderKind.LOCAL))


def _at_default_rates(traits: "ProviderTraits") -> "RegionCatalogue":
    """Return the types that every account has, at the rates of a new rate card."""
    from domain.catalogue.region import RegionCatalogue
    from domain.offerings import Market
    from domain.pricing import DEFAULT_CARD, hourly_usd

    prices = {
        (size.name, market): hourly_usd(
            DEFAULT_CARD, vcpus=size.vcpus, memory_bytes=size.memory_bytes, gpus=size.gpus
        )
        for size in traits.types
        for market in Market
    }
    return RegionCatalogue(
        traits=traits, types={size.name: size for size in traits.types}, prices=prices
    )
