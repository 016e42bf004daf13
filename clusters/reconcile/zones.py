"""The zone of a head, whose machine is launched before there is a plan."""

from __future__ import annotations

from clusters.models import Cluster, Group, Node
from clusters.nodes.config import configuration_of
from clusters.scaling.cooldowns import cooling_of
from configurations.targets import target_for
from domain.cooldowns import why_cold
from domain.lifecycle import ClusterState, EndCause, NodeRole
from domain.offerings import Market
from domain.planner.request.offers import zones_of_head


def zone_for(cluster: Cluster, group: Group) -> str:
    """Return where the next head of the run is launched; "" where the provider chooses."""
    return untried_zone(cluster, group) or _zones(cluster, group)[0]


def untried_zone(cluster: Cluster, group: Group) -> str:
    """Return the first zone that the run has not tried and that is in no cooldown; "" for none."""
    heads = cluster.nodes.filter(role=NodeRole.HEAD, run=cluster.run_id)
    tried, cold = set(heads.values_list("zone", flat=True)), cooling_of(cluster)
    kind, market = group.instance_type, Market(group.market)
    left = (
        zone
        for zone in _zones(cluster, group)
        if zone not in tried and not why_cold(cold, instance_type=kind, market=market, zone=zone)
    )
    return next(left, "")


def may_go_elsewhere(cluster: Cluster, head: Node) -> bool:
    """Return whether a head that found no capacity in its zone may be launched in another one."""
    if cluster.state != ClusterState.STARTING or head.end_cause != EndCause.START_FAILED:
        return False
    pool = (head.machine, head.zone, Market(head.market))
    return bool(head.zone) and pool in cooling_of(cluster) and has_other(cluster, head)


def has_other(cluster: Cluster, head: Node) -> bool:
    """Return whether the run has not tried all zones that it may be launched in."""
    return bool(untried_zone(cluster, head.group))


def _zones(cluster: Cluster, group: Group) -> list[str]:
    target = target_for(cluster.cloud)
    machine = target.type_named(group.instance_type)
    return zones_of_head(machine, configuration_of(cluster), target)
