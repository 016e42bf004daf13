"""What a launch would ask of a cloud, and who can check it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.preflight.running import PlannedCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGroup:
    """Nodes of one group as a launch would ask for them.

    The first of `types` is launched unless the planner prefers another. No `zones`: any.
    """

    name: str
    role: NodeRole
    types: Sequence[str]
    market: Market = Market.ON_DEMAND
    zones: Sequence[str] = ()
    least: int = 1  # nodes at the start, and at most
    most: int = 1
    raw: Mapping[str, Any] = field(default_factory=dict)  # the raw instance configuration
    flags: Mapping[str, Any] = field(default_factory=dict)
    instead_of: str = ""  # the group in whose place these nodes would come, one for one


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be launched; without an image or an address, those are not checked."""

    groups: Sequence[WantedGroup] = ()
    image: str = ""  # the container image that nodes pull
    ray_version: str = ""
    mobula_url: str = ""  # where nodes reach Mobula
    # Logins to container registries, "USER:PASSWORD" by host; never written down with the rest.
    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificates: Mapping[str, str] = field(default_factory=dict, repr=False)  # PEM, by host


class Preflight(Protocol):
    """Checks of one account before a launch; they change nothing in it."""

    def checks(self, wanted: Wanted) -> Sequence[PlannedCheck]:
        """Return the checks for a launch, in the order of pages; asks nobody yet."""
        ...


def as_plain(wanted: Wanted) -> dict[str, Any]:
    """Return what is wanted as JSON can write it, without logins and certificates."""
    groups = [asdict(group) for group in wanted.groups]
    plain = {
        "groups": groups,
        "image": wanted.image,
        "ray_version": wanted.ray_version,
        "mobula_url": wanted.mobula_url,
    }
    found: dict[str, Any] = json.loads(json.dumps(plain, default=str))
    return found


def from_plain(
    plain: Mapping[str, Any],
    *,
    logins: Mapping[str, str],
    certificates: Mapping[str, str] | None = None,
) -> Wanted:
    """Return what `as_plain` wrote down."""
    groups = [
        WantedGroup(**group | {"role": NodeRole(group["role"]), "market": Market(group["market"])})
        for group in plain["groups"]
    ]
    return Wanted(
        groups=groups,
        image=plain["image"],
        ray_version=plain["ray_version"],
        mobula_url=plain["mobula_url"],
        logins=logins,
        certificates=certificates or {},
    )
