"""Entries, log lines and tasks say which request caused them."""

import json
import logging
from types import SimpleNamespace
from typing import Any

from celery.app.task import Context
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.urls import reverse

from accounts.models import AuditEntry, Team, User
from accounts.origin import Origin, caused_by, current_origin
from accounts.services import record
from mobula.logs import EventFormatter
from tests.accounts.conftest import signed_in


def test_an_entry_carries_its_request_and_the_address_of_the_client(
    adam: User, research: Team
) -> None:
    response = signed_in(adam).post(
        reverse("accounts:create-team"), {"name": "Deep Sea"}, REMOTE_ADDR="203.0.113.9"
    )
    entry = AuditEntry.objects.get()
    assert (entry.request_id, entry.address) == (response["X-Request-ID"], "203.0.113.9")
    assert current_origin() == Origin()


def test_an_entry_keeps_the_name_that_its_actor_had(alice: User, research: Team) -> None:
    entry, before = record("x", actor=alice, subject=research), str(alice)
    User.objects.filter(pk=alice.pk).update(name="Alice Cooper")
    entry.refresh_from_db()
    assert (entry.actor_name, str(entry.actor)) == (before, "Alice Cooper")


def test_what_a_request_queues_carries_its_id(research: Team) -> None:
    headers: dict[str, Any] = {}
    with caused_by(Origin(request_id="0f" * 16, address="203.0.113.9")):
        before_task_publish.send("test", headers=headers)
    task = SimpleNamespace(request=Context(headers, is_eager=False))
    task_prerun.send("test", task=task)
    queued = record("x", actor=None, subject=research)
    task_postrun.send("test", task=task)
    assert (queued.request_id, queued.address) == ("0f" * 16, "")
    assert record("x", actor=None, subject=research).request_id == ""


def test_log_lines_name_the_request_that_caused_them() -> None:
    line = logging.makeLogRecord({"msg": "node launched", "node": "cpu-1"})
    with caused_by(Origin(request_id="0f" * 16)):
        event = json.loads(EventFormatter().format(line))
    assert (event["event"], event["node"], event["request"]) == (
        *("node launched", "cpu-1"),
        "0f" * 16,
    )
    assert "request" not in json.loads(EventFormatter().format(line))
