"""Capacity pools whose spot machines the provider says it is likely to take back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from django.utils.timezone import now

from clusters.models import Cluster, Node
from domain.cooldowns import CapacityPool
from domain.offerings import Market
from domain.planner import Offer, PlannedGroup

# A recommendation to rebalance tells of the moment; nothing says when the risk is over.
RISK_TIME = timedelta(hours=1)


def pools_at_risk(cluster: Cluster) -> frozenset[CapacityPool]:
    """Return the pools of the cluster's account with a machine at risk, of whichever cluster."""
    rows = Node.objects.filter(
        rebalance_at__gt=now() - RISK_TIME,
        rebalance_at__lte=now() + RISK_TIME,
        cluster__cloud=cluster.cloud_id,
        market=Market.SPOT,
    )
    found = rows.values_list("instance_type", "group__instance_type", "zone").distinct()
    return frozenset((own or of_group, zone, Market.SPOT) for own, of_group, zone in found)


def with_risks(group: PlannedGroup, pools: Collection[CapacityPool]) -> PlannedGroup:
    """Return the group whose offers say which of them are in pools at risk."""
    if not pools:
        return group
    offers = (replace(offer, at_risk=_is_at_risk(offer, pools)) for offer in group.offers)
    return replace(group, offers=tuple(offers))


def _is_at_risk(offer: Offer, pools: Collection[CapacityPool]) -> bool:
    """A node without a zone was requested in every zone."""
    kind, market = offer.instance_type, offer.market
    return (kind, offer.zone, market) in pools or (kind, "", market) in pools
