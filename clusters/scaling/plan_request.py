"""The planner's question about a cluster, from its rows as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.timezone import now

from clouds.access import has_cloud, taken_away
from clusters.agent_report import current_demand, has_fresh_report
from clusters.models import Cluster, Group, Node
from clusters.nodes.config import configuration_of
from clusters.nodes.outdated import labels_of_node
from clusters.scaling.budgets import left_to_go
from clusters.scaling.cooldowns import cooling_of, stopped_of
from clusters.scaling.failed_starts import paused_of
from clusters.scaling.node_work import work_of
from clusters.scaling.risks import pools_at_risk, with_risks
from configurations.targets import target_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, Disruption, MarketType, WorkerGroup
from domain.cooldowns import CapacityPool, why_cold
from domain.demand import Demand, demand_from_report
from domain.demand.model import Shape
from domain.lifecycle import NodeRole, NodeState
from domain.offerings import Market
from domain.planner import NodeView, Offer, PlannedGroup, PlanRequest
from domain.planner.model import NodePhase
from domain.planner.request.from_spec import group_of
from domain.planner.request.offers import ranking_of, zone_policy
from domain.pricing import usd_of
from domain.strategies.model import Floor

NODE_GROUP_LABEL = "ray.io/node-group"

_PHASES = {
    NodeState.REQUESTED: NodePhase.PENDING,
    NodeState.LAUNCHING: NodePhase.PENDING,
    NodeState.BOOTING: NodePhase.PENDING,
    NodeState.READY: NodePhase.READY,
    NodeState.DRAINING: NodePhase.LEAVING,
    NodeState.TERMINATING: NodePhase.LEAVING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan depends on beside the cluster's own rows."""

    config: ComputeConfig
    target: RegionCatalogue
    cold: Mapping[CapacityPool, str] = field(default_factory=dict)
    at_risk: frozenset[CapacityPool] = frozenset()
    stopped: Mapping[str, str] = field(default_factory=dict)  # group -> why it cannot grow now


def surroundings_of(cluster: Cluster) -> Surroundings:
    """Return the configuration that the cluster runs, its cloud, and what cools down there."""
    config = configuration_of(cluster)
    return Surroundings(
        config=config,
        target=target_for(cluster.cloud),
        cold=cooling_of(cluster),
        at_risk=pools_at_risk(cluster) if _uses_spot(config) else frozenset(),
        stopped={**paused_of(cluster), **stopped_of(cluster), **_without_cloud(cluster)},
    )


def _uses_spot(config: ComputeConfig) -> bool:
    return any(group.market_type is not MarketType.ON_DEMAND for group in config.groups)


def request_for(
    cluster: Cluster,
    groups: Sequence[Group],
    nodes: Sequence[Node],
    *,
    floors: Mapping[str, tuple[Floor, ...]] | None = None,
    demand: Demand | None = None,
) -> PlanRequest:
    """Return the planner's question; `demand` in the place of what Ray waits for now."""
    around = surroundings_of(cluster)
    head = next((node for node in nodes if node.role == NodeRole.HEAD), None)
    fresh = has_fresh_report(cluster)
    read: dict[str, tuple[Shape, ...]] = {}  # hundreds of nodes are launched for the same
    ranking, _ = ranking_of(around.config)
    return PlanRequest(
        groups=tuple(
            planned_group(cluster, group, around, floors=(floors or {}).get(group.name, ()))
            for group in groups
            if group.role == NodeRole.WORKER
        ),
        nodes=tuple(
            _view(cluster, node, fresh=fresh, read=read)
            for node in nodes
            if node.role == NodeRole.WORKER
        ),
        demand=current_demand(cluster) if demand is None else demand,
        now=now(),
        autoscaling=cluster.autoscaling,
        ranking=ranking,
        objective=around.config.mobula.scaling.objective,
        zones=zone_policy(around.config),
        head_free=head.free if head else {},
        head_total=head.total if head else {},
        head_labels={**head.group.labels, NODE_GROUP_LABEL: head.group.name} if head else {},
        head_zone=head.zone if head else "",
        max_resources=cluster.max_resources,
        min_resources=cluster.min_resources,
        max_usd_per_hour=cluster.max_usd_per_hour,
        max_nodes=around.config.mobula.max_nodes,
        upscaling_speed=around.config.mobula.upscaling_speed,
        head_usd_per_hour=(_dollars(head) if head else None) or Decimal(0),
        most_idle_drains=left_to_go(around.config, nodes, reason=Disruption.IDLE),
    )


