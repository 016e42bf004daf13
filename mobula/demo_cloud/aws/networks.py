"""Security groups, placement groups and subnets."""

from __future__ import annotations

from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import (
    VPC,
    PlacementGroup,
    SecurityGroup,
    World,
    matches,
    tag_rows,
    tags_for,
    zone_id,
)


def create_security_group(world: World, asked: Plain) -> Plain:
    """Make a group; its name is unique in its VPC."""
    vpc = asked.get("VpcId", VPC)
    if vpc not in {one.vpc for one in world.subnets.values()}:
        raise Refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    name = asked["GroupName"]
    if asked.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded.", status=412)
    if any(one.name == name and one.vpc == vpc for one in world.groups.values()):
        words = f"The security group '{name}' already exists for VPC '{vpc}'"
        raise Refused("InvalidGroup.Duplicate", words)
    tags = tags_for(asked, "security-group")
    group = SecurityGroup(
        id=f"sg-{world.number():08x}", name=name, vpc=vpc, description=asked["Description"],
        tags=tags,
    )  # fmt: skip
    world.groups[group.id] = group
    return {"GroupId": group.id, "Tags": tag_rows(tags)}


def describe_security_groups(world: World, asked: Plain) -> Plain:
    """List groups."""
    filters, ids = asked.get("Filters", []), asked.get("GroupIds", [])
    for name in ids:
        _group(world, name)
    rows = [
        {
            "GroupId": one.id,
            "GroupName": one.name,
            "VpcId": one.vpc,
            "Description": one.description,
            "Tags": tag_rows(one.tags),
            "IpPermissions": one.ingress,
            "IpPermissionsEgress": one.egress,
        }
        for one in world.groups.values()
        if (not ids or one.id in ids)
        and matches(
            filters,
            {"group-name": one.name, "group-id": one.id, "vpc-id": one.vpc},
            one.tags,
        )
    ]
    return {"SecurityGroups": rows}


def authorize_security_group_ingress(world: World, asked: Plain) -> Plain:
    """Let traffic in."""
    return _authorize(_group(world, asked["GroupId"]).ingress, asked)


def authorize_security_group_egress(world: World, asked: Plain) -> Plain:
    """Let traffic out."""
    return _authorize(_group(world, asked["GroupId"]).egress, asked)


def delete_security_group(world: World, asked: Plain) -> Plain:
    """Remove a group that no interface uses any more."""
    group = _group(world, asked["GroupId"])
    now = world.clock()
    for one in world.instances.values():
        gone = (
            one.ended_at is not None
            and now >= one.ended_at + world.stop_seconds + world.release_seconds
        )
        if group.id in one.groups and not gone:
            words = f"resource {group.id} has a dependent object"
            raise Refused("DependencyViolation", words)
    if any(group.id in one.groups and not one.instance for one in world.interfaces.values()):
        words = f"resource {group.id} has a dependent object"
        raise Refused("DependencyViolation", words)
    del world.groups[group.id]
    return {"Return": True}


def create_placement_group(world: World, asked: Plain) -> Plain:
    """Make a placement group; its name is unique in its region."""
    name = asked["GroupName"]
    if name in world.placements:
        words = f"The Placement Group '{name}' already exists."
        raise Refused("InvalidPlacementGroup.Duplicate", words)
    tags = tags_for(asked, "placement-group")
    world.placements[name] = PlacementGroup(
        name=name, strategy=asked.get("Strategy", "cluster"), tags=tags
    )
    return {"PlacementGroup": _placement(world.placements[name])}


def describe_placement_groups(world: World, asked: Plain) -> Plain:
    """List placement groups."""
    filters = asked.get("Filters", [])
    rows = [
        _placement(one)
        for one in world.placements.values()
        if matches(filters, {"group-name": one.name}, one.tags)
    ]
    return {"PlacementGroups": rows}


def delete_placement_group(world: World, asked: Plain) -> Plain:
    """Remove a placement group that no machine is in."""
    name = asked["GroupName"]
    if name not in world.placements:
        words = f"The Placement Group '{name}' is unknown."
        raise Refused("InvalidPlacementGroup.Unknown", words)
    for one in world.instances.values():
        inside = one.asked.get("Placement", {}).get("GroupName") == name
        if inside and world.state(one) != "terminated":
            words = f"The placement group '{name}' is in use and may not be deleted."
            raise Refused("InvalidPlacementGroup.InUse", words)
    del world.placements[name]
    return {}


def describe_subnets(world: World, asked: Plain) -> Plain:
    """List subnets."""
    filters, ids = asked.get("Filters", []), asked.get("SubnetIds", [])
    for name in ids:
        if name not in world.subnets:
            raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{name}' does not exist")
    rows = [
        {
            "SubnetId": one.id,
            "AvailabilityZone": one.zone,
            "AvailabilityZoneId": zone_id(one.zone),
            "VpcId": one.vpc,
            "DefaultForAz": one.default,
            "AvailableIpAddressCount": one.free,
        }
        for one in world.subnets.values()
        if (not ids or one.id in ids)
        and matches(filters, {"default-for-az": str(one.default).lower(), "vpc-id": one.vpc}, {})
    ]
    return {"Subnets": rows}


def _authorize(rules: list[Plain], asked: Plain) -> Plain:
    new = asked["IpPermissions"]
    if any(rule in rules for rule in new):
        raise Refused("InvalidPermission.Duplicate", "the specified rule already exists")
    rules.extend(new)
    return {"Return": True}


def _group(world: World, name: str) -> SecurityGroup:
    if name not in world.groups:
        raise Refused("InvalidGroup.NotFound", f"The security group '{name}' does not exist")
    return world.groups[name]


def _placement(group: PlacementGroup) -> Plain:
    return {
        "GroupName": group.name,
        "State": "available",
        "Strategy": group.strategy,
        "Tags": tag_rows(group.tags),
    }
