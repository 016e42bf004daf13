"""A settled cluster costs a look at its machines; whatever changes makes a whole pass."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import User
from clouds.models import Cloud
from clusters.models import Node, Run
from clusters.queues import Queue
from clusters.reconcile import loop, settled
from clusters.services import limits, node_logs, operating
from clusters.services.waking import wake, wake_for_report
from clusters.tasks import look_at_settled
from providers.base import ClusterRef, Throttled
from providers.failure_plan import PlannedInterruption
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.reconcile.settled import columns, comes_to_rest, is_due, next_step
from tests.clusters.situations import reference_of

pytestmark = pytest.mark.django_db


def _unclaimed(head: Head, driver: FakeDriver) -> None:
    from clusters.nodes.driver_refs import specification

    spec = specification(head.nodes()[0])
    driver.launch(reference_of(head), [type(spec)(**_fields(spec) | {"name": "stray-1"})])  # type: ignore[arg-type]


def _fields(spec: object) -> dict[str, object]:
    return {name: getattr(spec, name) for name in spec.__slots__}  # type: ignore[attr-defined]


SEEN: dict[str, Callable[[Head, FakeDriver], object]] = {
    "a machine disappears": lambda head, driver: driver.vanish(head.nodes()[0].name),
    "a machine fails": lambda head, driver: driver.break_node(head.nodes()[1].name),
    "the head disappears": lambda head, driver: driver.vanish(head.nodes(role="head")[0].name),
    "a machine is taken back": lambda head, driver: driver.plan_interruption(
        PlannedInterruption(node=head.nodes()[0].name)
    ),
    "a machine that nobody asked for": _unclaimed,
    "the provider does not answer": lambda _head, driver: driver.fail_next(
        "observe", Throttled("Slow down.")
    ),
}


@pytest.mark.parametrize("change", SEEN.values(), ids=SEEN.keys())
def test_what_the_provider_says_otherwise_makes_a_pass(
    calm: Head,
    driver: FakeDriver,
    change: Callable[[Head, FakeDriver], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("clusters.tasks.ask_for_pass", lambda pk, **_: asked.append(pk))
    change(calm, driver)
    assert next_step(calm) == "look"
    look_at_settled([str(calm.cluster.pk)])
    assert asked == [str(calm.cluster.pk)] == loop.due(Queue.FAST)


REPORTED: dict[str, Callable[[Head], object]] = {
    "demand": lambda head: head.wants(3, CPU=2.0),
    "a node idles": lambda head: head.idle.update({head.nodes()[0].name: 1.0}),
    "a driver": lambda head: setattr(head, "drivers", 1),
    "a node is not listed": lambda head: head.silent.add(head.nodes()[0].name),
}


@pytest.mark.parametrize("change", REPORTED.values(), ids=REPORTED.keys())
def test_what_the_agent_says_otherwise_makes_a_pass(
    calm: Head, change: Callable[[Head], object]
) -> None:
    change(calm)
    calm.report()
    assert next_step(calm) == "pass"


@pytest.mark.parametrize(
    "fields", [{"total": {"CPU": 3}}, {"available": {"CPU": 1}}, {"actors": 2}], ids=str
)
def test_what_the_agent_says_of_a_node_makes_a_pass(
    calm: Head, fields: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = calm._node
    monkeypatch.setattr(calm, "_node", lambda node: ordinary(node) | fields)
    calm.report()
    assert next_step(calm) == "pass"
    # Not after one pass: on a slow machine, it may be the next one that looks for cheaper nodes.
    comes_to_rest(calm)
    assert next_step(calm) == "look"


WANTED: dict[str, Callable[[Head, User], object]] = {
    "terminate": lambda head, by: operating.terminate_cluster(head.cluster, by=by),
    "stop": lambda head, by: operating.stop_cluster(head.cluster, by=by),
    "resize": lambda head, by: operating.resize_group(
        head.cluster, group="cpu", min_nodes=3, max_nodes=4, by=by
    ),
    "hold": lambda head, by: operating.hold_idle_timer(head.cluster, hours=1, by=by),
    "time limits": lambda head, by: limits.change_time_limits(
        head.cluster, idle_minutes=7, max_lifetime_minutes=None, by=by
    ),
    "read logs": lambda head, by: node_logs.follow_node_logs(head.nodes()[0], by=by),
    "wake": lambda head, _by: wake(head.cluster),
    "wake for a report": lambda head, _by: wake_for_report(head.cluster),
    "whoever moves wake_at": lambda head, _by: columns(head, wake_at=now()),
}


@pytest.mark.parametrize("change", WANTED.values(), ids=WANTED.keys())
def test_what_users_want_makes_a_pass(
    calm: Head, alice: User, change: Callable[[Head, User], object]
) -> None:
    calm.cluster.refresh_from_db()
    change(calm, alice)
    assert next_step(calm) == "pass"


def _seen_ago(head: Head, seconds: int) -> None:
    Run.objects.filter(cluster=head.cluster).update(
        agent_seen_at=now() - timedelta(seconds=seconds)
    )


ROWS: dict[str, Callable[[Head], object]] = {
    "its time is over": lambda head: columns(head, settled_until=now()),
    "the agent is silent": lambda head: _seen_ago(head, 16),
    "the agent spoke in the future": lambda head: _seen_ago(head, -16),
    "the agent never spoke": lambda _head: Run.objects.update(agent_seen_at=None),
    "the team loses its cloud": lambda _head: (
        Cloud.objects.update(is_shared=False),
        Cloud.teams.through.objects.all().delete(),
    ),
    "a node drains": lambda head: Node.objects.filter(pk=head.nodes()[0].pk).update(
        state="draining"
    ),
    "the target is another": lambda head: columns(head, target="stopped"),
    "the clock was set back": lambda head: columns(
        head, settled_until=now() + timedelta(hours=1), passed_at=now() + timedelta(hours=1)
    ),
    "the clock was set back long ago": lambda head: columns(
        head, settled_until=now() + timedelta(hours=1)
    ),
    "its run has other news": lambda _head: Run.objects.update(news=99),
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS.keys())
def test_what_the_rows_say_otherwise_makes_a_pass(
    calm: Head, change: Callable[[Head], object]
) -> None:
    change(calm)
    assert next_step(calm) == "pass"


def test_slow_cluster_has_whole_passes_in_its_own_queue(calm: Head) -> None:
    columns(calm, slow_until=now() + timedelta(minutes=5))
    is_due(calm)
    assert (settled.due(), loop.due(Queue.FAST)) == ([], [])
    assert loop.due(Queue.SLOW) == [str(calm.cluster.pk)]


def test_report_during_a_pass_is_not_lost(
    calm: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = driver.observe

    def observe(ref: ClusterRef) -> object:
        found = ordinary(ref)
        if not calm.drivers:
            calm.drivers = 1
            calm.report()
        return found

    monkeypatch.setattr(driver, "observe", observe)
    calm.pass_by()
    assert next_step(calm) == "pass"
    calm.pass_by()
    assert next_step(calm) == "look"


def test_pass_that_breaks_off_leaves_the_cluster_unsettled(
    calm: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("clusters.reconcile.loop.scale.scale", broken)
    with pytest.raises(ZeroDivisionError):
        calm.pass_by()
    columns(calm, wake_at=now())
    assert next_step(calm) == "pass"
