"""EC2's events as EventBridge sends them to a queue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers.notices import NoticeKind

# The warning comes two minutes before the end; hibernation begins with it.
NOTICE = timedelta(minutes=2)
KINDS: Mapping[str, NoticeKind] = {
    "EC2 Spot Instance Interruption Warning": NoticeKind.INTERRUPTION,
    "EC2 Instance Rebalance Recommendation": NoticeKind.REBALANCE,
    "EC2 Instance State-change Notification": NoticeKind.STATE,
}
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What an event says of an instance."""

    kind: NoticeKind
    instance: str
    at: datetime


def read(body: str) -> Event | None:
    """Return the event in a message; None for an event of another kind.

    Raises ValueError, with what is wrong, for what is no event of EventBridge.
    """
    try:
        event = json.loads(body)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(event, dict) or not isinstance(event.get("detail-type"), str):
        raise ValueError("not an event of EventBridge: it has no detail-type")
    kind = KINDS.get(event["detail-type"])
    if kind is None or event.get("source") != "aws.ec2":
        return None
    detail = event.get("detail")
    instance = detail.get("instance-id") if isinstance(detail, dict) else None
    if not isinstance(instance, str) or not _INSTANCE.match(instance):
        raise ValueError("detail.instance-id is not an instance ID")
    return Event(kind=kind, instance=instance, at=_at(event, kind))


def _at(event: Mapping[str, Any], kind: NoticeKind) -> datetime:
    try:
        said = datetime.fromisoformat(str(event.get("time")))
    except ValueError:
        raise ValueError("time is not a time") from None
    if said.tzinfo is None:
        raise ValueError("time has no time zone")
    ends_later = event["detail"].get("instance-action") != "hibernate"
    return said + NOTICE if kind is NoticeKind.INTERRUPTION and ends_later else said
