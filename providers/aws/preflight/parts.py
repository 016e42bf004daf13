"""What a launch names in the account: key pair, instance profile, AMI, container image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from providers.aws.errors import code_of
from providers.aws.machines.images import Hardware
from providers.aws.preflight.facts import Facts
from providers.aws.preflight.findings import rows
from providers.base import InvalidRequest
from providers.preflight import Finding, failed, passed, warned
from providers.preflight.images import check_image

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?\Z"
)
_NOT_IN_ECR = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


def check_key_pair(facts: Facts, name: str) -> Finding:
    """Look whether an SSH key pair exists."""
    try:
        found = facts.ec2("describe_key_pairs", KeyNames=[name])["KeyPairs"]
    except InvalidRequest as error:
        if code_of(error) != "InvalidKeyPair.NotFound":
            raise
        return failed(
            f"The key pair {name} does not exist in {facts.account.region}.",
            way_out="Change the cloud's key_name or the raw KeyName, or create it in AWS.",
            raw=code_of(error), certain=True,
        )  # fmt: skip
    raw = rows(found, "KeyName", "KeyType", "KeyFingerprint")
    return passed(f"The key pair {name} exists.", raw=raw)


def check_profile(facts: Facts, name: str) -> Finding:
    """Look whether an instance profile exists and has a role."""
    try:
        found = facts.iam("get_instance_profile", InstanceProfileName=name)["InstanceProfile"]
    except InvalidRequest as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return failed(
            f"The instance profile {name} does not exist in the account.",
            way_out="Change the cloud's profiles or the raw IamInstanceProfile, or create it in "
            "IAM.",
            raw=code_of(error), certain=True,
        )  # fmt: skip
    roles = [role["RoleName"] for role in found.get("Roles", ())]
    raw = {"InstanceProfileName": found["InstanceProfileName"], "Roles": roles}
    if not roles:
        return failed(
            f"The instance profile {name} has no role: its machines have no permissions.",
            way_out="Add a role to it in IAM.", raw=raw, certain=True,
        )  # fmt: skip
    return passed(f"The instance profile {name} has the role {roles[0]}.", raw=raw)


def check_ami(facts: Facts, type_name: str) -> Finding:
    """Look whether the AMI of a machine type exists, fits it, and can be launched."""
    hardware = facts.hardware(type_name)
    try:
        image = facts.image(hardware)
        found = facts.ec2("describe_images", ImageIds=[image.id])["Images"]
    except InvalidRequest as error:
        return failed(
            str(error), way_out="Change the cloud's AMI.", raw=code_of(error) or None, certain=True
        )
    [row] = found or [{}]
    raw = rows([row], "ImageId", "Name", "Architecture", "State", "RootDeviceType",
               "RootDeviceName", "DeprecationTime")  # fmt: skip
    if row.get("State") != "available":
        state = row.get("State", "missing")
        return failed(
            f"The AMI {image.id} is {state}.", way_out="Change the cloud's AMI.", raw=raw,
            certain=True,
        )  # fmt: skip
    return _usable(facts, row, hardware, raw)


def _usable(
    facts: Facts, row: Mapping[str, str], hardware: Hardware, raw: list[dict[str, str]]
) -> Finding:
    name = f"The AMI {row['ImageId']} ({row.get('Name', 'unnamed')}) for {hardware.image_kind}"
    if row.get("RootDeviceType") != "ebs":
        return failed(
            f"{name} machines has no EBS root volume.",
            way_out="Use an AMI whose root device is EBS.", raw=raw, certain=True,
        )  # fmt: skip
    ends = row.get("DeprecationTime", "")
    if ends and datetime.fromisoformat(ends) < datetime.now(UTC):
        return warned(
            f"{name} machines is deprecated since {ends[:10]}.",
            way_out="Use a newer AMI.", raw=raw,
        )  # fmt: skip
    region = facts.account.region
    return passed(f"{name} machines is available in {region} ({row['Architecture']}).", raw=raw)


def check_container_image(
    facts: Facts, image: str, *, logins: Mapping[str, str], certificates: Mapping[str, str]
) -> Finding:
    """Look whether the container image exists: in ECR by its API, elsewhere in its registry."""
    match = _ECR.match(image)
    if match is None:
        return check_image(image, logins=logins, certificates=certificates)
    which = {"imageDigest": match["digest"]} if match["digest"] else {
        "imageTag": match["tag"] or "latest"
    }  # fmt: skip
    try:
        found = facts.registry(match["region"])(
            "describe_images", registryId=match["account"], repositoryName=match["name"],
            imageIds=[which],
        )["imageDetails"]  # fmt: skip
    except InvalidRequest as error:
        if code_of(error) not in _NOT_IN_ECR:
            raise
        return failed(
            f"ECR has no image {match['name']}:{next(iter(which.values()))} in {match['region']}.",
            way_out="Push the image, or change its tag.", raw=code_of(error), certain=True,
        )  # fmt: skip
    raw = rows(found, "repositoryName", "imageDigest", "imageTags", "imageSizeInBytes")
    return passed(
        "ECR has the image. The machines' instance profile must be allowed to pull it.", raw=raw
    )
