"""The RunInstances that a launch of a group would make, as far as it is known before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domain.offerings import InstanceType
from providers.aws.account import AwsAccount
from providers.aws.machines.batches import Batch
from providers.aws.machines.images import Hardware, Image
from providers.aws.machines.request import Frame, Parameters, parameters_of, wants_efa
from providers.aws.machines.user_data import ray_node
from providers.base import (
    MOST_IN_BATCH,
    AgentAccess,
    ClusterRef,
    NodeSpec,
    ProviderError,
    RayImage,
)
from providers.preflight import Wanted, WantedGroup

HANDLE = "preflight"
_NAME = f"{HANDLE}-1"
_REF = ClusterRef(
    cluster_id="",
    handle=HANDLE,
    name="preflight",
    region="",
    image=RayImage(location="", ray_version="", python_version=""),
)
_ANY = Hardware(
    type=InstanceType(name="any", vcpus=1, memory_bytes=1, gpus=0, gpu_model=""), efa_interfaces=0
)
_NO_TOKEN = "0" * 64
# What stands in the user data where it is not known yet.
_SOME_URL, _SOME_IMAGE = "https://mobula.invalid", "rayproject/ray:2.60.0"
_SOME_RAY = "2.60.0"
_NONE = Image(id="", root_device="", arch="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a group's machines name in the account; empty: as EC2 or Mobula chooses."""

    group: WantedGroup
    key: str = ""
    profile: str = ""
    subnets: Sequence[str] = ()  # those that a node may go to
    security_groups: Sequence[str] = field(default_factory=tuple)


def node_of(group: WantedGroup, account: AwsAccount, *, count: int) -> NodeSpec:
    """Return the first of a batch of the group's nodes."""
    return NodeSpec(
        name=_NAME,
        role=group.role,
        group=group.name,
        instance_type=group.types[0],
        market=group.market,
        zone=_zone(group, account),
        resources={},
        batch=_NAME,
        batch_size=count,
        raw=group.raw,
        flags=group.flags,
    )


def user_data_of(group: WantedGroup, account: AwsAccount, wanted: Wanted) -> str:
    """Return what the group's machines would run first, with no token in it that is good.

    Raises InvalidRequest for what a machine could not work with.
    """
    agent = AgentAccess(url=wanted.mobula_url or _SOME_URL, cluster_id="", run=1, token="")
    image = RayImage(
        location=wanted.image or _SOME_IMAGE,
        ray_version=wanted.ray_version or _SOME_RAY,
        python_version="",
    )
    cluster = replace(_REF, agent=agent, image=image)
    node = replace(node_of(group, account, count=1), join_token=_NO_TOKEN)
    return ray_node(cluster, node, account=account)


def call_of(
    group: WantedGroup,
    account: AwsAccount,
    *,
    hardware: Hardware = _ANY,
    image: Image = _NONE,
    user_data: str = "",
) -> Parameters:
    """Return the parameters of a group's launch; raises as `parameters_of` does.

    Without hardware and image, only what does not depend on them is right.
    """
    count = min(max(group.least, 1), MOST_IN_BATCH)
    node = node_of(group, account, count=count)
    groups, placement = list(account.security_groups), ""
    if wants_efa(node, hardware):
        groups += filter(None, [node.flags["efa_config"].get("security_group_id", "")])
        placement = node.flags["efa_config"].get("placement_group", "")
    frame = Frame(
        account=account,
        hardware=hardware,
        image=image,
        groups=groups,
        placement_group=placement,
        user_data=user_data,
    )
    return parameters_of(_REF, Batch(name=_NAME, nodes=[node], count=count), frame)


def draft_of(group: WantedGroup, account: AwsAccount) -> Draft:
    """Return what a group's launch names; what it names is empty where it would be refused."""
    try:
        call = call_of(group, account)
    except ProviderError:  # the dry run says why
        return Draft(group=group)
    profile = call.get("IamInstanceProfile", {})
    interfaces: Sequence[Any] = call.get("NetworkInterfaces", ())
    inner = [name for one in interfaces for name in one.get("Groups", ())]
    return Draft(
        group=group,
        key=call.get("KeyName", ""),
        profile=profile.get("Name") or profile.get("Arn", "").rpartition("/")[2],
        subnets=_subnets(group, account, call),
        security_groups=tuple(dict.fromkeys([*call.get("SecurityGroupIds", ()), *inner])),
    )


def _zone(group: WantedGroup, account: AwsAccount) -> str:
    usable = [zone for zone in group.zones if not account.subnets or zone in account.subnets]
    return next(iter(usable or group.zones), "")


def _subnets(group: WantedGroup, account: AwsAccount, call: Parameters) -> Sequence[str]:
    """Return the subnet of the raw configuration, or the cloud's of the zones that are allowed."""
    interfaces = call.get("NetworkInterfaces", ())
    own = {one["SubnetId"] for one in interfaces if "SubnetId" in one}
    own |= {call["SubnetId"]} if "SubnetId" in call else set()
    others = own - set(account.subnets.values())
    if others:
        return sorted(others)
    zones = group.zones or list(account.subnets)
    return sorted({account.subnets[zone] for zone in zones if zone in account.subnets})
