"""Which driver serves which kind of provider; each is imported on first use."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from providers.base import ProviderDriver, ProviderKind

# kind → module and the function in it that makes the driver from Mobula's home directory.
# SDKs are slow to import and heavy: the web process must not pay for the drivers it never uses.
OPENERS: Mapping[ProviderKind, str] = {
    ProviderKind.LOCAL: "providers.local.driver:open_local",
    ProviderKind.FAKE: "providers.fake:open_fake",
}


@cache
def open_driver(kind: ProviderKind, *, home: Path) -> ProviderDriver:
    """Return the driver for `kind`; `home` is the directory where Mobula keeps its state."""
    module, _, function = OPENERS[kind].partition(":")
    opener: Callable[[Path], ProviderDriver] = getattr(import_module(module), function)
    return opener(home)
