"""The catalog that a command validates and prices against, if any."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.catalogue.region import RegionCatalogue

PROVIDERS = ("aws", "gcp", "kubernetes", "local")
REGIONS = {"aws": "us-east-1", "gcp": "us-central1"}


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a provider and its region."""
    parser.add_argument("--provider", choices=PROVIDERS, help="validate against this provider")
    parser.add_argument("--region", help="its region (AWS: us-east-1, Google Cloud: us-central1)")


def target_of_options(arguments: argparse.Namespace) -> "RegionCatalogue":
    """Return the target that the options name; without a provider, none in particular.

    Raises ValueError when nothing is known of the region.
    """
    from clouds import facts
    from domain.catalogue.region import ANYWHERE, RegionCatalogue
    from domain.offerings import ProviderKind
    from providers.registry import block_check

    if arguments.provider is None:
        return ANYWHERE
    if arguments.provider == "local":
        return local_target()
    kind = ProviderKind(arguments.provider)
    region = arguments.region or REGIONS.get(arguments.provider, "")
    known = facts.regions(kind)
    if known and region not in known:
        raise ValueError(f"Unknown {kind.label} region '{region}'. Use one of {', '.join(known)}.")
    if known:
        return facts.target_of_facts(kind, region=region)
    return RegionCatalogue(provider=kind, check_block=block_check(kind))


def local_target() -> "RegionCatalogue":
    """Return this machine and the sizes that it declares, at the rates of a new rate card."""
    from domain.catalogue.region import RegionCatalogue
    from domain.offerings import Market, ProviderKind, type_of
    from domain.pricing import DEFAULT_CARD, hourly_usd
    from providers.local.offerings import local_offerings

    types = {one.instance_type: type_of(one) for one in local_offerings("")}
    prices = {
        (name, market): hourly_usd(
            DEFAULT_CARD, vcpus=one.vcpus, memory_bytes=one.memory_bytes, gpus=one.gpus
        )
        for name, one in types.items()
        for market in Market
    }
    return RegionCatalogue(provider=ProviderKind.LOCAL, types=types, prices=prices)
