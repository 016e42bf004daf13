"""Volumes and network interfaces: what instances bring with them, and what they leave behind."""

from __future__ import annotations

from datetime import UTC, datetime

from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import (
    VPC,
    Instance,
    Interface,
    Volume,
    World,
    matches,
    tag_rows,
    tags_for,
)

_ROOT_GIB = 8


def attach(world: World, machine: Instance) -> None:
    """Make the volumes and the network interface of an instance that starts."""
    mappings = machine.asked.get("BlockDeviceMappings") or [{"Ebs": {}}]
    for disk in (one["Ebs"] for one in mappings if "Ebs" in one):
        volume = Volume(
            id=f"vol-{world.number():017x}",
            size=int(disk.get("VolumeSize", _ROOT_GIB)),
            type=disk.get("VolumeType", "gp3"),
            zone=machine.zone,
            created_at=machine.launched_at,
            instance=machine.id,
            stays=not disk.get("DeleteOnTermination", True),
            tags=tags_for(machine.asked, "volume"),
        )
        world.volumes[volume.id] = volume
    interface = Interface(
        id=f"eni-{world.number():017x}",
        zone=machine.zone,
        subnet=machine.subnet,
        groups=machine.groups,
        instance=machine.id,
        tags=tags_for(machine.asked, "network-interface"),
    )
    world.interfaces[interface.id] = interface


def describe_volumes(world: World, asked: Plain) -> Plain:
    """List volumes, a page at a time."""
    found = [
        _volume(world, one)
        for one in list(world.volumes.values())
        if exists(world, one)
        and matches(
            asked.get("Filters", []),
            {"volume-id": one.id, "status": _status(world, one, "in-use")},
            one.tags,
        )
    ]
    return _page(world, asked, "Volumes", found)


def describe_network_interfaces(world: World, asked: Plain) -> Plain:
    """List network interfaces, a page at a time."""
    found = [
        _interface(world, one)
        for one in list(world.interfaces.values())
        if exists(world, one)
        and matches(
            asked.get("Filters", []),
            {"network-interface-id": one.id, "status": _status(world, one, "in-use")},
            one.tags,
        )
    ]
    return _page(world, asked, "NetworkInterfaces", found)


def delete_volume(world: World, asked: Plain) -> Plain:
    """Remove a volume that no instance has."""
    name = asked["VolumeId"]
    volume = world.volumes.get(name)
    if volume is None or not exists(world, volume):
        raise Refused("InvalidVolume.NotFound", f"The volume '{name}' does not exist.")
    if _holder(world, volume):
        raise Refused("VolumeInUse", f"Volume {name} is currently attached to {volume.instance}")
    del world.volumes[name]
    return {}


def delete_network_interface(world: World, asked: Plain) -> Plain:
    """Remove a network interface that no instance has."""
    name = asked["NetworkInterfaceId"]
    interface = world.interfaces.get(name)
    if interface is None or not exists(world, interface):
        words = f"The networkInterface ID '{name}' does not exist"
        raise Refused("InvalidNetworkInterfaceID.NotFound", words)
    if _holder(world, interface):
        words = f"Network interface '{name}' is currently in use."
        raise Refused("InvalidNetworkInterface.InUse", words)
    del world.interfaces[name]
    return {}


def _holder(world: World, one: Volume | Interface) -> str:
    """Return the instance that has it, as long as it has."""
    machine = world.instances.get(one.instance)
    return one.instance if machine and world.state(machine) != "terminated" else ""


def exists(world: World, one: Volume | Interface) -> bool:
    """Return whether a volume or an interface has not gone with its instance."""
    return not one.instance or one.stays or bool(_holder(world, one))


def _status(world: World, one: Volume | Interface, used: str) -> str:
    return used if _holder(world, one) else "available"


def _page(world: World, asked: Plain, key: str, found: list[Plain]) -> Plain:
    limit = min(asked.get("MaxResults", world.page_size), world.page_size)
    start = int(asked.get("NextToken") or 0)
    more = {"NextToken": str(start + limit)} if start + limit < len(found) else {}
    return {key: found[start : start + limit], **more}


def _volume(world: World, one: Volume) -> Plain:
    holder = _holder(world, one)
    return {
        "VolumeId": one.id,
        "Size": one.size,
        "VolumeType": one.type,
        "AvailabilityZone": one.zone,
        "State": _status(world, one, "in-use"),
        "CreateTime": datetime.fromtimestamp(one.created_at, UTC),
        "Attachments": [{"InstanceId": holder, "VolumeId": one.id}] if holder else [],
        "Tags": tag_rows(one.tags),
    }


def _interface(world: World, one: Interface) -> Plain:
    holder = _holder(world, one)
    row: Plain = {
        "NetworkInterfaceId": one.id,
        "AvailabilityZone": one.zone,
        "SubnetId": one.subnet,
        "VpcId": VPC,
        "Status": _status(world, one, "in-use"),
        "Groups": [{"GroupId": name} for name in one.groups],
        "TagSet": tag_rows(one.tags),
    }
    if holder:
        row["Attachment"] = {"InstanceId": holder, "Status": "attached"}
    return row
