"""Queues of SQS, as far as a reader of them sees."""

from __future__ import annotations

from hashlib import md5

from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import ACCOUNT, QueuedMessage, World

MOST = 10


def receive_message(world: World, asked: Plain) -> Plain:
    """Hand messages out and hide them for a while; the double never waits for one."""
    queue = _queue(world, asked)
    most = int(asked.get("MaxNumberOfMessages", 1))
    if not 1 <= most <= MOST:
        raise Refused("InvalidParameterValue", f"Value {most} for MaxNumberOfMessages is invalid.")
    seen = [one for one in queue.values() if one.hidden_until <= world.clock()][:most]
    for one in seen:
        one.hidden_until = world.clock() + int(asked.get("VisibilityTimeout", 30))
        one.receipt = f"receipt-{world.number()}"
    rows = [
        {
            "MessageId": one.id,
            "ReceiptHandle": one.receipt,
            "MD5OfBody": md5(one.body.encode(), usedforsecurity=False).hexdigest(),
            "Body": one.body,
        }
        for one in seen
    ]
    return {"Messages": rows} if rows else {}


def get_queue_attributes(world: World, asked: Plain) -> Plain:
    """Describe a queue; without a policy it has no such attribute."""
    queue, name = _queue(world, asked), asked["QueueUrl"].rpartition("/")[2]
    known = {
        "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}",
        "ApproximateNumberOfMessages": str(len(queue)),
        "MessageRetentionPeriod": "600",
        "VisibilityTimeout": "30",
    }
    if name in world.queue_policies:
        known["Policy"] = world.queue_policies[name]
    wanted = set(asked.get("AttributeNames", ()))
    found = {key: value for key, value in known.items() if "All" in wanted or key in wanted}
    return {"Attributes": found} if found else {}


def delete_message(world: World, asked: Plain) -> Plain:
    """Remove the message that was handed out last with this receipt."""
    queue, receipt = _queue(world, asked), asked["ReceiptHandle"]
    if not receipt.startswith("receipt-"):
        words = f"The input receipt handle {receipt} is invalid."
        raise Refused("ReceiptHandleIsInvalid", words)
    for one in [one for one in queue.values() if one.receipt == receipt]:
        del queue[one.id]
    return {}


def _queue(world: World, asked: Plain) -> dict[str, QueuedMessage]:
    name = asked["QueueUrl"].rpartition("/")[2]
    if name not in world.queues:
        raise Refused("QueueDoesNotExist", "The specified queue does not exist.")
    return world.queues[name]
