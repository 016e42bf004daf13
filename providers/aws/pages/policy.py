"""The IAM policy by which an account lets Mobula make the driver's calls, and no others.

What each action can be limited to follows AWS's Service Authorization Reference. Where a limit
might keep a call from working, the action is not limited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from providers.aws import tags
from providers.aws.account import IMAGE_KINDS, AwsAccount
from providers.aws.notices.address import name_of, number_of
from providers.aws.rights import FOR_QUEUE, RIGHTS

type Statement = dict[str, Any]

SPOT_ROLE = "role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
# What only reads, and has no statement of its own.
_VERBS = ("Decode", "Describe", "Get", "List", "Simulate")
_ELSEWHERE = FOR_QUEUE | {"ssm:GetParameter", "sts:GetCallerIdentity"}
# What the volume of a key of one's own takes of whoever launches a machine.
_KEY_ACTIONS = (
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncrypt*",
)  # fmt: skip


def partition_of(region: str) -> str:
    """Return the first part of the ARNs of a region."""
    partitions = {
        "cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-isob-": "aws-iso-b", "us-iso-": "aws-iso",
        "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f", "eusc-": "aws-eusc",
    }  # fmt: skip
    return next((name for start, name in partitions.items() if region.startswith(start)), "aws")


def domain_of(region: str) -> str:
    """Return what the names of services end with in a region."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def account_number(account: AwsAccount) -> str:
    """Return the number of the account as far as its settings say it; else "*"."""
    arns = (account.credentials.role_arn, account.head_profile, account.worker_profile)
    return next((arn.split(":")[4] for arn in arns if arn.startswith("arn:")), "*")


def roles_of(profiles: Collection[str]) -> Sequence[str]:
    """Return the last parts of the ARNs of the profiles' roles: as the profiles are called."""
    names = (name.partition(":instance-profile/")[2] or name for name in profiles)
    return sorted({f"role/{name}" for name in names if name})


def policy_of(account: AwsAccount) -> dict[str, Any]:
    """Return the policy of the identity that makes the calls, as IAM takes it."""
    return {
        "Version": "2012-10-17",
        "Statement": [one for one in _statements(account) if one["Action"] and one["Resource"]],
    }


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], **when: Any) -> Statement:
    """Return a statement; `when` are conditions by their operator."""
    found: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    return {**found, "Condition": when} if when else found


def _statements(account: AwsAccount) -> Iterator[Statement]:
    yield allow("Read", [one for one in RIGHTS if _reads(one)], ["*"])
    yield from _launches(account)
    yield from _groups(account)
    yield from _others(account)


def _reads(right: str) -> bool:
    return right.partition(":")[2].startswith(_VERBS) and right not in _ELSEWHERE


def _launches(account: AwsAccount) -> Iterator[Statement]:
    """A launch must be allowed for all that it makes and all that it uses."""
    make, use = _tagged(account, "aws:RequestTag"), ["ec2:RunInstances"]
    images = [f"arn:{partition_of(account.region)}:ec2:{account.region}::{it}/*" for it in _SHARED]
    yield allow("LaunchTagged", use, _ec2(account, "instance", "volume"), StringEquals=make)
    yield allow("LaunchWith", use, [*images, *_ec2(account, *_USED, of_any=True)])
    yield allow(
        "TagWhatIsCreated",
        ["ec2:CreateTags"],
        _ec2(account, *_TAGGED),
        StringEquals={
            "ec2:CreateAction": ["RunInstances", "CreateSecurityGroup", "CreatePlacementGroup"],
            **make,
        },
    )
    yield allow(
        "Terminate",
        ["ec2:TerminateInstances"],
        _ec2(account, "instance"),
        StringEquals=_tagged(account, "aws:ResourceTag"),
    )


_SHARED = ("image", "snapshot")  # their ARNs have no account
# Network interfaces are made, or exist already where a raw configuration names one. No request
# for spot machines is tagged. Another account may share its subnets and capacity reservations.
_USED = (
    "capacity-reservation", "key-pair", "network-interface", "placement-group", "security-group",
    "spot-instances-request", "subnet",
)  # fmt: skip
_TAGGED = ("instance", "network-interface", "placement-group", "security-group", "volume")


