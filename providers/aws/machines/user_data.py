"""What a machine runs when it boots for the first time.

Every machine of a batch boots the same text, and EC2 refuses a repeated launch whose text differs:
it depends on nothing but the cluster and the batch. A machine finds out which node it is from its
place in the launch, which the metadata service tells it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from providers.aws.account import AwsAccount
from providers.aws.machines.inside import machines
from providers.base import ClusterRef, InvalidRequest, NodeSpec, RayImage
from providers.bootstrap.node import BootNode, Registry
from providers.bootstrap.user_data import user_data

type UserData = Callable[[ClusterRef, NodeSpec], str]
"""Makes the text for the batch that a node is in; the same one for each of its nodes."""

_ECR = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")


def ray_node(cluster: ClusterRef, node: NodeSpec, *, account: AwsAccount) -> str:
    """Return the user data with which a machine joins its cluster as a node of Ray.

    Raises InvalidRequest for what a machine could not work with; see `BootNode`.
    """
    if cluster.agent is None:
        raise InvalidRequest(f"Nodes of {cluster.name} do not know how to reach Mobula.")
    return user_data(
        BootNode(
            url=account.mobula_url or cluster.agent.url,
            join_token=node.join_token,
            role=node.role,
            group=node.group,
            market=node.market,
            image=cluster.image.location,
            ray_version=cluster.image.ray_version,
            registry=_registry(cluster.image),
            resources=node.resources,
            labels=node.labels,
            has_gpu=node.resources.get("GPU", 0) > 0,
            machines=machines(),
            lifetime=timedelta(days=account.node_lifetime_days),
        )
    )


def _registry(image: RayImage) -> Registry:
    """Return who may pull the image: what Mobula has a login for needs no other one."""
    if image.has_login:
        return Registry.MOBULA
    return Registry.ECR if _ECR.match(image.location) else Registry.OPEN
