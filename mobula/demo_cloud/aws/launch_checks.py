"""What EC2 finds wrong with a launch before it looks for machines."""

from __future__ import annotations

import base64
import re

from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import World, tags_for

MOST_USER_DATA = 16 * 1024
_TAG_IN_METADATA = re.compile(r"[A-Za-z0-9+\-=._:@,!]+\Z")


def check_launch(world: World, asked: Plain) -> None:
    """Raise Refused for the first thing that is wrong."""
    if not 1 <= asked["MinCount"] <= asked["MaxCount"]:
        raise Refused("InvalidParameterValue", "Value for minCount or maxCount is invalid.")
    kind = world.types.get(asked.get("InstanceType", ""))
    if kind is None:
        words = f"Invalid value '{asked.get('InstanceType')}' for InstanceType."
        raise Refused("InvalidParameterValue", words)
    image = world.images.get(asked.get("ImageId", ""))
    if image is None:
        words = f"The image id '[{asked.get('ImageId')}]' does not exist"
        raise Refused("InvalidAMIID.NotFound", words)
    if image["Architecture"] not in kind["ProcessorInfo"]["SupportedArchitectures"]:
        words = (
            f"The architecture '{image['Architecture']}' of the specified AMI does not match that "
            f"of the instance type {asked['InstanceType']}."
        )
        raise Refused("InvalidParameterValue", words)
    if len(base64.b64decode(asked.get("UserData", ""))) > MOST_USER_DATA:
        raise Refused("InvalidParameterValue", "User data is limited to 16384 bytes")
    key = asked.get("KeyName")
    if key and key not in world.key_pairs:
        raise Refused("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    name = asked.get("Placement", {}).get("GroupName")
    if name and name not in world.placements:
        words = f"The Placement Group '{name}' is unknown."
        raise Refused("InvalidPlacementGroup.Unknown", words)
    _check_network(world, asked)
    _check_tags(asked)


def _check_network(world: World, asked: Plain) -> None:
    interfaces = asked.get("NetworkInterfaces", [])
    if interfaces and (asked.get("SubnetId") or asked.get("SecurityGroupIds")):
        words = (
            "Network interfaces and an instance-level subnet ID or security groups may not be "
            "specified on the same request"
        )
        raise Refused("InvalidParameterCombination", words)
    for name in groups_of(asked):
        if name not in world.groups:
            raise Refused("InvalidGroup.NotFound", f"The security group '{name}' does not exist")
    if any(one.get("InterfaceType") == "efa" for one in interfaces):
        network = world.types[asked["InstanceType"]].get("NetworkInfo", {})
        if not network.get("EfaSupported"):
            words = f"EFA interfaces are not supported on {asked['InstanceType']}"
            raise Refused("Unsupported", words)


def _check_tags(asked: Plain) -> None:
    tags = tags_for(asked, "instance")
    for key in tags:
        if key.startswith("aws:"):
            raise Refused("InvalidTagKey.Malformed", "Tag keys starting with 'aws:' are reserved")
    if asked.get("MetadataOptions", {}).get("InstanceMetadataTags") == "enabled":
        bad = [key for key in tags if not _TAG_IN_METADATA.match(key)]
        if bad:
            words = f"'{bad[0]}' is not a valid tag key. Tag keys must match pattern."
            raise Refused("InvalidParameterValue", words)


def groups_of(asked: Plain) -> list[str]:
    """Return the security groups that a RunInstances names."""
    inner = [name for one in asked.get("NetworkInterfaces", []) for name in one.get("Groups", [])]
    return [*asked.get("SecurityGroupIds", []), *inner]
