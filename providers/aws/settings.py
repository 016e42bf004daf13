"""The settings of EC2: keys of RunInstances."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from domain.instance_settings.kinds import NAMES, SWITCH, TAGS, TEXT, WHOLE, Kind, choice
from domain.instance_settings.table import At, Block, By, Loc, Setting, under

MOST_VOLUMES = 6
"""More volumes than this are edited as YAML."""

_INTERFACE = By("DeviceIndex", 0)
_VOLUME_TYPES = choice(*((name, name) for name in ("gp3", "gp2", "io2", "io1", "st1", "sc1")))


def settings(block: Mapping[str, Any]) -> tuple[Setting, ...]:
    """The settings, as many volumes as the block has and one more.

    EC2 takes the subnet and the security groups from the network interface, where there is one.
    """
    volumes = block.get("BlockDeviceMappings")
    count = len(volumes) if isinstance(volumes, list) else 0
    return _settings(min(count + 1, MOST_VOLUMES), isinstance(block.get("NetworkInterfaces"), list))


@cache
def _settings(volumes: int, has_interfaces: bool) -> tuple[Setting, ...]:
    disks = tuple(setting for index in range(volumes) for setting in _volume(index))
    return (*_network(has_interfaces=has_interfaces), *disks, *_PLACEMENT, *_ACCESS, *_TAGS)


def gather(block: Block, changes: Mapping[str, Any]) -> None:
    """Move the subnet and the groups into an interface that was just set: EC2 wants them there."""
    interface = under(block, ("NetworkInterfaces", _INTERFACE))
    if not changes.get("interface") or not isinstance(interface, dict):
        return
    for key, inside in (("SubnetId", "SubnetId"), ("SecurityGroupIds", "Groups")):
        if key in block and inside not in interface:
            interface[inside] = block.pop(key)


def _one(group: str, name: str, label: str, kind: Kind, loc: Loc, note: str = "") -> Setting:
    return Setting(name=name, label=label, group=group, kind=kind, place=At(loc), help=note)


def _network(*, has_interfaces: bool) -> tuple[Setting, ...]:
    holder: Loc = ("NetworkInterfaces", _INTERFACE) if has_interfaces else ()
    groups = "Groups" if has_interfaces else "SecurityGroupIds"
    efa = choice(("interface", "Ordinary"), ("efa", "EFA"), ("efa-only", "EFA only, without IP"))
    kind: Loc = ("NetworkInterfaces", _INTERFACE, "InterfaceType")
    note = "EFA also uses the subnet and security groups. The flag efa_config is an alternative."
    return (
        _one("Network", "subnet", "Subnet", TEXT, (*holder, "SubnetId")),
        _one("Network", "groups", "Security groups", NAMES, (*holder, groups)),
        _one("Network", "interface", "Network interface", efa, kind, note),
    )


def _volume(index: int) -> tuple[Setting, ...]:
    group, at = f"Disk {index + 1}", ("BlockDeviceMappings", index)
    ebs: Loc = (*at, "Ebs")

    def one(name: str, label: str, kind: Kind, loc: Loc, note: str = "") -> Setting:
        return _one(group, f"disk{index}_{name}", label, kind, loc, note)

    root = "/dev/sda1 or /dev/xvda is the root disk in most images." if index == 0 else ""
    return (
        one("device", "Device", TEXT, (*at, "DeviceName"), root),
        one("size", "Size (GiB)", WHOLE, (*ebs, "VolumeSize")),
        one("type", "Volume type", _VOLUME_TYPES, (*ebs, "VolumeType")),
        one("iops", "IOPS", WHOLE, (*ebs, "Iops")),
        one("throughput", "Throughput (MiB/s)", WHOLE, (*ebs, "Throughput")),
        one("encrypted", "Encrypted", SWITCH, (*ebs, "Encrypted")),
        one("key", "KMS key", TEXT, (*ebs, "KmsKeyId")),
        one("delete", "Delete on termination", SWITCH, (*ebs, "DeleteOnTermination")),
    )


_RESERVATION = "CapacityReservationSpecification"
_PLACEMENT = (
    _one("Placement", "placement_group", "Placement group", TEXT, ("Placement", "GroupName")),
    _one(
        "Placement", "tenancy", "Tenancy",
        choice(("default", "Shared"), ("dedicated", "Dedicated"), ("host", "Dedicated host")),
        ("Placement", "Tenancy"),
    ),
    _one(
        "Placement", "reservation", "Capacity reservation", TEXT,
        (_RESERVATION, "CapacityReservationTarget", "CapacityReservationId"),
    ),
    _one(
        "Placement", "reservation_preference", "Reservations",
        choice(
            ("open", "Any open reservation"), ("none", "None"),
            ("capacity-reservations-only", "Only reserved capacity"),
        ),
        (_RESERVATION, "CapacityReservationPreference"),
    ),
    _one(
        "Placement", "market", "Capacity block", choice(("capacity-block", "Use a capacity block")),
        ("InstanceMarketOptions", "MarketType"), "For spot, set the group's market.",
    ),
)  # fmt: skip
_ACCESS = (
    _one("Access", "profile", "Instance profile (ARN)", TEXT, ("IamInstanceProfile", "Arn")),
    _one(
        "Access", "profile_name", "Instance profile (name)", TEXT, ("IamInstanceProfile", "Name"),
        "Set the ARN or the name.",
    ),
    _one("Access", "key_pair", "Key pair", TEXT, ("KeyName",)),
    _one(
        "Access", "imds", "Metadata service",
        choice(("required", "Version 2 only"), ("optional", "Versions 1 and 2")),
        ("MetadataOptions", "HttpTokens"),
    ),
    _one(
        "Access", "imds_hops", "Metadata hop limit", WHOLE,
        ("MetadataOptions", "HttpPutResponseHopLimit"), "Use 2 if containers need it.",
    ),
    _one("Access", "monitoring", "Detailed monitoring", SWITCH, ("Monitoring", "Enabled")),
)  # fmt: skip


def _tags_of(resource: str, label: str) -> Setting:
    loc: Loc = ("TagSpecifications", By("ResourceType", resource), "Tags")
    return _one("Tags", f"{resource}_tags", label, TAGS, loc)


_TAGS = (_tags_of("instance", "Instance tags"), _tags_of("volume", "Volume tags"))
