"""All checks of a launch together: what passes, what a denied, slow or throttled account does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from domain.offerings import Market
from mobula.demo_cloud.aws.world import SUBNETS, World
from providers.aws.preflight import AwsPreflight
from providers.aws.rights import FOR_CHECKS, RIGHTS
from providers.preflight import Outcome, Wanted
from tests.providers.aws.notices.events import POLICY, QUEUE
from tests.providers.aws.preflight.conftest import HEAD, WORKERS, Checks, workers

GROUP = {"name": "nodes", "description": "d", "tags": {}}
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ray:2.60"
LAUNCHED = ("RunInstances", "CreateSecurityGroup", "CreatePlacementGroup", "TerminateInstances")


def test_an_account_in_order_passes_every_check(check: Checks, world: World) -> None:
    world.profiles["ray"] = ["ray-role"]
    world.repositories["ray"] = {"2.60"}
    world.queues["mobula"], world.queue_policies["mobula"] = {}, POLICY
    spot = workers(types=["m5.large", "m5.2xlarge", "g5.xlarge"], market=Market.SPOT)
    answers = check(
        HEAD, spot, image=ECR, mobula_url="https://1.1.1.1",
        key_name="ops", head_profile="ray", subnets=SUBNETS, interruption_queue=QUEUE,
    )  # fmt: skip
    wrong = {key: one for key, one in answers.items() if one.outcome is not Outcome.PASS}
    assert wrong == {}
    assert {key.partition(":")[0] for key in answers} == {
        "credentials", "rights", "dry-run", "quota", "offered", "spot", "addresses",
        "new-security-group", "key-pair", "profile", "ami", "image", "mobula-url",
        "interruption-queue",
    }  # fmt: skip
    assert all(one.milliseconds >= 0 and one.sentence.endswith(".") for one in answers.values())


def test_nothing_in_the_account_changes(check: Checks, world: World) -> None:
    check(HEAD, WORKERS, workers(name="spot", market=Market.SPOT))
    assert not world.instances
    assert not world.groups
    assert not world.tokens
    for action in LAUNCHED:
        assert all(call["DryRun"] for call in world.called(action)), action


def test_answers_hide_keys_user_data_and_the_account(check: Checks, world: World) -> None:
    world.denied.add("ec2:RunInstances")
    for one in check(HEAD, WORKERS).values():
        text = f"{one.sentence} {one.way_out} {one.raw}"
        for secret in ("AKIAIOSFODNN7EXAMPLE", "hunter2", "123456789012", "metadata=", "Encoded"):
            assert secret not in text, one.id


def test_a_check_without_an_answer_in_time_is_skipped(check: Checks, world: World) -> None:
    world.latency = 1.0
    began = time.monotonic()
    answers = check(HEAD, limit=0.3)
    assert time.monotonic() - began < 5
    assert {one.outcome for one in answers.values()} == {Outcome.SKIPPED}
    assert {one.sentence for one in answers.values()} == {"Unknown: no answer within 0.3 s."}


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", ""])
def test_what_does_not_answer_is_unknown_and_no_failure(
    check: Checks, world: World, code: str
) -> None:
    world.fail("DescribeKeyPairs", code, times=99)
    answer = check(HEAD, key_name="ops")["key-pair:ops"]
    assert answer.outcome is Outcome.SKIPPED
    assert answer.sentence.startswith("Unknown: EC2 ")
    assert answer.way_out


def test_throttling_that_passes_is_not_noticed(check: Checks, world: World) -> None:
    world.fail("DescribeKeyPairs", "RequestLimitExceeded", times=2)
    assert check(HEAD, key_name="ops")["key-pair:ops"].outcome is Outcome.PASS
    assert world.count()["DescribeKeyPairs"] == 3


def test_wrong_credentials_are_one_failure_and_all_else_is_not_checked(
    check: Checks, world: World
) -> None:
    world.refused_keys.add("AKIAIOSFODNN7EXAMPLE")
    answers = check(HEAD, WORKERS)
    answer = answers.pop("credentials")
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)
    assert "tab Credentials" in answer.way_out
    assert {one.outcome for one in answers.values()} == {Outcome.SKIPPED}


def test_each_right_of_checks_is_missed_by_name_and_fails_nothing(
    check: Checks, world: World
) -> None:
    world.denied |= FOR_CHECKS
    world.profiles["ray"] = ["ray-role"]
    spot = workers(market=Market.SPOT)
    answers = check(
        HEAD, spot, image=ECR, key_name="ops", head_profile="ray", interruption_queue=QUEUE
    )
    assert not [one for one in answers.values() if one.outcome is Outcome.FAIL]
    for key, right in {
        "rights": "iam:SimulatePrincipalPolicy",
        "quota:L-1216C47A": "servicequotas:GetServiceQuota",
        "spot:workers": "ec2:GetSpotPlacementScores",
        "key-pair:ops": "ec2:DescribeKeyPairs",
        "profile:ray": "iam:GetInstanceProfile",
        "image": "ecr:DescribeImages",
        "interruption-queue": "sqs:GetQueueAttributes",
    }.items():
        assert answers[key].outcome is Outcome.SKIPPED, key
        assert right in answers[key].way_out, key


def test_each_check_lists_rights_that_are_documented(
    open_checks: Callable[..., AwsPreflight],
) -> None:
    wanted = Wanted(groups=[HEAD, workers(market=Market.SPOT)], image=ECR, mobula_url="https://x")
    checks = open_checks(interruption_queue=QUEUE)
    listed = {right for one in checks.checks(wanted) for right in one.rights}
    assert listed <= RIGHTS.keys()
    assert listed >= FOR_CHECKS - {
        "ec2:DescribeKeyPairs", "iam:GetInstanceProfile", "sts:DecodeAuthorizationMessage"
    }  # fmt: skip
