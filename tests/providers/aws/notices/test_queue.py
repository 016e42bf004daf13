"""The queue: messages about our machines are notices, all others are there to be removed."""

from __future__ import annotations

from typing import Any

import pytest

from mobula.demo_cloud.aws.world import World
from providers.aws import tags
from providers.aws.driver import AwsDriver
from providers.base import BadCredentials, InvalidRequest, Throttled, Unreachable, WrongSetting
from providers.notices import NoticeKind, NoticeSource
from tests.providers.aws.conftest import CLUSTER, Open, advance, workers
from tests.providers.aws.notices.events import QUEUE, REBALANCE, STATE, WARNING, event


@pytest.fixture
def driver(open_aws: Open, world: World) -> AwsDriver:
    """A driver with a queue, whose cluster has two spot nodes."""
    driver = open_aws(interruption_queue=QUEUE)
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, workers(2))
    world.queues["mobula"] = {}
    world.calls.clear()
    return driver


def test_only_a_driver_with_a_queue_has_one(driver: AwsDriver, open_aws: Open) -> None:
    assert isinstance(driver, NoticeSource)
    assert driver.notice_queue == QUEUE
    assert open_aws().notice_queue == ""


def test_an_event_about_our_machine_is_a_notice(driver: AwsDriver, world: World) -> None:
    first, second = world.instances
    for kind, instance in ((WARNING, first), (REBALANCE, second), (STATE, first)):
        world.send("mobula", event(kind, instance))
    found = [one.notice for one in driver.receive_notices()]
    assert [(one.kind, one.node) for one in found if one] == [
        (NoticeKind.INTERRUPTION, f"{CLUSTER.handle}-2"),
        (NoticeKind.REBALANCE, f"{CLUSTER.handle}-3"),
        (NoticeKind.STATE, f"{CLUSTER.handle}-2"),
    ]
    [asked] = world.called("ReceiveMessage")
    assert asked["WaitTimeSeconds"] <= 5
    assert asked["QueueUrl"] == QUEUE


def test_messages_come_again_until_they_are_settled(driver: AwsDriver, world: World) -> None:
    world.send("mobula", event(STATE, next(iter(world.instances))))
    [first] = driver.receive_notices()
    assert driver.receive_notices() == []
    advance(world, 61)
    [again] = driver.receive_notices()
    driver.settle_notices([first.receipt])  # it was handed out again
    assert world.queues["mobula"]
    driver.settle_notices([again.receipt, again.receipt])
    assert not world.queues["mobula"]


def test_foreign_machines_and_other_installations_are_no_notices(
    driver: AwsDriver, world: World
) -> None:
    ours, other = world.instances
    world.instances[other].tags[tags.INSTALLATION] = "another"
    for instance in ("i-0000000000000bad0", other):
        world.send("mobula", event(WARNING, instance))
    found = driver.receive_notices()
    assert [(one.notice, one.problem) for one in found] == [(None, "")] * 2
    assert ours


def test_what_is_unreadable_is_told(driver: AwsDriver, world: World) -> None:
    world.send("mobula", "hello")
    world.send("mobula", event(STATE, next(iter(world.instances))))
    bad, good = driver.receive_notices()
    assert bad.problem.startswith("not JSON")
    assert good.notice is not None


def test_a_machine_that_the_shared_list_has_not_yet_is_found(
    open_aws: Open, driver: AwsDriver, world: World
) -> None:
    driver.observe(CLUSTER)
    open_aws().launch(CLUSTER, workers(1, first=9))
    newest = list(world.instances)[-1]
    world.send("mobula", event(WARNING, newest))
    [one] = driver.receive_notices()
    assert one.notice is not None
    assert one.notice.node == f"{CLUSTER.handle}-9"


