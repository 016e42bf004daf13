"""The RunInstances of a batch: the cloud's settings, and the raw configuration laid over them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.aws import tags
from providers.aws.account import AwsAccount, RootDisk
from providers.aws.machines.batches import Batch
from providers.aws.machines.images import Hardware, Image
from providers.base import CapacityUnavailable, ClusterRef, InvalidRequest, NodeSpec
from providers.bootstrap.user_data import MOST_BYTES

type Parameters = dict[str, Any]

TAGGED = ("instance", "volume", "network-interface")
_ZONE_ID = re.compile(r"[a-z]+\d-az\d+\Z")
_SPOT = {
    "MarketType": "spot",
    "SpotOptions": {
        "SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a launch needs besides the nodes."""

    account: AwsAccount
    hardware: Hardware
    image: Image
    groups: Sequence[str]  # security groups
    placement_group: str = ""
    user_data: str = ""


def parameters_of(cluster: ClusterRef, batch: Batch, frame: Frame) -> Parameters:
    """Return the parameters of the call: the same ones whenever it is repeated.

    Raises `InvalidRequest` for a raw configuration that contradicts its group, and
    `CapacityUnavailable` for a zone in which the cloud has no subnet.
    """
    node, raw = batch.kind, deepcopy(dict(batch.kind.raw))
    _check_market(node, raw)
    if len(frame.user_data.encode()) > MOST_BYTES:
        raise InvalidRequest(f"The user data of {node.name} is larger than 16 KiB.")
    tag_rows = raw.pop("TagSpecifications", ())
    disks = raw.pop("BlockDeviceMappings", ())
    merged = _merged(_base(node, frame), raw)
    _connect(merged, node, frame)
    return merged | {
        "ImageId": frame.image.id,
        "InstanceType": node.instance_type,
        "MinCount": 1,
        "MaxCount": batch.count,
        "ClientToken": batch.token,
        "UserData": frame.user_data,
        "InstanceInitiatedShutdownBehavior": "terminate",
        **_disks(frame, disks),
        **_tags(cluster, batch, frame, tag_rows, merged),
    }


def wants_efa(node: NodeSpec, hardware: Hardware) -> bool:
    """Return whether a node gets EFA interfaces: its cluster asks for it, and its type can."""
    asked = isinstance(node.flags.get("efa_config"), Mapping)
    return asked and node.role is NodeRole.WORKER and hardware.efa_interfaces > 0


def zone_of(node: NodeSpec, account: AwsAccount) -> str:
    """Return the zone that a node goes to; "" where EC2 chooses."""
    return node.zone or next(iter(account.subnets), "")


def _check_market(node: NodeSpec, raw: Parameters) -> None:
    market = raw.get("InstanceMarketOptions", {}).get("MarketType", "")
    if market == "spot" and node.market is not Market.SPOT:
        raise InvalidRequest(
            f"InstanceMarketOptions of group {node.group} asks for spot and the group does not. "
            "Set the group's market."
        )
    if market == "capacity-block" and node.market is Market.SPOT:
        raise InvalidRequest(
            f"Group {node.group} cannot be spot and use a capacity block. Set its market to "
            "on-demand."
        )


def _base(node: NodeSpec, frame: Frame) -> Parameters:
    account = frame.account
    profile = account.head_profile if node.role is NodeRole.HEAD else account.worker_profile
    found: Parameters = {
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpEndpoint": "enabled",
            "HttpPutResponseHopLimit": 2,  # for containers
        }
    }
    if profile:
        key = "Arn" if profile.startswith("arn:") else "Name"
        found["IamInstanceProfile"] = {key: profile}
    if account.key_name:
        found["KeyName"] = account.key_name
    if node.market is Market.SPOT:
        found["InstanceMarketOptions"] = deepcopy(_SPOT)
    if frame.placement_group:
        found["Placement"] = {"GroupName": frame.placement_group}
    return found


def _merged(base: Parameters, raw: Mapping[str, Any]) -> Parameters:
    """Lay a raw block over what we would ask for: what it says holds."""
    found = dict(base)
    for key, value in raw.items():
        if key == "IamInstanceProfile":  # by ARN or by name: both at once are refused
            found[key] = value
        elif isinstance(value, Mapping) and isinstance(found.get(key), dict):
            found[key] = _merged(found[key], value)
        else:
            found[key] = value
    return found


