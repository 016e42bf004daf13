"""Who Mobula is, what that may do, and what EC2 says to a launch that is only tried."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from domain.offerings import Market
from mobula.demo_cloud.aws.world import SUBNETS, World
from providers.preflight import Outcome
from tests.providers.aws.conftest import KEYS
from tests.providers.aws.preflight.conftest import Checks, workers

ROLE = "arn:aws:iam::123456789012:role/team/mobula"


def test_the_identity_is_told_with_the_end_of_its_account(check: Checks) -> None:
    answer = check()["credentials"]
    assert "account ••••••••9012 as user/(access key)" in answer.sentence


def test_a_role_is_simulated_by_its_own_arn_with_its_path(check: Checks, world: World) -> None:
    world.roles[ROLE] = ""
    world.clock = time.time
    answers = check(credentials=KEYS | {"role_arn": ROLE})
    assert answers["rights"].outcome is Outcome.PASS
    assert {call["PolicySourceArn"] for call in world.called("SimulatePrincipalPolicy")} == {ROLE}


def test_policies_are_simulated_page_by_page(check: Checks, world: World) -> None:
    world.page_size = 7
    answer = check()["rights"]
    assert answer.outcome is Outcome.PASS
    asked = len(world.called("SimulatePrincipalPolicy")[0]["ActionNames"])
    assert asked > 2 * world.page_size
    assert world.count()["SimulatePrincipalPolicy"] == math.ceil(asked / world.page_size)


def test_what_policies_limit_to_resources_is_no_failure_and_what_they_cannot_is(
    check: Checks, world: World
) -> None:
    """As with the policies of the tab Permissions: a simulation knows no tags of resources."""
    limited = {"ec2:DeleteSecurityGroup", "ec2:RunInstances", "ssm:GetParameter"}
    world.denied |= limited
    answer = check()["rights"]
    assert answer.outcome is Outcome.PASS
    assert all(right in answer.sentence for right in limited)
    world.denied.add("ec2:DescribePlacementGroups")
    answer = check()["rights"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, False)
    assert "do not allow ec2:DescribePlacementGroups." in answer.sentence
    assert answer.way_out


def test_an_explicit_denial_fails_whatever_it_is_limited_to(check: Checks, world: World) -> None:
    world.denied.add("ec2:TerminateInstances")
    world.explicitly_denied.add("ec2:TerminateInstances")
    assert check()["rights"].outcome is Outcome.FAIL


def test_groups_are_tried_with_the_tags_that_policies_ask_for(check: Checks, world: World) -> None:
    assert check()["new-security-group"].outcome is Outcome.PASS
    [call] = world.called("CreateSecurityGroup")
    tags = {tag["Key"] for one in call["TagSpecifications"] for tag in one["Tags"]}
    assert tags == {"mobula:installation", "mobula:cluster"}
    assert call["DryRun"]


def test_a_dry_run_is_the_very_call_and_says_what_it_does_not_prove(
    check: Checks, world: World
) -> None:
    raw = {"KeyName": "ops", "BlockDeviceMappings": [{"DeviceName": "/dev/sdb"}]}
    group = workers(market=Market.SPOT, raw=raw, zones=["us-east-1b"])
    answer = check(group, subnets=SUBNETS, tags={"team": "search"})["dry-run:workers"]
    assert answer.outcome is Outcome.PASS
    assert "not capacity" in answer.sentence
    [call] = world.called("RunInstances")
    assert call["SubnetId"] == SUBNETS["us-east-1b"]
    assert call["MaxCount"] == 2
    assert call["KeyName"] == "ops"
    assert call["InstanceMarketOptions"]["MarketType"] == "spot"
    assert call["ImageId"] == "ami-000000c1"
    tags = {tag["Key"] for one in call["TagSpecifications"] for tag in one["Tags"]}
    assert {"team", "mobula:batch"} <= tags


def test_efa_is_tried_with_its_interfaces(check: Checks, world: World) -> None:
    group = workers(types=["p4d.24xlarge"], flags={"efa_config": {}}, least=1)
    check(group)
    [call] = world.called("RunInstances")
    assert [one["InterfaceType"] for one in call["NetworkInterfaces"]] == ["efa"] * 4


@pytest.mark.parametrize("is_plain", [True, False])
@pytest.mark.parametrize("may_decode", [True, False])
def test_a_launch_that_is_not_allowed_is_told_in_plain_words(
    check: Checks, world: World, is_plain: bool, may_decode: bool
) -> None:
    world.denied |= {"ec2:RunInstances"} | (
        set() if may_decode else {"sts:DecodeAuthorizationMessage"}
    )
    world.plain_refusals = is_plain
    answer = check()["dry-run:head"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)
    assert "AWS does not allow ec2:RunInstances" in answer.sentence
    assert ("instance/*" in answer.sentence) is (is_plain or may_decode)
    assert answer.way_out == "Add ec2:RunInstances to their IAM policy."
    assert ("no identity-based policy allows" in answer.sentence) is is_plain


def test_an_explicit_denial_is_told_as_one(check: Checks, world: World) -> None:
    world.denied.add("ec2:RunInstances")
    world.explicitly_denied.add("ec2:RunInstances")
    world.plain_refusals = False
    assert "a policy denies it explicitly" in check()["dry-run:head"].sentence


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        ({"raw": {"KeyName": "nobody"}}, {}, "InvalidKeyPair.NotFound"),
        ({"raw": {"SubnetId": "subnet-0000dead"}}, {}, "InvalidSubnetID.NotFound"),
        ({"raw": {"InstanceMarketOptions": {"MarketType": "spot"}}}, {}, "asks for spot"),
        ({"zones": ["us-east-1f"]}, {"subnets": SUBNETS}, "no subnet in us-east-1f"),
        ({"types": ["c7g.large"]}, {"images": {"arm64": {"id": "ami-000000c1"}}}, "x86_64"),
    ],
)
def test_what_a_launch_would_be_refused_for_is_a_certain_failure(
    check: Checks, change: dict[str, Any], settings: dict[str, Any], words: str
) -> None:
    answers = check(workers(**change), **settings)
    failure = next(one for one in answers.values() if words in one.sentence + one.raw)
    assert (failure.outcome, failure.is_certain) == (Outcome.FAIL, True)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("VcpuLimitExceeded", Outcome.FAIL), ("InsufficientInstanceCapacity", Outcome.WARN)],
)
def test_what_may_pass_by_itself_is_no_certain_failure(
    check: Checks, world: World, code: str, outcome: Outcome
) -> None:
    world.fail("RunInstances", code, times=9)
    answer = check()["dry-run:head"]
    assert (answer.outcome, answer.is_certain) == (outcome, False)


def test_the_clusters_group_is_tried_where_the_cloud_names_none(
    check: Checks, world: World
) -> None:
    world.denied.add("ec2:CreateSecurityGroup")
    answer = check()["new-security-group"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)
    assert "ec2:CreateSecurityGroup" in answer.way_out