def planned_group(
    cluster: Cluster, group: Group, around: Surroundings, *, floors: tuple[Floor, ...] = ()
) -> PlannedGroup:
    """Return the group as the planner sees it, with the sizes that it has been given since."""

    def cold(kind: str, zone: str, market: Market) -> str:
        return why_cold(around.cold, instance_type=kind, market=market, zone=zone)

    stop = around.stopped.get(group.name, "")
    configured = around.config.group(group.name)
    idle = cluster.worker_idle_seconds if group.idle_seconds is None else group.idle_seconds
    if configured is None or not _is_known(group, configured, around.target):
        return _as_its_row(group, floors=floors, idle_seconds=idle, cooling=stop)
    sized = configured.model_copy(
        update={"min_nodes": group.min_nodes, "max_nodes": group.max_nodes}
    )
    planned = group_of(sized, around.config, around.target, cold=cold, floors=floors, cooling=stop)
    return with_risks(replace(planned, idle_seconds=idle), around.at_risk)


def _is_known(group: Group, configured: WorkerGroup, target: RegionCatalogue) -> bool:
    """A cloud may have stopped to offer a type that a cluster runs on."""
    if configured.required_resources is not None and target.traits.exact_sizes:
        return True
    return target.type_named(group.instance_type) is not None


def _as_its_row(
    group: Group, *, floors: tuple[Floor, ...], idle_seconds: float, cooling: str
) -> PlannedGroup:
    offer = Offer(
        instance_type=group.instance_type,
        market=Market(group.market),
        resources=group.resources,
        labels={**group.labels, NODE_GROUP_LABEL: group.name},
        hourly_usd=None,
    )
    return PlannedGroup(
        name=group.name,
        offers=(offer,),
        min_nodes=group.min_nodes,
        max_nodes=group.max_nodes,
        idle_seconds=idle_seconds,
        floors=floors,
        cooling=cooling,
    )


def _without_cloud(cluster: Cluster) -> dict[str, str]:
    """Return every group with the reason, if the team can no longer use the cluster's cloud."""
    if has_cloud(cluster):
        return {}
    reason = taken_away(cluster.cloud, team=cluster.team).rstrip(".")
    return dict.fromkeys(cluster.groups.values_list("name", flat=True), reason)


def _view(
    cluster: Cluster, node: Node, *, fresh: bool, read: dict[str, tuple[Shape, ...]]
) -> NodeView:
    ready = node.state == NodeState.READY
    moment = now()
    idle_since = node.idle_since if fresh else None
    planned = repr(node.planned)
    if planned not in read:
        read[planned] = demand_from_report({"shapes": node.planned}).shapes
    return NodeView(
        name=node.name,
        label=node.label,
        group=node.group.name,
        phase=_PHASES[NodeState(node.state)],
        free=node.free if ready else node.promised,
        total=node.total if ready else node.promised,
        instance_type=node.machine,
        market=Market(node.market),
        zone=node.zone,
        labels={**labels_of_node(cluster, node), NODE_GROUP_LABEL: node.group.name},
        hourly_usd=_dollars(node),
        idle_seconds=(moment - idle_since).total_seconds() if idle_since else None,
        age_seconds=(moment - node.requested_at).total_seconds(),
        planned=read[planned],
        work=work_of(node),
    )


def _dollars(node: Node) -> Decimal | None:
    return None if node.hourly_microusd is None else usd_of(node.hourly_microusd)