def _connect(merged: Parameters, node: NodeSpec, frame: Frame) -> None:
    """Say where the machine is: in a subnet with its groups, or in a zone of the default VPC.

    EC2 takes subnet and groups from the interface, where there is one.
    """
    subnet = merged.pop("SubnetId", "") or _subnet(node, frame.account)
    groups = merged.pop("SecurityGroupIds", None) or list(frame.groups)
    if not subnet and (zone := zone_of(node, frame.account)):
        key = "AvailabilityZoneId" if _ZONE_ID.match(zone) else "AvailabilityZone"
        merged.setdefault("Placement", {}).setdefault(key, zone)
    interfaces = merged.pop("NetworkInterfaces", None) or _interfaces(node, frame)
    if not interfaces:
        merged["SecurityGroupIds"] = groups
        if subnet:
            merged["SubnetId"] = subnet
        return
    inner: Parameters = {"Groups": groups, **({"SubnetId": subnet} if subnet else {})}
    merged["NetworkInterfaces"] = [
        one if "NetworkInterfaceId" in one else inner | one for one in interfaces
    ]


def _subnet(node: NodeSpec, account: AwsAccount) -> str:
    if not account.subnets:
        return ""
    zone = zone_of(node, account)
    if zone not in account.subnets:
        raise CapacityUnavailable(
            f"The cloud has no subnet in {zone}. Add one to its settings, or leave the zone out."
        )
    return account.subnets[zone]


def _interfaces(node: NodeSpec, frame: Frame) -> list[Parameters]:
    if wants_efa(node, frame.hardware):
        wanted = node.flags["efa_config"].get("device_count", frame.hardware.efa_interfaces)
        count = min(wanted, frame.hardware.efa_interfaces)
        return [
            {"NetworkCardIndex": card, "DeviceIndex": min(card, 1), "InterfaceType": "efa"}
            for card in range(count)
        ]
    if frame.account.public_ip is not None:
        return [{"DeviceIndex": 0, "AssociatePublicIpAddress": frame.account.public_ip}]
    return []


def _disks(frame: Frame, raw: Sequence[Parameters]) -> Parameters:
    """Return the volumes: the root disk as the cloud says, and those of the raw configuration."""
    disks: dict[str, Parameters] = {}
    root = _root(frame.account.root_disk)
    if root and frame.image.root_device:
        disks[frame.image.root_device] = {"DeviceName": frame.image.root_device, "Ebs": root}
    for one in raw:
        name = one.get("DeviceName", "")
        disks[name] = _merged(disks.get(name, {}), one)
    return {"BlockDeviceMappings": list(disks.values())} if disks else {}


def _root(disk: RootDisk) -> Parameters:
    told = {
        "VolumeSize": disk.size_gib,
        "VolumeType": disk.type or None,
        "Iops": disk.iops,
        "Throughput": disk.throughput,
        "Encrypted": disk.encrypted,
        "KmsKeyId": disk.kms_key or None,
    }
    found = {key: value for key, value in told.items() if value is not None}
    return {**found, "DeleteOnTermination": True} if found else {}


def _tags(
    cluster: ClusterRef,
    batch: Batch,
    frame: Frame,
    raw: Sequence[Mapping[str, Any]],
    merged: Parameters,
) -> Parameters:
    """Return the tags of all that is made; they can be read on the machine if their keys allow."""
    own = tags.of_cluster(cluster.handle, frame.account.installation) | {
        tags.BATCH: batch.name,
        tags.ROLE: batch.kind.role.value,
        tags.GROUP: batch.kind.group,
    }
    base = {"Name": f"{cluster.name} {batch.kind.group}", **frame.account.tags}
    by_resource: dict[str, dict[str, str]] = {name: dict(base) for name in TAGGED}
    for one in raw:
        found = by_resource.setdefault(one["ResourceType"], {})
        found.update(tags.of_rows(one.get("Tags", ())))
    specified = [
        {"ResourceType": name, "Tags": tags.rows({**found, **own})}
        for name, found in by_resource.items()
    ]
    readable = all(tags.in_metadata(key) for key in by_resource["instance"])
    options = {
        "InstanceMetadataTags": "enabled" if readable else "disabled",
        **merged["MetadataOptions"],
    }
    return {"TagSpecifications": specified, "MetadataOptions": options}
