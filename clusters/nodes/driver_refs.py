"""What a driver is told about a cluster: its reference and its nodes."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from clusters.models import Cluster, Node
from clusters.nodes.config import basis_of_node, config_of
from clusters.nodes.tokens import agent_token, jupyter_token, ray_token
from domain.configuration.instance_blocks import block_of
from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.lifecycle import NodeRole
from domain.offerings import Market
from images.registries.asking import has_password
from providers.base import (
    AgentAccess,
    ClusterRef,
    NodeSpec,
    RayImage,
    WorkspaceRef,
)
from providers.registries import repository_of


def reference(cluster: Cluster) -> ClusterRef:
    """Return how the driver finds `cluster`."""
    looking = reference_to_look(cluster)
    workspace = looking.workspace
    return replace(
        looking,
        workspace=replace(workspace, token=jupyter_token(cluster)) if workspace else None,
        ray_token=ray_token(cluster),
        agent=AgentAccess(
            url=settings.MOBULA_URL,
            cluster_id=str(cluster.pk),
            run=cluster.run.number,
            token=agent_token(cluster),
        ),
    )


def reference_to_look(cluster: Cluster) -> ClusterRef:
    """Return the same without its tokens, for calls that only look."""
    image = cluster.image_version
    return ClusterRef(
        cluster_id=str(cluster.pk),
        handle=cluster.handle,
        name=cluster.name,
        region=cluster.cloud.region,
        image=RayImage(
            location=image.pulled_as,
            ray_version=image.ray_version,
            python_version=image.python_version,
            has_login=image.is_registry_image
            and has_password(repository_of(image.location).host, team=cluster.team),
        ),
        workspace=_workspace(cluster),
    )


def _workspace(cluster: Cluster) -> WorkspaceRef | None:
    if cluster.workspace_id is None:
        return None
    return WorkspaceRef(
        workspace_id=cluster.workspace_id.hex,
        base_path=f"/workspaces/{cluster.workspace_id}/",
        image=str(cluster.image_version_id),
        cull_seconds=60 * (cluster.idle_minutes or 0),
    )


def specification(node: Node, *, join_token: str = "") -> NodeSpec:
    """Return what the driver must start for `node`."""
    group = node.group
    config = config_of(
        basis_of_node(node.cluster, node), node.cluster.environment, node.cluster.resource
    )
    written = _written(config, node)
    return NodeSpec(
        name=node.name,
        role=NodeRole(node.role),
        group=group.name,
        instance_type=node.machine,
        market=Market(node.market),
        zone=node.zone,
        resources=node.promised,
        labels=group.labels,
        join_token=join_token,
        batch=node.batch,
        batch_index=node.batch_index,
        batch_size=node.batch_size,
        raw=block_of(config, written),
        flags={**config.flags, **written.flags},
    )


def _written(config: ComputeConfig, node: Node) -> NodeConfig:
    """Return what the configuration says of a node; nothing of a group that it has no more."""
    if node.role == NodeRole.HEAD:
        return config.head_node or NodeConfig()
    return config.group(node.group.name) or NodeConfig()
