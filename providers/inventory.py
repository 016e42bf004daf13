"""Everything at a provider that an installation created, whether or not it knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from domain.offerings import Market
from domain.orphans import ResourceKind
from providers.errors import ProviderError


class NotOwned(ProviderError):
    """The resource does not carry this installation's tag: it is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedResource:
    """One resource that carries this installation's tag."""

    kind: ResourceKind
    id: str
    name: str = ""  # as the provider's console shows it
    handle: str = ""  # of the cluster that it says it belongs to
    node: str = ""  # of an instance: the node that it says it is
    state: str = ""  # in the provider's words
    created_at: datetime | None = None  # None: the provider does not say
    zone: str = ""
    attached_to: str = ""  # the instance that has it
    instance_type: str = ""
    market: Market | None = None  # of an instance
    size_gib: int = 0  # of a volume
    storage_type: str = ""  # of a volume


@runtime_checkable
class OwnedInventory(Protocol):
    """A driver that lists all that carries its installation's tag, and removes single resources.

    Every call raises only `ProviderError` and its subclasses, and may be repeated.
    """

    def resources(self) -> Sequence[OwnedResource]:
        """Return all resources of the account and region that have not been removed."""
        ...

    def resource(self, kind: ResourceKind, resource_id: str) -> OwnedResource | None:
        """Return one of them as the provider lists it now; None: it is gone.

        Raises `NotOwned` for one with another installation's tag, or none.
        """
        ...

    def remove_resource(self, kind: ResourceKind, resource_id: str) -> None:
        """Ask for the removal, once its tag was read again. What is gone is no error.

        Raises `NotOwned` like `resource`, and `Throttled` while something else uses it. That the
        resource is gone, only `resource` says.
        """
        ...
