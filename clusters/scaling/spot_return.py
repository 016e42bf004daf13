"""Which of a cluster's on-demand nodes could go back to spot now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.timezone import now

from clouds import catalogue
from clusters.models import Cluster, Node
from clusters.nodes.config import configuration_of, replacement_threshold
from clusters.scaling.cooldowns import cooling_of
from domain.configuration.spec import ComputeConfig, ConsolidationMode, MarketType
from domain.lifecycle import NodeState
from domain.offerings import Market
from domain.pricing import usd_of
from domain.spot_return import Return, SpotCandidate, returns


def spot_returns(cluster: Cluster, nodes: Iterable[Node]) -> list[Return]:
    """Return the nodes to drain so that spot takes their place, each with its sentence."""
    config = configuration_of(cluster)
    candidates = [
        candidate for node in nodes if (candidate := _candidate(config, node)) is not None
    ]
    if not candidates:
        return []
    ends, started = cluster.max_lifetime_minutes, cluster.run.started_at
    last = started + timedelta(minutes=ends) if ends and started else None
    return returns(
        candidates,
        catalogue.prices_in(cluster.cloud),
        now(),
        zones=config.zones or catalogue.zones_in(cluster.cloud) or [],
        cold=cooling_of(cluster),
        last_hour=last,
        objective=config.mobula.scaling.objective,
    )


def _candidate(config: ComputeConfig, node: Node) -> SpotCandidate | None:
    """Return the node as a candidate, if it stands in for spot."""
    group = config.group(node.group.name)
    standing_in = node.state == NodeState.READY and node.market == Market.ON_DEMAND
    if group is None or group.market_type is not MarketType.PREFER_SPOT or not standing_in:
        return None
    if node.ready_at is None:
        return None
    price = node.hourly_microusd
    return SpotCandidate(
        name=node.name,
        label=node.label,
        instance_type=node.machine,
        hourly_usd=None if price is None else usd_of(price),
        ready_at=node.ready_at,
        threshold=replacement_threshold(config, group),
        is_idle=node.idle_since is not None,
        may_disturb=config.consolidation_of(group.name) is ConsolidationMode.ACT,
    )
