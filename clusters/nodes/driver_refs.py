"""What a driver is told about a cluster: its reference and its nodes."""

from __future__ import annotations

from django.conf import settings

from clusters.models import Cluster, Node
from clusters.nodes.tokens import agent_token, ray_token
from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import (
    AgentAccess,
    ClusterRef,
    NodeSpec,
    RayImage,
)


def reference(cluster: Cluster) -> ClusterRef:
    """Return how the driver finds `cluster`."""
    image = cluster.image_version
    return ClusterRef(
        cluster_id=str(cluster.pk),
        handle=cluster.handle,
        name=cluster.name,
        region=cluster.cloud.region,
        image=RayImage(
            location=image.location,
            ray_version=image.ray_version,
            python_version=image.python_version,
        ),
        ray_token=ray_token(cluster),
        agent=AgentAccess(
            url=settings.MOBULA_URL,
            cluster_id=str(cluster.pk),
            run=cluster.run.number,
            token=agent_token(cluster),
        ),
    )


def specification(node: Node) -> NodeSpec:
    """Return what the driver must start for `node`."""
    group = node.group
    return NodeSpec(
        name=node.name,
        role=NodeRole(node.role),
        group=group.name,
        instance_type=node.machine,
        market=Market(node.market),
        zone=node.zone,
        resources=node.promised,
        labels=group.labels,
    )
