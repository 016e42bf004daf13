"""From a kind of provider to its folder, whose modules have the same names for every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from domain.offerings import ProviderKind
from providers.base import Account, InvalidRequest, PriceAccess, PriceSource, ProviderDriver
from providers.preflight import Preflight

if TYPE_CHECKING:
    from domain.catalogue.provider import ProviderTraits

# In a folder: `traits.py` with TRAITS; `driver.py` with open_driver(account), if clusters can be
# launched there; `prices.py` with open_prices(access), if it says itself what machines cost;
# `preflight` with open_preflight(account), if it can be asked whether a launch would work.
FOLDERS: Mapping[ProviderKind, str] = {
    ProviderKind.AWS: "providers.aws",
    ProviderKind.GCP: "providers.gcp",
    ProviderKind.KUBERNETES: "providers.kubernetes",
    ProviderKind.LOCAL: "providers.local",
    ProviderKind.FAKE: "providers.fake",
}

# Accounts whose drivers a process keeps; one that is not used for long is opened again.
MAX_DRIVERS = 64


@cache
def traits_of(kind: ProviderKind) -> ProviderTraits:
    """Return what holds on clouds of this kind; no SDK is imported for it."""
    others = [_stated(other).marks for other in FOLDERS if other is not kind]
    return replace(_stated(kind), kind=kind, others=tuple(others))


def _stated(kind: ProviderKind) -> ProviderTraits:
    traits: ProviderTraits = import_module(f"{FOLDERS[kind]}.traits").TRAITS
    return traits


def kinds_with(holds: Callable[[ProviderTraits], bool]) -> Sequence[ProviderKind]:
    """Return the kinds of whose traits that holds, in the order of the table."""
    return tuple(kind for kind in FOLDERS if holds(traits_of(kind)))


def has_driver(kind: ProviderKind) -> bool:
    """Return whether clusters can be launched on this kind of provider."""
    return _has(kind, "driver")


def no_driver(kind: ProviderKind) -> str:
    """Return what to say of a kind of provider that clusters cannot be launched on."""
    return f"Mobula cannot launch clusters on {kind.label} yet."


def has_prices(kind: ProviderKind) -> bool:
    """Return whether such providers say themselves what their machines cost."""
    return _has(kind, "prices")


# SDKs are slow to import and heavy: the web process must not pay for the drivers it never uses.
@cache
def _has(kind: ProviderKind, module: str) -> bool:
    return find_spec(f"{FOLDERS[kind]}.{module}") is not None


def open_price_source(kind: ProviderKind, *, access: PriceAccess) -> PriceSource | None:
    """Return a new source of types and prices; None for kinds that have none."""
    if not has_prices(kind):
        return None
    opener: Callable[[PriceAccess], PriceSource]
    opener = import_module(f"{FOLDERS[kind]}.prices").open_prices
    return opener(access)


def has_preflight(kind: ProviderKind) -> bool:
    """Return whether such clouds can be checked before a launch."""
    return _has(kind, "preflight")


def open_preflight(account: Account) -> Preflight | None:
    """Return the checks of an account, None for kinds that have none.

    Raises InvalidRequest for settings that are wrong.
    """
    if not has_preflight(account.kind):
        return None
    opener: Callable[[Account], Preflight]
    opener = import_module(f"{FOLDERS[account.kind]}.preflight").open_preflight
    return opener(account)


@lru_cache(maxsize=MAX_DRIVERS)
def open_driver(account: Account) -> ProviderDriver:
    """Return the driver of an account: the same one until the version of its settings changes.

    Raises InvalidRequest where there is no driver yet.
    """
    if not has_driver(account.kind):
        raise InvalidRequest(no_driver(account.kind))
    opener: Callable[[Account], ProviderDriver]
    opener = import_module(f"{FOLDERS[account.kind]}.driver").open_driver
    return opener(account)
