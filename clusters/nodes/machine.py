"""The machine that a new node is: its type, market, zone and size, and what it costs."""

from __future__ import annotations

from typing import Any

from django.utils.timezone import now

from clouds.catalogue import price_in, types_in
from clusters.models import Cluster, Group
from clusters.nodes.config import configuration_of
from domain.catalogue.node_resources import effective_resources
from domain.offerings import InstanceType, Market
from domain.planner import Launch
from domain.pricing import hourly_microusd, microusd
from metering import rates


def machine_for(cluster: Cluster, group: Group, launch: Launch | None) -> dict[str, Any]:
    """Return what the row of a new node says of its machine.

    What is empty there is as the group has it: without a launch all is, and with one that rents
    the group's own type, its size.
    """
    if launch is None:
        price = _hourly_microusd(cluster, group.instance_type, Market(group.market), group)
        return {"market": group.market, "hourly_microusd": price}
    other = _other_type(cluster, group, launch.instance_type)
    price = _hourly_microusd(cluster, launch.instance_type, launch.market, other or group)
    fields = {
        "instance_type": launch.instance_type,
        "zone": launch.zone,
        "market": launch.market,
        "hourly_microusd": price,
    }
    return fields if other is None else {**fields, **_size(cluster, group, other)}


def _other_type(cluster: Cluster, group: Group, name: str) -> InstanceType | None:
    return None if name == group.instance_type else (types_in(cluster.cloud) or {}).get(name)


def _size(cluster: Cluster, group: Group, machine: InstanceType) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "vcpus": machine.vcpus,
        "memory_bytes": machine.memory_bytes,
        "gpus": machine.gpus,
    }
    if configured := configuration_of(cluster).group(group.name):
        brings = effective_resources(configured, machine, is_head=False, has_workers=True)
        fields["resources"] = brings
    return fields


def _hourly_microusd(
    cluster: Cluster, name: str, market: Market, size: Group | InstanceType
) -> int | None:
    """Return what one costs an hour from now on, or None where nobody knows."""
    own = price_in(cluster.cloud, name, market=market)
    if own is not None:
        return microusd(own)
    card = rates.current_rate(cluster.cloud_id, now(), kind=cluster.cloud.provider)
    if card is None:
        return None
    return hourly_microusd(
        rates.rate_card(card), vcpus=size.vcpus, memory_bytes=size.memory_bytes, gpus=size.gpus
    )
