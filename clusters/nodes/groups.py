"""The groups that a configuration makes of a cluster: the head first, then the workers."""

from __future__ import annotations

from clusters.models import Cluster, Group
from domain.catalogue.matching import types_for
from domain.catalogue.node_resources import effective_resources
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, MarketType, NodeConfig
from domain.lifecycle import NodeRole
from domain.offerings import Market

_OF_A_GROUP = (
    *("role", "position", "instance_type", "market", "vcpus", "memory_bytes", "gpus"),
    *("resources", "labels", "min_nodes", "max_nodes", "idle_seconds"),
    *("stopped_at", "stopped_reason"),
)


def groups_of(cluster: Cluster, config: ComputeConfig, target: RegionCatalogue) -> list[Group]:
    """Return the cluster's groups on this target, not saved yet.

    The target must offer a machine for each: `configurations.launch_checks` tells.
    """
    head = _group(cluster, config.head_node or NodeConfig(), config, target, is_head=True)
    workers = [_group(cluster, group, config, target, is_head=False) for group in config.groups]
    for position, (row, group) in enumerate(zip(workers, config.groups, strict=True), start=1):
        row.name, row.position, row.role = group.name, position, NodeRole.WORKER
        row.min_nodes, row.max_nodes = group.min_nodes, group.max_nodes
        own = config.mobula.groups.get(group.name)
        row.idle_seconds = own.worker_idle_seconds if own else None
        if group.market_type is MarketType.SPOT:
            row.market = Market.SPOT
    return [head, *workers]


def regroup(cluster: Cluster, groups: list[Group]) -> None:
    """Give the cluster these groups; one that it has no more stays for its nodes' sake, empty."""
    names = {group.name for group in groups}
    gone = cluster.groups.exclude(name__in=names)
    gone.filter(nodes=None).delete()
    gone.update(min_nodes=0, max_nodes=0)
    Group.objects.bulk_create(
        groups,
        update_conflicts=True,
        unique_fields=["cluster", "name"],
        update_fields=_OF_A_GROUP,
    )


def _group(
    cluster: Cluster,
    node: NodeConfig,
    config: ComputeConfig,
    target: RegionCatalogue,
    *,
    is_head: bool,
) -> Group:
    """Return a group of one such node; the caller gives workers their name and their limits."""
    burstable = config.mobula.allow_burstable
    size = types_for(node, target, market=Market.ON_DEMAND, burstable=burstable)[0]
    return Group(
        cluster=cluster,
        name="head",
        role=NodeRole.HEAD,
        position=0,
        instance_type=size.name,
        vcpus=size.vcpus,
        memory_bytes=size.memory_bytes,
        gpus=size.gpus,
        resources=effective_resources(node, size, is_head=is_head, has_workers=bool(config.groups)),
        labels=dict(node.labels),
        min_nodes=1,
        max_nodes=1,
    )
