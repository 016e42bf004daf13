"""Ask EC2 to end machines, each call for many, and none kept from ending by another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.cooldowns import FailureClass
from providers.aws.calls import Calls
from providers.aws.errors import code_of
from providers.aws.machines.ended import EndedNames
from providers.aws.machines.listing import GOING, Listing, Machine
from providers.base import ClusterRef, ProviderError

MOST = 500  # machines in one call
_GONE = "InvalidInstanceID.NotFound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """Ends machines of one account."""

    ec2: Calls
    listing: Listing
    ended: EndedNames

    def terminate(self, cluster: ClusterRef, names: Collection[str]) -> None:
        """Bar the names for good, then end what they stand for: even if they cannot be barred."""
        try:
            self.ended.end(cluster.handle, names)
        finally:
            self._terminate(cluster, names)

    def _terminate(self, cluster: ClusterRef, names: Collection[str]) -> None:
        known = self._named(self.listing.of(cluster.handle), names)
        if set(names) - {machine.name for machine in known}:
            # Another process may have launched it since the list was made.
            known = self._named(self.listing.newest_of(cluster.handle), names)
        self.end([machine.id for machine in known if machine.state not in GOING])

    def end_all(self, cluster: ClusterRef) -> bool:
        """End whatever is left of a cluster; return whether anything was."""
        left = [one.id for one in self.listing.newest_of(cluster.handle) if one.state not in GOING]
        self.end(left)
        return bool(left)

    def end(self, ids: Sequence[str]) -> None:
        """End machines; one that may not be ended keeps no other one, and is raised in the end."""
        errors: list[ProviderError] = []
        for start in range(0, len(ids), MOST):
            self._end(ids[start : start + MOST], errors)
        if errors:
            raise errors[0]

    def _end(self, ids: Sequence[str], errors: list[ProviderError]) -> None:
        """EC2 ends all of a call or none: halve it until what is refused is alone."""
        try:
            self.ec2("terminate_instances", InstanceIds=list(ids))
        except ProviderError as error:
            if code_of(error) == _GONE and len(ids) == 1:
                return
            together = code_of(error) != _GONE and error.failure_class is FailureClass.TRANSIENT
            if together or len(ids) == 1 or error.failure_class is FailureClass.PERMISSION:
                errors.append(error)
                return
            half = len(ids) // 2
            self._end(ids[:half], errors)
            self._end(ids[half:], errors)
            return
        self.listing.note_ended(ids)

    @staticmethod
    def _named(machines: Sequence[Machine], names: Collection[str]) -> list[Machine]:
        wanted = set(names)
        return [machine for machine in machines if machine.name in wanted]
