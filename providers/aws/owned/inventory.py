"""All that carries an installation's tag in an account and region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.orphans import ResourceKind
from providers.aws import tags
from providers.aws.calls import Calls
from providers.aws.codes import WAIT_FOR_OTHERS
from providers.aws.errors import code_of
from providers.aws.owned.kinds import KINDS, Kind, tags_of
from providers.base import ProviderError, Throttled
from providers.inventory import NotOwned, OwnedResource

_ENDED = "terminated"  # EC2 lists an instance for an hour after its end
_IN_USE = WAIT_FOR_OTHERS | {"VolumeInUse"}


@dataclass(frozen=True, slots=True)
class Inventory:
    """Lists and removes what carries the tag of one installation."""

    ec2: Calls
    installation: str

    def all(self) -> Sequence[OwnedResource]:
        """Return everything with the installation's tag that still exists, kind by kind."""
        own = {"Name": f"tag:{tags.INSTALLATION}", "Values": [self.installation or tags.ANY]}
        found = (kind.read(row) for kind in KINDS.values() for row in self._rows(kind, own))
        return [one for one in found if one.state != _ENDED]

    def one(self, kind: ResourceKind, resource_id: str) -> OwnedResource | None:
        """Return a resource as EC2 lists it now; None: it is gone. Raises `NotOwned`."""
        how = KINDS[kind]
        for row in self._rows(how, {"Name": how.filter, "Values": [resource_id]}):
            found = how.read(row)
            if found.state == _ENDED:
                return None
            if tags_of(row).get(tags.INSTALLATION) != (self.installation or tags.ANY):
                raise NotOwned(
                    f"{kind.label} {resource_id} does not have this installation's tag "
                    f"{tags.INSTALLATION}: it is not removed."
                )
            return found
        return None

    def remove(self, kind: ResourceKind, resource_id: str) -> None:
        """Remove a resource whose tag was read just before; see `OwnedInventory`."""
        found, how = self.one(kind, resource_id), KINDS[kind]
        if found is None:
            return
        if found.attached_to:
            raise Throttled(f"Instance {found.attached_to} still uses it.")
        try:
            self.ec2(how.removes, **how.which(resource_id))
        except ProviderError as error:
            code = code_of(error)
            if code in how.gone:
                return
            if code in _IN_USE:
                raise Throttled(f"Something still uses it ({code}).") from error
            raise

    def _rows(self, kind: Kind, wanted: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        page = {} if kind.page is None else {"MaxResults": kind.page}
        return kind.rows(self.ec2.pages(kind.lists, kind.key, Filters=[wanted], **page))
