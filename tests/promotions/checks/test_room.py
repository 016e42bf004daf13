"""Capacity and quota are answered from what launches came to, and from this machine's size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from accounts.models import User
from clusters import room
from clusters.models import Cooldown, Node
from clusters.room.tasks import answer_checks
from clusters.scaling.cooldowns import note_failure
from configurations.models import Version
from domain.cooldowns import FailureClass
from promotions import progress
from promotions.evidence import gather
from promotions.models import ChangeRequest, CheckResult, Environment
from promotions.services.environments import add_window, remove_window
from providers.fake.driver import FakeDriver
from providers.local.offerings import local_offerings
from tests.cast import make_cloud
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]


@pytest.fixture
def dev(environments: dict[str, Environment]) -> Environment:
    return environments["dev"]


def answered(request: ChangeRequest) -> dict[str, CheckResult]:
    """The answers that there are to Capacity and Quota."""
    rows = request.checks.filter(round=request.round, kind__in=["capacity", "quota"])
    return {row.kind: row for row in rows.exclude(verdict="")}


def failed_launch(head: Head, *, zone: str = "", failure: FailureClass, cause: str) -> None:
    """A node of the same cloud that could not be launched."""
    node = head.nodes(role="head")[0]
    node.zone = zone
    note_failure(head.cluster, node, failure=failure, cause=cause)


def test_where_nothing_was_launched_nothing_is_known(dev: Environment, ask: Ask) -> None:
    request = carry_on(ask("dev"))
    found = answered(request)
    assert found["capacity"].verdict == found["quota"].verdict == "skipped"
    assert "launched none of these machines in the last 24 hours" in found["capacity"].summary
    assert "launched nothing on paper in the last 24 hours" in found["quota"].summary


def test_launches_that_went_well_are_counted(dev: Environment, head: Head, ask: Ask) -> None:
    found = answered(carry_on(ask("dev")))
    assert (found["capacity"].verdict, found["capacity"].summary) == (
        "passed",
        "1 node was launched on such machines in the last 24 hours, and none failed.",
    )
    assert found["capacity"].answer["launched"] == 1
    assert found["quota"].verdict == "passed"
    assert found["quota"].summary.endswith("1 run there now; the cluster adds 1 to 5.")


def test_a_machine_that_the_minimum_needs_and_that_is_in_cooldown_fails(
    dev: Environment, head: Head, ask: Ask
) -> None:
    failed_launch(head, failure=FailureClass.CAPACITY, cause="The zone is full")
    request = carry_on(ask("dev"))
    capacity = answered(request)["capacity"]
    assert capacity.verdict == "failed"
    assert capacity.summary.startswith("paper has no small on demand, which the cluster needs at")
    assert "The zone is full, last at" in capacity.summary
    assert capacity.answer["failures"][0]["instance_type"] == "small"
    assert request.state == "blocked"


@pytest.mark.parametrize(
    ("zone", "columns"),
    [
        ("paper-a", {}),
        ("", {"until": now() - timedelta(hours=1), "failed_at": now() - timedelta(hours=2)}),
    ],
)
def test_one_zone_or_an_earlier_failure_is_worth_a_look(
    dev: Environment, head: Head, ask: Ask, zone: str, columns: dict[str, Any]
) -> None:
    failed_launch(head, zone=zone, failure=FailureClass.CAPACITY, cause="The zone is full")
    Cooldown.objects.update(**columns or {"streak": 2})
    capacity = answered(carry_on(ask("dev")))["capacity"]
    assert capacity.verdict == "warning"
    assert "paper could not launch small on demand" in capacity.summary
    assert capacity.answer["failures"][0]["zone"] == (zone or "any")


def test_failures_of_other_machines_or_of_yesterday_do_not_count(
    dev: Environment, head: Head, ask: Ask
) -> None:
    failed_launch(head, failure=FailureClass.CAPACITY, cause="Full")
    Cooldown.objects.update(instance_type="large")
    assert answered(carry_on(ask("dev")))["capacity"].verdict == "passed"
    Cooldown.objects.update(instance_type="small", failed_at=now() - timedelta(hours=25))
    Node.objects.update(launched_at=now() - timedelta(hours=25))
    again = ask("test")
    assert answered(carry_on(again))["capacity"].verdict == "skipped"


def test_a_quota_that_is_used_up_fails_and_an_earlier_one_warns(
    dev: Environment, head: Head, ask: Ask
) -> None:
    failed_launch(head, failure=FailureClass.QUOTA, cause="VcpuLimitExceeded: 32 vCPUs")
    request = carry_on(ask("dev"))
    quota = answered(request)["quota"]
    assert quota.verdict == "failed"
    assert "The quota of paper is used up for every type on demand" in quota.summary
    assert answered(request)["capacity"].verdict == "passed"
    Cooldown.objects.update(until=now())
    assert answered(carry_on(ask("test")))["quota"].verdict == "warning"


LOCAL = """\
cloud: local
head_node:
  instance_type: {}
