"""Whether the queue of EC2's events is there, and whether events get into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.aws.codes import NO_QUEUE
from providers.aws.errors import code_of
from providers.aws.notices.address import name_of
from providers.aws.preflight.facts import Facts
from providers.base import InvalidRequest
from providers.preflight import Finding, failed, passed, warned

_SENDER = "events.amazonaws.com"
_WAITING = "ApproximateNumberOfMessages"
_SHOWN = (_WAITING, "MessageRetentionPeriod", "VisibilityTimeout", "KmsMasterKeyId")


def check_queue(facts: Facts) -> Finding:
    """Look whether the queue exists, and whether its policy lets EventBridge send messages.

    Nothing is received: a message that a check takes is hidden from Mobula's workers.
    """
    url = facts.account.interruption_queue
    name = f"The queue {name_of(url)}"
    try:
        answer = facts.sqs("get_queue_attributes", QueueUrl=url, AttributeNames=[*_SHOWN, "Policy"])
    except InvalidRequest as error:
        if code_of(error) not in NO_QUEUE:
            raise
        return failed(
            f"{name} does not exist in {facts.account.region}.",
            way_out="Create it, or change the cloud's setting interruption_queue.",
            raw=code_of(error),
        )
    found = answer.get("Attributes", {})
    raw = {key: found[key] for key in _SHOWN if key in found}
    if not _lets_events_in(found.get("Policy", "")):
        return warned(
            f"{name} exists, but its policy does not allow EventBridge to send messages to it.",
            way_out=f"Allow sqs:SendMessage to {_SENDER} in the queue's policy, as the section "
            "Interruptions of docs/aws.md has it.",
            raw=raw,
        )
    waiting = found.get(_WAITING, "0")
    return passed(
        f"{name} exists, EventBridge may send messages to it, and {waiting} wait in it.", raw=raw
    )


def _lets_events_in(policy: str) -> bool:
    statements = json.loads(policy).get("Statement", ()) if policy else ()
    if isinstance(statements, Mapping):
        statements = [statements]
    return any(one.get("Effect") == "Allow" and _is_events(one) for one in statements)


def _is_events(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return principal == "*"
    services = principal.get("Service", ())
    return _SENDER in ([services] if isinstance(services, str) else services)
