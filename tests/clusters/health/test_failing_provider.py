"""Each kind of failure says on the overview, within 10 s, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Cluster, Group, Node
from domain.cooldowns import FailureClass
from domain.health.model import Level
from providers.base import BadCredentials, Unreachable
from providers.failure_plan import PlannedFailure, PlannedInterruption
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import age

pytestmark = pytest.mark.django_db

LIMIT = timedelta(seconds=10)
TIMED_OUT = "Ray ended with exit code 1.\nException: The current node timed out during startup."


@pytest.fixture
def overview(alice: User) -> Callable[[], str]:
    """The overview as alice reads it, without the line breaks of its source."""
    client = Client()
    client.force_login(alice)
    return lambda: " ".join(client.get(reverse("home")).text.split())


def passes_within_the_limit(head: Head, *, report: bool = True, until: Level | None = None) -> None:
    """Make the passes that fall due within 10 s, a report before each, until health is so."""
    spent = timedelta(0)
    while spent < LIMIT and head.cluster.health != until:
        if report and head.state == "running":
            head.report()
        head.pass_by()
        head.cluster.refresh_from_db()
        spent += max(head.cluster.wake_at - now(), timedelta(seconds=1))


def refuse(failure: FailureClass, message: str = "") -> Callable[[Head, FakeDriver], None]:
    def arranged(head: Head, driver: FakeDriver) -> None:
        driver.plan_failure(PlannedFailure(failure=failure.value, message=message, group="cpu"))
        head.wants(3, CPU=2.0)

    return arranged


def break_workers(reason: str, failure: FailureClass | None) -> Callable[[Head, FakeDriver], None]:
    def arranged(head: Head, driver: FakeDriver) -> None:
        head.wants(3, CPU=2.0)
        for _ in range(2):
            head.report()
            head.pass_by()
            head.silent = {node.name for node in head.nodes()}
            for node in head.nodes():
                driver.break_node(node.name, reason=reason, failure=failure)

    return arranged


def worker_of(head: Head) -> Node:
    """Return a worker that has come up."""
    head.wants(1, CPU=2.0)
    head.report()
    head.pass_by()
    head.wants(0)
    head.report()
    head.pass_by()
    (node,) = head.nodes()
    assert node.state == "ready"
    return node


def lose_worker(head: Head, driver: FakeDriver) -> None:
    driver.vanish(worker_of(head).name)


def interrupt_worker(head: Head, driver: FakeDriver) -> None:
    node = worker_of(head)
    driver.plan_interruption(PlannedInterruption(node=node.name, in_seconds=0))


def lose_head(head: Head, driver: FakeDriver) -> None:
    driver.vanish(head.nodes(role="head")[0].name)


def fail_calls(error: Exception) -> Callable[[Head, FakeDriver], None]:
    def arranged(head: Head, driver: FakeDriver) -> None:
        driver.fail_next("observe", error, times=99)  # type: ignore[arg-type]

    return arranged


def limit_group(head: Head, driver: FakeDriver) -> None:
    driver.limit("cpu", 0)
    head.wants(3, CPU=2.0)


@dataclass(frozen=True, kw_only=True)
class Case:
    arrange: Callable[[Head, FakeDriver], None]
    level: Level
    says: tuple[str, ...]


CASES = {
    "capacity": Case(
        arrange=refuse(FailureClass.CAPACITY, "No machines of this kind."),
        level=Level.DEGRADED,
        says=(
            "Group cpu can&#x27;t start nodes",
            "No machines of this kind.",
            "tasks wait.",
            "Retry now",
            "Next try",
        ),
    ),
    "a limit of the provider": Case(
        arrange=limit_group,
        level=Level.DEGRADED,
        says=("Group cpu can&#x27;t start nodes", "No capacity for group cpu", "Retry now"),
    ),
    "quota": Case(
        arrange=refuse(FailureClass.QUOTA),
        level=Level.STUCK,
        says=("Group cpu can&#x27;t start nodes", "quota for small", "3 tasks wait.", "Retry now"),
    ),
    "permission": Case(
        arrange=refuse(FailureClass.PERMISSION),
        level=Level.STUCK,
        says=("Group cpu stopped launching nodes", "not allowed to launch small", "Retry now"),
    ),
    "configuration": Case(
        arrange=refuse(FailureClass.CONFIGURATION),
        level=Level.STUCK,
        says=("Group cpu stopped launching nodes", "cannot be launched with these settings"),
    ),
    "a busy provider": Case(
        arrange=refuse(FailureClass.TRANSIENT),
        level=Level.DEGRADED,
        says=("A call to the cloud failed: The provider is busy", "View events"),
    ),
    "an error of AWS": Case(
        arrange=refuse(FailureClass.CAPACITY, "(InsufficientInstanceCapacity) Try later."),
        level=Level.DEGRADED,
        says=("AWS has no capacity for this instance type.",),
    ),
    "Ray that times out": Case(
        arrange=break_workers(TIMED_OUT, FailureClass.TRANSIENT),
        level=Level.STUCK,
        says=(
            "Group cpu can&#x27;t start nodes",
            "failures in 10 min, Ray timed out during startup. 3 tasks wait.",
            "Retry now",
        ),
    ),
    "Ray that ends": Case(
        arrange=break_workers("Ray ended with exit code 1.\nOSError: [Errno 98]", None),
        level=Level.STUCK,
        says=("A port that Ray needs is already in use on the machine.",),
    ),
    "a lost worker": Case(
        arrange=lose_worker, level=Level.DEGRADED, says=("was lost: The machine disappeared",)
    ),
    "a spot interruption": Case(
        arrange=interrupt_worker, level=Level.DEGRADED, says=("was reclaimed by the provider.",)
    ),
    "a lost head": Case(
        arrange=lose_head, level=Level.STUCK, says=("The cluster failed: Head node lost:",)
    ),
    "rejected credentials": Case(
        arrange=fail_calls(BadCredentials("The key was rejected.")),
        level=Level.STUCK,
        says=("The cloud rejected Mobula&#x27;s credentials: The key was rejected.", "View clouds"),
    ),
    "an unreachable provider": Case(
        arrange=fail_calls(Unreachable("EC2 did not answer in time.")),
        level=Level.DEGRADED,
        says=("A call to the cloud failed: EC2 did not answer in time. Mobula tries again",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_failure_says_its_sentence_on_the_overview_within_10_s(
    head: Head, driver: FakeDriver, overview: Callable[[], str], name: str
) -> None:
    case = CASES[name]
    assert "Needs attention" not in overview()
    case.arrange(head, driver)
    passes_within_the_limit(head, until=case.level)
    assert (Cluster.objects.get().health, case.level) == (case.level, case.level)
    page = overview()
    assert "Needs attention" in page
    for words in case.says:
        assert words in page
    assert "Traceback" not in page


def test_a_silent_agent_makes_the_cluster_blind(head: Head, overview: Callable[[], str]) -> None:
    head.cluster.runs.update(agent_seen_at=now() - timedelta(seconds=40))
    passes_within_the_limit(head, report=False, until=Level.BLIND)
    assert "The head node has not reported for 4" in overview()
    head.report()
    head.pass_by()
    assert "Needs attention" not in overview()
    kinds = list(head.cluster.events.filter(kind="cluster.health_changed").values_list("severity"))
    assert kinds == [("info",), ("error",)]


def test_a_cluster_that_no_worker_looks_after_is_blind(
    head: Head, overview: Callable[[], str]
) -> None:
    Cluster.objects.update(wake_at=now() - timedelta(minutes=2), rest_until=None)
    assert "workers have not checked this cluster" in overview()


def test_retry_now_ends_the_wait(
    head: Head, driver: FakeDriver, overview: Callable[[], str], alice: User
) -> None:
    break_workers(TIMED_OUT, FailureClass.TRANSIENT)(head, driver)
    passes_within_the_limit(head, until=Level.STUCK)
    assert not head.nodes(role="worker")
    client = Client()
    client.force_login(alice)
    client.post(reverse("clusters:try-again", args=[head.cluster.pk, "cpu"]))
    assert Group.objects.get(name="cpu").retried_at
    head.silent = set()
    passes_within_the_limit(head, until=Level.FINE)
    assert {node.state for node in head.nodes()} == {"ready"}
    assert "Needs attention" not in overview()


def test_a_drain_that_ray_does_not_answer_is_named(head: Head, overview: Callable[[], str]) -> None:
    node = worker_of(head)
    head.idle = {node.name: 300.0}
    head.report()
    head.pass_by()
    age(node, draining_at=timedelta(seconds=30))
    head.pass_by()
    assert f"Ray has not confirmed the drain of {node.label} yet." in overview()
