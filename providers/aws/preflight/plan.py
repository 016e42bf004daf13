"""Which checks a launch on AWS gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from domain.offerings import Market
from providers.aws.account import AwsAccount, read_account
from providers.aws.preflight.drafts import Draft, draft_of
from providers.aws.preflight.dry_runs import dry_run_launch, dry_run_security_group
from providers.aws.preflight.facts import Facts
from providers.aws.preflight.findings import explained, masked
from providers.aws.preflight.identity import SIMULATE, check_credentials, check_rights
from providers.aws.preflight.network import check_addresses, check_security_groups
from providers.aws.preflight.parts import (
    check_ami,
    check_container_image,
    check_key_pair,
    check_profile,
)
from providers.aws.preflight.queue import check_queue
from providers.aws.preflight.quotas import check_quota, quota_of
from providers.aws.preflight.zones import check_offered, check_spot_score
from providers.base import Account
from providers.preflight import Finding, PlannedCheck, Wanted, WantedGroup, skipped
from providers.preflight.addresses import check_address


class AwsPreflight:
    """The checks of one account in one region."""

    def __init__(self, account: AwsAccount) -> None:
        self._account = account

    def checks(self, wanted: Wanted) -> Sequence[PlannedCheck]:
        """Return the checks for a launch; what they ask is shared for as long as they are kept."""
        facts = Facts(self._account)
        address = self._account.mobula_url or wanted.mobula_url
        wanted = replace(wanted, mobula_url=address)
        drafts = [draft_of(group, self._account) for group in wanted.groups]
        return [
            _check(
                "credentials",
                "Credentials",
                "sts:GetCallerIdentity",
                lambda: check_credentials(facts),
            ),
            _check("rights", "Permissions", SIMULATE, lambda: check_rights(facts)),
            *_dry_runs(facts, wanted),
            *_quotas(facts, wanted.groups),
            *_zones(facts, wanted.groups),
            *_network(facts, drafts),
            *_parts(facts, drafts),
            *_interruptions(facts),
            *_addresses(facts, wanted),
        ]


def open_preflight(account: Account) -> AwsPreflight:
    """Return the checks of an account; raises `InvalidRequest` for settings that are wrong."""
    return AwsPreflight(read_account(account))


def _check(id_: str, title: str, rights: str, make: Callable[[], Finding]) -> PlannedCheck:
    needed = tuple(rights.split())
    return PlannedCheck(id=id_, title=title, make=explained(make, rights=needed), rights=needed)


def _dry_runs(facts: Facts, wanted: Wanted) -> Iterator[PlannedCheck]:
    for group in wanted.groups:
        yield _check(
            f"dry-run:{group.name}", f"Dry run of group {group.name}",
            "ec2:RunInstances ec2:DescribeInstanceTypes ec2:DescribeImages ssm:GetParameter",
            partial(dry_run_launch, facts, group, wanted),
        )  # fmt: skip


def _quotas(facts: Facts, groups: Sequence[WantedGroup]) -> Iterator[PlannedCheck]:
    by_code: dict[tuple[str, Market], list[WantedGroup]] = {}
    for group in groups:
        quota = quota_of(group.types[0])
        code = quota.code(group.market) if quota else ""
        by_code.setdefault((code or group.types[0], group.market), []).append(group)
    for (code, market), those in by_code.items():
        quota = quota_of(those[0].types[0])
        if quota is None or quota.code(market) != code:  # then the code is the type's name
            id_, title = f"quota:{code}:{market}", f"vCPU quota of {code}, {market.label.lower()}"
            yield _check(id_, title, "", partial(_unknown_quota, code))
            continue
        name = quota.title(market)
        yield _check(
            f"quota:{code}", f"vCPU quota {name}, {market.label.lower()}",
            "servicequotas:GetServiceQuota servicequotas:GetAWSDefaultServiceQuota "
            "ec2:DescribeInstances ec2:DescribeInstanceTypes",
            partial(check_quota, facts, code, market, those, name=name),
        )  # fmt: skip


def _unknown_quota(name: str) -> Finding:
    return skipped(
        f"Mobula does not know the quota that {name} counts against.",
        way_out="See the EC2 quotas in Service Quotas.",
    )


def _zones(facts: Facts, groups: Sequence[WantedGroup]) -> Iterator[PlannedCheck]:
    wanted: dict[str, dict[str, None]] = {}
    for group in groups:
        zones = group.zones or tuple(facts.account.subnets)
        wanted.setdefault(group.types[0], {}).update(dict.fromkeys(zones))
    for name, wanted_zones in wanted.items():
        yield _check(
            f"offered:{name}", f"{name} in the zones", "ec2:DescribeInstanceTypeOfferings",
            partial(check_offered, facts, name, zones=list(wanted_zones)),
        )  # fmt: skip
    for group in groups:
        if group.market is Market.SPOT:
            yield _check(
                f"spot:{group.name}", f"Spot placement score of group {group.name}",
                "ec2:GetSpotPlacementScores",
                partial(check_spot_score, facts, group),
            )  # fmt: skip


def _network(facts: Facts, drafts: Sequence[Draft]) -> Iterator[PlannedCheck]:
    if drafts:
        yield _check(
            "addresses", "Addresses in subnets", "ec2:DescribeSubnets ec2:DescribeInstanceTypes",
            lambda: check_addresses(facts, drafts),
        )  # fmt: skip
    names = list(dict.fromkeys(name for draft in drafts for name in draft.security_groups))
    names = names or list(facts.account.security_groups)
    if names:
        yield _check(
            "security-groups", "Security groups", "ec2:DescribeSecurityGroups",
            lambda: check_security_groups(facts, names),
        )  # fmt: skip
    if not facts.account.security_groups:
        yield _check(
            "new-security-group", "Security group of the cluster",
            "ec2:CreateSecurityGroup ec2:DescribeSubnets",
            lambda: dry_run_security_group(facts),
        )  # fmt: skip


def _parts(facts: Facts, drafts: Sequence[Draft]) -> Iterator[PlannedCheck]:
    account = facts.account
    for key in dict.fromkeys(filter(None, [account.key_name, *(one.key for one in drafts)])):
        yield _check(
            f"key-pair:{key}", f"Key pair {key}", "ec2:DescribeKeyPairs",
            partial(check_key_pair, facts, key),
        )  # fmt: skip
    for name in dict.fromkeys(filter(None, (one.profile for one in drafts))):
        yield _check(
            f"profile:{name}", f"Instance profile {name}", "iam:GetInstanceProfile",
            partial(check_profile, facts, name),
        )  # fmt: skip
    for name in dict.fromkeys(one.group.types[0] for one in drafts):
        yield _check(
            f"ami:{name}", f"AMI of {name}",
            "ec2:DescribeImages ec2:DescribeInstanceTypes ssm:GetParameter",
            partial(check_ami, facts, name),
        )  # fmt: skip


def _interruptions(facts: Facts) -> Iterator[PlannedCheck]:
    if facts.account.interruption_queue:
        yield _check(
            "interruption-queue", "Interruption queue", "sqs:GetQueueAttributes",
            lambda: check_queue(facts),
        )  # fmt: skip


def _addresses(facts: Facts, wanted: Wanted) -> Iterator[PlannedCheck]:
    if wanted.image:
        yield _check(
            "image", "Container image", "ecr:DescribeImages",
            lambda: check_container_image(
                facts, wanted.image, logins=wanted.logins, certificates=wanted.certificates
            ),
        )  # fmt: skip
    is_elsewhere = bool(facts.account.endpoint)  # an emulator, whose machines may be this host
    if wanted.mobula_url:
        yield PlannedCheck(
            id="mobula-url",
            title="Address of Mobula",
            make=lambda: masked(check_address(wanted.mobula_url, may_be_here=is_elsewhere)),
        )
