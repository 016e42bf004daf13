"""Many clusters of an account at once, where a provider lists all machines in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from providers.base import ClusterRef, ObservedNode


@runtime_checkable
class BulkObservation(Protocol):
    """A driver that observes many clusters in one call."""

    def observe_all(self, clusters: Sequence[ClusterRef]) -> Mapping[str, Sequence[ObservedNode]]:
        """Return what `observe` says of each cluster, by its handle.

        There is an entry for each of `clusters`, an empty one where there are no machines.
        Raises only `ProviderError` and its subclasses.
        """
        ...
