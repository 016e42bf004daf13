"""Which driver serves which kind of provider; each is imported on first use."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from domain.catalogue.region import BlockCheck
from domain.offerings import ProviderKind
from domain.problems import Problem
from providers.base import InvalidRequest, PriceAccess, PriceSource, ProviderDriver

# kind → module and the function in it that makes the driver from Mobula's home directory.
# SDKs are slow to import and heavy: the web process must not pay for the drivers it never uses.
OPENERS: Mapping[ProviderKind, str] = {
    ProviderKind.LOCAL: "providers.local.driver:open_local",
    ProviderKind.FAKE: "providers.fake.driver:open_fake",
}


# kind → module and the function in it that checks a raw instance configuration.
BLOCK_CHECKS: Mapping[ProviderKind, str] = {
    ProviderKind.AWS: "providers.aws.schema:check_block",
    ProviderKind.GCP: "providers.gcp.schema:check_block",
    ProviderKind.KUBERNETES: "providers.kubernetes.schema:check_block",
}


def block_check(kind: ProviderKind) -> BlockCheck | None:
    """Return what checks a raw instance configuration for `kind`; None where there is none."""
    place = BLOCK_CHECKS.get(kind)
    if place is None:
        return None
    module, _, function = place.partition(":")

    def check(block: Mapping[str, object], path: str) -> Sequence[Problem]:
        # Schemas are large: they are read when the first block is checked.
        found: Sequence[Problem] = getattr(import_module(module), function)(block, path)
        return found

    return check


# kind → module and the function in it that makes the source of types and prices.
PRICE_SOURCES: Mapping[ProviderKind, str] = {
    ProviderKind.AWS: "providers.aws.prices:open_aws",
    ProviderKind.GCP: "providers.gcp.prices:open_gcp",
}


def open_price_source(kind: ProviderKind, *, access: PriceAccess) -> PriceSource | None:
    """Return a new source of types and prices; None for kinds that have none."""
    place = PRICE_SOURCES.get(kind)
    if place is None:
        return None
    module, _, function = place.partition(":")
    opener: Callable[[PriceAccess], PriceSource] = getattr(import_module(module), function)
    return opener(access)


def has_driver(kind: ProviderKind) -> bool:
    """Return whether clusters can be launched on this kind of provider."""
    return kind in OPENERS


@cache
def open_driver(kind: ProviderKind, *, home: Path) -> ProviderDriver:
    """Return the driver for `kind`; `home` is the directory where Mobula keeps its state.

    Raises InvalidRequest where there is no driver yet.
    """
    if not has_driver(kind):
        raise InvalidRequest(f"Mobula cannot launch clusters on {kind.label} yet.")
    module, _, function = OPENERS[kind].partition(":")
    opener: Callable[[Path], ProviderDriver] = getattr(import_module(module), function)
    return opener(home)
