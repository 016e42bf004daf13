"""What a driver is told about a cluster: its reference, its nodes, its secrets."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.utils.crypto import salted_hmac

from clusters.models import Cluster, Node
from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import (
    AgentAccess,
    ClusterRef,
    NodeSpec,
    RayImage,
)

# Ray has token authentication from this version on.
TOKEN_SINCE = (2, 52)


def agent_token(cluster: Cluster) -> str:
    """Return the head agent's token of this run.

    It is derived, not stored: a launch that is repeated after a crash hands out the same token,
    and the database holds only its hash.
    """
    return _derived("mobula.agent", cluster)


def hashed(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def has_token_auth(ray_version: str) -> bool:
    """Return whether this Ray can refuse strangers."""
    major, minor = ray_version.split(".")[:2]
    return (int(major), int(minor)) >= TOKEN_SINCE


def ray_token(cluster: Cluster) -> str:
    """Return the token that Ray's ports ask for, or "" where this Ray has none."""
    if not has_token_auth(cluster.image_version.ray_version):
        return ""
    return _derived("mobula.ray", cluster)


def _derived(purpose: str, cluster: Cluster) -> str:
    run = f"{cluster.pk}:{cluster.run.number}"
    return salted_hmac(purpose, run, algorithm="sha256").hexdigest()


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