worker_nodes:
  - name: cpu
    instance_type: 2CPU-4GB
    max_nodes: 3
"""


@pytest.mark.parametrize(
    ("size", "verdict", "words"),
    [
        ("1CPU-2GB", "passed", "declares 1 CPU and 2 GiB, at its maximum 7 CPUs and 14 GiB"),
        ("8CPU-32GB", "warning", "declares 8 CPUs and 32 GiB, and this machine has 2 CPUs"),
    ],
)
def test_on_this_machine_its_real_size_counts(
    dev: Environment, version: Version, ask: Ask, driver: FakeDriver,
    monkeypatch: pytest.MonkeyPatch,
    size: str, verdict: str, words: str,
) -> None:  # fmt: skip
    make_cloud("local", provider="local")
    monkeypatch.setattr(driver, "offerings", local_offerings)
    monkeypatch.setattr("clusters.room.capacity.os.cpu_count", lambda: 2)
    of = changed(version, find=version.text, replace=LOCAL.format(size))
    found = answered(carry_on(ask("dev", of=of)))
    assert (found["capacity"].verdict, found["quota"].verdict) == (verdict, "passed")
    assert words in found["capacity"].summary
    assert found["capacity"].answer["machine"]["cpus"] == 2


def test_a_check_that_breaks_fails_with_the_third_attempt(
    dev: Environment, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError

    request = ask("dev")
    progress.advance(request.pk)
    monkeypatch.setitem(room.loop._CHECKS, "capacity", broken)
    for _ in range(2):
        answer_checks()
        assert "capacity" not in answered(request)
    answer_checks()
    assert answered(request)["capacity"].verdict == "failed"
    assert room.due() == []


@pytest.fixture
def held(dev: Environment, head: Head, ask: Ask, lead: User) -> ChangeRequest:
    """A request that waits in the queue until a window opens, checked a while ago."""
    began = now() - timedelta(minutes=2)
    cron = f"{began.minute} {began.hour} * * *"
    window = add_window(dev, kind="deny", cron=cron, minutes=60, by=lead)
    request = carry_on(ask("dev"))
    assert request.state == "queued"
    remove_window(window, by=lead)
    # Another rule would have all checked again: this is about those that change by the hour.
    rules = gather(request)
    ChangeRequest.objects.update(parts=rules.parts, digest=rules.digest)
    CheckResult.objects.update(answered_at=now() - timedelta(minutes=5))
    return request


def test_room_is_asked_for_again_before_a_request_is_applied(held: ChangeRequest) -> None:
    progress.advance(held.pk)
    assert answered(held) == {}
    held.refresh_from_db()
    assert held.state == "queued"
    assert carry_on(held).state == "applying"
    assert answered(held)["capacity"].answered_at > now() - timedelta(minutes=1)


def test_a_request_for_which_there_is_no_room_any_more_goes_back(
    held: ChangeRequest, head: Head
) -> None:
    failed_launch(head, failure=FailureClass.CAPACITY, cause="The zone is full")
    progress.advance(held.pk)
    request = carry_on(held)
    assert (request.state, request.round) == ("blocked", held.round + 1)
    reason = request.steps.filter(to_state="checking").last().reason
    assert reason.startswith("Before it was applied: paper has no small on demand")