def test_machines_of_others_are_not_asked_about_for_ever(driver: AwsDriver, world: World) -> None:
    for _ in range(2):
        world.send("mobula", event(STATE, "i-0000000000000bad0"))
        driver.receive_notices()
    calls = world.count()["DescribeInstances"]
    for _ in range(5):
        world.send("mobula", event(STATE, "i-0000000000000bad0"))
        driver.receive_notices()
    assert world.count()["DescribeInstances"] == calls


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("InvalidClientTokenId", BadCredentials, "rejected"),
        ("AccessDenied", BadCredentials, "Add sqs:ReceiveMessage on the queue"),
        ("AccessDeniedException", BadCredentials, "Add sqs:ReceiveMessage on the queue"),
        ("KMS.AccessDeniedException", BadCredentials, "kms:Decrypt"),
        ("KmsAccessDenied", BadCredentials, "kms:Decrypt"),
        ("KMS.DisabledException", InvalidRequest, "rejected the request"),
        ("OverLimit", Throttled, "throttling"),
        ("InternalError", Unreachable, "internal error"),
        ("QueueDoesNotExist", InvalidRequest, "interruption_queue"),
        ("AWS.SimpleQueueService.NonExistentQueue", InvalidRequest, "interruption_queue"),
        ("", Unreachable, "did not answer"),
    ],
)
def test_a_queue_that_cannot_be_read_is_told(
    driver: AwsDriver, world: World, code: str, error: type[Exception], words: str
) -> None:
    world.fail("ReceiveMessage", code, status=400, times=9)
    with pytest.raises(error, match=words):
        driver.receive_notices()


def test_a_message_that_is_gone_keeps_no_other(driver: AwsDriver, world: World) -> None:
    world.send("mobula", "hello")
    [one] = driver.receive_notices()
    driver.settle_notices(["of another queue", one.receipt])
    assert not world.queues["mobula"]


@pytest.mark.parametrize("right", ["sqs:ReceiveMessage", "sqs:DeleteMessage"])
def test_a_right_that_is_missing_is_told_in_the_words_of_aws(
    driver: AwsDriver, world: World, right: str
) -> None:
    world.send("mobula", "hello")
    [one] = driver.receive_notices()
    world.denied.add(right)
    calls = {
        "sqs:ReceiveMessage": driver.receive_notices,
        "sqs:DeleteMessage": lambda: driver.settle_notices([one.receipt]),
    }
    with pytest.raises(BadCredentials) as caught:
        calls[right]()
    text = str(caught.value)
    assert f"is not authorized to perform: {right} on resource" in text
    assert f"Add {right} on the queue to the IAM policy" in text
    assert "123456789012" not in text
    assert world.queues["mobula"]


@pytest.mark.parametrize(
    "host", ["vpce-1.sqs.us-east-1.vpce.amazonaws.com", "sqs-fips.us-east-1.amazonaws.com"]
)
def test_other_addresses_of_a_queue_are_taken(open_aws: Open, host: str) -> None:
    url = f"https://{host}/123456789012/mobula"
    assert open_aws(interruption_queue=f" {url} ").notice_queue == url


@pytest.mark.parametrize(
    "value",
    ["mobula", "https://sqs.us-east-1.amazonaws.com/mobula", f"{QUEUE}/x", "arn:aws:sqs:a:1:m", 7,
     QUEUE.replace("us-east-1", "eu-west-1"), f"https://{'a' * 300}/123456789012/mobula"],
)  # fmt: skip
def test_what_is_no_queue_is_refused(open_aws: Open, value: Any) -> None:
    with pytest.raises(InvalidRequest, match="interruption_queue"):
        open_aws(interruption_queue=value)


def test_a_fifo_queue_is_refused_with_field_value_and_way_out(open_aws: Open) -> None:
    with pytest.raises(WrongSetting) as refusal:
        open_aws(interruption_queue=f"{QUEUE}.fifo")
    assert refusal.value.path == "interruption_queue"
    assert str(refusal.value) == (
        "The cloud's setting 'interruption_queue' is a FIFO queue, and must be a standard queue: "
        f"'{QUEUE}.fifo'. Write one such as {QUEUE}."
    )