def _groups(account: AwsAccount) -> Iterator[Statement]:
    make, own = _tagged(account, "aws:RequestTag"), _tagged(account, "aws:ResourceTag")
    rules = ["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"]
    create = ["ec2:CreateSecurityGroup"]
    yield allow(
        "CreateGroups",
        [*create, "ec2:CreatePlacementGroup"],
        _ec2(account, "security-group", "placement-group"),
        StringEquals=make,
    )
    yield allow("CreateGroupsInVpc", create, _ec2(account, "vpc", of_any=True))
    yield allow(
        "ChangeOwnGroups",
        [*rules, "ec2:DeleteSecurityGroup"],
        _ec2(account, "security-group"),
        StringEquals=own,
    )
    orphans = ["ec2:DeleteNetworkInterface", "ec2:DeleteVolume"]
    yield allow(
        "DeleteOwnLeftovers",
        [one for one in orphans if one in RIGHTS],
        _ec2(account, "network-interface", "volume"),
        StringEquals=own,
    )
    # For AWS the group is an optional resource of this action: a limit might never fit.
    yield allow("DeletePlacementGroups", ["ec2:DeletePlacementGroup"], ["*"])
    # The rule is checked beside its group, and has no tags.
    yield allow("AddRules", rules, _ec2(account, "security-group-rule"))


def _others(account: AwsAccount) -> Iterator[Statement]:
    iam = f"arn:{partition_of(account.region)}:iam::{account_number(account)}"
    profiles = [account.head_profile, account.worker_profile]
    yield allow(
        "PassRolesOfNodes",
        ["iam:PassRole"],
        [f"{iam}:{role}" for role in roles_of(profiles)],
        StringEquals={"iam:PassedToService": f"ec2.{domain_of(account.region)}"},
    )
    yield allow(
        "FirstSpotInstance",
        ["iam:CreateServiceLinkedRole"],
        [f"{iam}:{SPOT_ROLE}"],
        StringEquals={"iam:AWSServiceName": "spot.amazonaws.com"},
    )
    yield allow("ReadAmiParameters", ["ssm:GetParameter"], _parameters(account))
    yield allow("ReadInterruptionQueue", sorted(FOR_QUEUE), _queue(account))
    yield from _key(account)


def _parameters(account: AwsAccount) -> Sequence[str]:
    paths = (account.image(kind).ssm for kind in IMAGE_KINDS)
    return sorted({_parameter(account, path) for path in paths if path})


def _parameter(account: AwsAccount, path: str) -> str:
    """Return the ARN of a parameter; AWS's own ones have no account, and a version is no part."""
    if path.startswith("arn:"):
        return path
    name = path.split(":", maxsplit=1)[0].lstrip("/")
    owner = "" if name.startswith("aws/service/") else account_number(account)
    return f"arn:{partition_of(account.region)}:ssm:{account.region}:{owner}:parameter/{name}"


def _queue(account: AwsAccount) -> Sequence[str]:
    """Return the ARN of the queue, if there is one: another account may have it."""
    url = account.interruption_queue
    start = f"arn:{partition_of(account.region)}:sqs:{account.region}"
    return [f"{start}:{number_of(url)}:{name_of(url)}"] if url else []


def _key(account: AwsAccount) -> Iterator[Statement]:
    key = account.root_disk.kms_key
    if not key:
        return
    where = f"arn:{partition_of(account.region)}:kms:{account.region}:{account_number(account)}:"
    via: dict[str, Any] = {
        "StringEquals": {"kms:ViaService": f"ec2.{account.region}.{domain_of(account.region)}"}
    }
    alias = key.rpartition(":")[2]
    if alias.startswith("alias/"):  # a policy cannot name a key by its alias
        via["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": alias}
        key = f"{where}key/*"
    elif not key.startswith("arn:"):
        key = f"{where}key/{key}"
    yield allow("EncryptVolumes", _KEY_ACTIONS, [key], **via)


def _tagged(account: AwsAccount, key: str) -> Mapping[str, str]:
    return {f"{key}/{tags.INSTALLATION}": account.installation or tags.ANY}


def _ec2(account: AwsAccount, *kinds: str, of_any: bool = False) -> Sequence[str]:
    number = "*" if of_any else account_number(account)
    start = f"arn:{partition_of(account.region)}:ec2:{account.region}:{number}"
    return [f"{start}:{kind}/*" for kind in kinds]
