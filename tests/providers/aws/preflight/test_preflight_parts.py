"""What a launch names in the account exists and fits: groups, keys, profiles, images."""

from __future__ import annotations

from typing import Any

import pytest

from mobula.demo_cloud.aws.world import VPC, SecurityGroup, World
from providers.preflight import Outcome
from tests.providers.aws.preflight.conftest import HEAD, Checks, workers

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/ray"
SELF = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-00000001"}]}


def add_group(world: World, name: str, *, vpc: str = VPC, rules: list[Any]) -> None:
    world.groups[name] = SecurityGroup(
        id=name, name=name, vpc=vpc, description="d", tags={}, ingress=rules
    )


@pytest.mark.parametrize(
    ("rules", "vpc", "outcome"),
    [
        ([SELF], VPC, Outcome.PASS),
        ([], VPC, Outcome.WARN),
        ([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0/0"}]}],
         VPC, Outcome.WARN),
        ([SELF], "vpc-00000009", Outcome.FAIL),
    ],
)  # fmt: skip
def test_security_groups_must_let_nodes_reach_each_other(
    check: Checks, world: World, rules: list[Any], vpc: str, outcome: Outcome
) -> None:
    add_group(world, "sg-00000001", vpc=vpc, rules=rules)
    answers = check(security_groups=["sg-00000001"], vpc=VPC)
    answer = answers["security-groups"]
    assert (answer.outcome, answer.is_certain) == (outcome, outcome is Outcome.FAIL)
    assert "new-security-group" not in answers


def test_a_group_of_a_raw_configuration_that_is_gone_is_a_certain_failure(check: Checks) -> None:
    answer = check(workers(raw={"SecurityGroupIds": ["sg-0000dead"]}))["security-groups"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)
    assert "sg-0000dead" in answer.raw


def test_key_pairs_and_profiles_of_cloud_and_groups_are_looked_for(
    check: Checks, world: World
) -> None:
    world.profiles |= {"head": ["r"], "empty": []}
    raw = {
        "KeyName": "nobody",
        "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/x/gone"},
    }
    answers = check(
        HEAD, workers(), workers(name="raw", raw=raw),
        key_name="ops", head_profile="head", worker_profile="empty",
    )  # fmt: skip
    told = {key: one.outcome for key, one in answers.items() if key.startswith(("key", "profile"))}
    assert told == {
        "key-pair:ops": Outcome.PASS,
        "key-pair:nobody": Outcome.FAIL,
        "profile:head": Outcome.PASS,
        "profile:empty": Outcome.FAIL,
        "profile:gone": Outcome.FAIL,
    }
    failures = [one for one in answers.values() if one.outcome is Outcome.FAIL]
    assert all(one.is_certain and one.way_out for one in failures)


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({}, Outcome.PASS, "is available in us-east-1 (x86_64)"),
        ({"State": "deregistered"}, Outcome.FAIL, "is deregistered"),
        ({"Architecture": "arm64"}, Outcome.FAIL, "is for arm64"),
        ({"RootDeviceType": "instance-store"}, Outcome.FAIL, "no EBS root volume"),
        ({"DeprecationTime": "2020-01-01T00:00:00.000Z"}, Outcome.WARN, "since 2020-01-01"),
    ],
)
def test_an_ami_must_exist_and_fit(
    check: Checks, world: World, change: dict[str, str], outcome: Outcome, words: str
) -> None:
    world.images["ami-000000c1"] |= change
    answer = check()["ami:m5.large"]
    assert (answer.outcome, answer.is_certain) == (outcome, outcome is Outcome.FAIL)
    assert words in answer.sentence


@pytest.mark.parametrize(
    "images", [{"cpu": {"id": "ami-0000dead"}}, {"cpu": {"ssm": "/no/such"}},
               {"cpu": {"owner": "self", "name": "nothing*"}}],
)  # fmt: skip
def test_an_ami_that_is_gone_is_a_certain_failure(check: Checks, images: dict[str, Any]) -> None:
    answer = check(images=images)["ami:m5.large"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        (f"{ECR}:2.60", Outcome.PASS),
        (f"{ECR}:9", Outcome.FAIL),
        (f"{ECR}/none:2.60", Outcome.FAIL),
    ],
)
def test_images_in_ecr_are_looked_for_there(
    check: Checks, world: World, image: str, outcome: Outcome
) -> None:
    world.repositories["team/ray"] = {"2.60"}
    answer = check(image=image)["image"]
    assert (answer.outcome, answer.is_certain) == (outcome, outcome is Outcome.FAIL)
    assert "ecr:DescribeImages" in world.rights


def test_a_type_that_is_gone_fails_what_depends_on_it(check: Checks) -> None:
    answers = check(workers(types=["m5.tiny"]))
    assert answers["dry-run:workers"].outcome is Outcome.FAIL
    assert answers["ami:m5.tiny"].outcome is Outcome.FAIL
    assert answers["credentials"].outcome is Outcome.PASS
