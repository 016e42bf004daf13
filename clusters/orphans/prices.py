"""What a resource costs a day, as far as the catalog knows prices."""

from __future__ import annotations

from decimal import Decimal

from clouds import catalogue
from clouds.models import Cloud
from domain.orphans import ResourceKind
from domain.pricing import microusd
from providers.inventory import OwnedResource

_HOURS = 24
# EC2 bills no instances in these states.
_FREE = {"stopped", "stopping", "shutting-down", "terminated"}
_FREE_KINDS = {
    ResourceKind.SECURITY_GROUP, ResourceKind.PLACEMENT_GROUP, ResourceKind.NETWORK_INTERFACE,
}  # fmt: skip


def daily_microusd(cloud: Cloud, resource: OwnedResource) -> int | None:
    """Return micro-dollars a day; None where no price is known, as of volumes."""
    if resource.kind in _FREE_KINDS:
        return 0
    if resource.kind is not ResourceKind.INSTANCE or resource.market is None:
        return None
    if resource.state in _FREE:
        return 0
    hourly = catalogue.price_in_zone(
        cloud, resource.instance_type, market=resource.market, zone=resource.zone
    )
    return None if hourly is None else microusd(Decimal(_HOURS) * hourly)
