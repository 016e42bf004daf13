"""Events are read; what is none is told, and what concerns nobody is passed over."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from providers.aws.notices.messages import read
from providers.notices import NoticeKind
from tests.providers.aws.notices.events import REBALANCE, STATE, WARNING, event

INSTANCE = "i-1234567890abcdef0"
NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "detail", "expected", "minute"),
    [
        (WARNING, {"instance-action": "terminate"}, NoticeKind.INTERRUPTION, 2),
        (WARNING, {"instance-action": "stop"}, NoticeKind.INTERRUPTION, 2),
        (WARNING, {"instance-action": "hibernate"}, NoticeKind.INTERRUPTION, 0),
        (REBALANCE, {}, NoticeKind.REBALANCE, 0),
        (STATE, {"state": "stopping"}, NoticeKind.STATE, 0),
    ],
)
def test_events_are_read(
    kind: str, detail: dict[str, str], expected: NoticeKind, minute: int
) -> None:
    found = read(event(kind, INSTANCE, **detail))
    assert found is not None
    assert (found.kind, found.instance) == (expected, INSTANCE)
    assert found.at == NOON.replace(minute=minute)


def test_events_of_other_kinds_are_passed_over() -> None:
    assert read(event("EC2 Fleet State Change", INSTANCE)) is None
    other = json.loads(event(WARNING, INSTANCE)) | {"source": "aws.autoscaling"}
    assert read(json.dumps(other)) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "no detail-type"),
        ('"text"', "no detail-type"),
        ("{}", "no detail-type"),
        ('{"detail-type": 7}', "no detail-type"),
        (event(WARNING, "i-nonsense"), "detail.instance-id"),
        (json.dumps(json.loads(event(STATE, INSTANCE)) | {"detail": None}), "detail.instance-id"),
        (json.dumps(json.loads(event(STATE, INSTANCE)) | {"detail": []}), "detail.instance-id"),
        (event(WARNING, INSTANCE, time="soon"), "time is not a time"),
        (event(WARNING, INSTANCE, time="2026-11-29T12:00:00"), "no time zone"),
    ],
)
def test_what_is_no_event_is_told(body: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(body)
