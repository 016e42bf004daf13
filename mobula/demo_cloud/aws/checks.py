"""What only checks before a launch ask: IAM, Service Quotas, ECR, scores of spot, key pairs."""

from __future__ import annotations

import json

from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import ACCOUNT, ZONES, World, zone_id

# What AWS gives to every account.
DEFAULT_QUOTAS = {"L-1216C47A": 5.0, "L-34B43A08": 5.0}
MOST_RESULTS = 1000
_DIGEST = "sha256:" + "a" * 64


def describe_key_pairs(world: World, asked: Plain) -> Plain:
    """List SSH key pairs by name."""
    for name in asked.get("KeyNames", []):
        if name not in world.key_pairs:
            raise Refused("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
    rows = [
        {"KeyName": name, "KeyPairId": f"key-{name}", "KeyType": "ed25519", "KeyFingerprint": "aa"}
        for name in sorted(world.key_pairs)
        if name in asked.get("KeyNames", world.key_pairs)
    ]
    return {"KeyPairs": rows}


def get_spot_placement_scores(world: World, asked: Plain) -> Plain:
    """Rate a request for spot machines in each zone; few types are always rated low."""
    if asked["TargetCapacity"] < 1:
        raise Refused("InvalidParameterValue", "TargetCapacity must be at least 1.")
    is_low = len(asked.get("InstanceTypes", ())) < 3
    rows = [
        {
            "Region": region,
            "AvailabilityZoneId": zone_id(zone),
            "Score": 1 if is_low else world.scores.get(zone, 9),
        }
        for region in asked.get("RegionNames", ["us-east-1"])
        for zone in ZONES
    ]
    return {"SpotPlacementScores": rows}


def get_service_quota(world: World, asked: Plain) -> Plain:
    """Return a quota that the account has of its own."""
    return _quota(asked, world.vcpu_quotas)


def get_default_quota(_world: World, asked: Plain) -> Plain:
    """Return a quota as every account begins with it."""
    return _quota(asked, DEFAULT_QUOTAS)


def _quota(asked: Plain, values: dict[str, float]) -> Plain:
    code = asked["QuotaCode"]
    if asked["ServiceCode"] != "ec2" or code not in values:
        words = "The request failed because the specified quota does not exist."
        raise Refused("NoSuchResourceException", words)
    quota = {"ServiceCode": "ec2", "QuotaCode": code, "Value": values[code], "Unit": "None"}
    return {"Quota": quota}


def get_instance_profile(world: World, asked: Plain) -> Plain:
    """Return an instance profile with its role."""
    name = asked["InstanceProfileName"]
    if name not in world.profiles:
        words = f"Instance Profile {name} cannot be found."
        raise Refused("NoSuchEntity", words, status=404)
    roles = [
        {"RoleName": role, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{role}"}
        for role in world.profiles[name]
    ]
    arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"
    return {"InstanceProfile": {"InstanceProfileName": name, "Arn": arn, "Roles": roles}}


def simulate_principal_policy(world: World, asked: Plain) -> Plain:
    """Say of each action whether the account's policies allow it, a page at a time."""
    arn = asked["PolicySourceArn"]
    if ":user/" not in arn and ":role/" not in arn:
        raise Refused("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity")
    limit = min(asked.get("MaxItems", 100), MOST_RESULTS, world.page_size)
    start = int(asked.get("Marker") or 0)
    page = asked["ActionNames"][start : start + limit]
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": "*",
            "EvalDecision": _decision(world, action),
        }
        for action in page
    ]
    is_cut = start + limit < len(asked["ActionNames"])
    more = {"Marker": str(start + limit)} if is_cut else {}
    return {"EvaluationResults": results, "IsTruncated": is_cut, **more}


def _decision(world: World, action: str) -> str:
    if action not in world.denied:
        return "allowed"
    return "explicitDeny" if action in world.explicitly_denied else "implicitDeny"


def describe_container_images(world: World, asked: Plain) -> Plain:
    """List images of a repository of ECR."""
    repository = asked["repositoryName"]
    if repository not in world.repositories:
        words = f"The repository with name '{repository}' does not exist in the registry"
        raise Refused("RepositoryNotFoundException", words)
    wanted = [one.get("imageTag", "") for one in asked.get("imageIds", ())]
    missing = [tag for tag in wanted if tag not in world.repositories[repository]]
    if missing:
        words = f"The image with imageId {{imageTag:'{missing[0]}'}} does not exist"
        raise Refused("ImageNotFoundException", words)
    rows = [
        {
            "registryId": asked.get("registryId", ACCOUNT),
            "repositoryName": repository,
            "imageDigest": _DIGEST,
            "imageTags": [tag],
            "imageSizeInBytes": 1_000_000,
        }
        for tag in wanted or world.repositories[repository]
    ]
    return {"imageDetails": rows}


def decode_authorization_message(world: World, asked: Plain) -> Plain:
    """Say in plain words what a refusal has encoded."""
    action, _, resource = asked["EncodedMessage"].partition("~")
    message = {
        "allowed": False,
        "explicitDeny": action in world.explicitly_denied,
        "context": {"action": action, "resource": resource.replace("~", "/")},
    }
    return {"DecodedMessage": json.dumps(message)}
