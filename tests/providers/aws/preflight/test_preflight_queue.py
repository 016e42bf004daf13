"""The queue of EC2's events exists, and EventBridge may send to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mobula.demo_cloud.aws.world import World
from providers.aws.rights import FOR_QUEUE
from providers.preflight import Outcome
from tests.providers.aws.notices.events import POLICY, QUEUE
from tests.providers.aws.preflight.conftest import Checks

ID = "interruption-queue"


def test_without_a_queue_there_is_nothing_to_check(check: Checks, world: World) -> None:
    assert ID not in check()
    asked = world.called("SimulatePrincipalPolicy")[0]["ActionNames"]
    assert not FOR_QUEUE & set(asked)


def test_a_queue_is_described_and_no_message_taken(check: Checks, world: World) -> None:
    world.send("mobula", "hello")
    world.queue_policies["mobula"] = POLICY
    answer = check(interruption_queue=QUEUE)[ID]
    assert answer.outcome is Outcome.PASS
    assert "mobula exists" in answer.sentence
    assert "1 wait in it" in answer.sentence
    assert not world.called("ReceiveMessage")
    asked = world.called("SimulatePrincipalPolicy")[0]["ActionNames"]
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage"} <= set(asked)


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_a_queue_that_is_gone_fails_and_blocks_no_launch(
    check: Checks, world: World, code: str
) -> None:
    world.fail("GetQueueAttributes", code)
    answer = check(interruption_queue=QUEUE)[ID]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, False)
    assert "mobula does not exist in us-east-1" in answer.sentence
    assert "interruption_queue" in answer.way_out


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}} | more


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        (None, Outcome.WARN),
        ([], Outcome.WARN),
        ([statement(Effect="Deny")], Outcome.WARN),
        ([statement(Principal={"Service": ["sns.amazonaws.com"]})], Outcome.WARN),
        ([statement(Principal={"AWS": "123456789012"})], Outcome.WARN),
        (statement(), Outcome.PASS),
        ([statement(Principal={"Service": ["sns.amazonaws.com", "events.amazonaws.com"]})],
         Outcome.PASS),
        ([statement(Principal="*")], Outcome.PASS),
    ],
)  # fmt: skip
def test_the_policy_must_let_eventbridge_send(
    check: Checks, world: World, statements: object, outcome: Outcome
) -> None:
    world.queues["mobula"] = {}
    if statements is not None:
        world.queue_policies["mobula"] = json.dumps({"Statement": statements})
    answer = check(interruption_queue=QUEUE)[ID]
    assert answer.outcome is outcome
    assert bool(answer.way_out) is (outcome is Outcome.WARN)


@pytest.mark.parametrize("code", ["RequestThrottled", "InternalError", ""])
def test_a_queue_that_does_not_answer_is_unknown(check: Checks, world: World, code: str) -> None:
    world.fail("GetQueueAttributes", code, times=99)
    answer = check(interruption_queue=QUEUE)[ID]
    assert answer.outcome is Outcome.SKIPPED
    assert answer.sentence.startswith("Unknown: Amazon SQS ")
