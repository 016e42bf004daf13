"""What Ray names by a placement group's id, beside the resource itself: "CPU_group_0_<id>"."""

import re
from dataclasses import dataclass

from domain.demand.model import Resources

_RESERVED = re.compile(r"(.+)_group_(?:(\d+)_)?([0-9a-f]{16,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """A resource that a placement group holds on a node."""

    resource: str
    bundle: int | None  # None: of all its bundles there
    placement_group: str


def reserved(name: str) -> Reserved | None:
    """Return what a resource's name says of a placement group; None: it is of none."""
    match = _RESERVED.fullmatch(name)
    if match is None:
        return None
    resource, bundle, placement_group = match.groups()
    return Reserved(
        resource=resource,
        bundle=None if bundle is None else int(bundle),
        placement_group=placement_group,
    )


def bundles_of(total: Resources) -> list[str]:
    """Return for each bundle on a node the id of its placement group."""
    held = (reserved(name) for name in sorted(total))
    return [
        item.placement_group
        for item in held
        if item and item.resource == "bundle" and item.bundle is not None
    ]


def is_inside_group(resources: Resources) -> bool:
    """Return whether work asks for what a placement group has reserved: it waits in that group."""
    return any("_group_" in name and reserved(name) for name in resources)
