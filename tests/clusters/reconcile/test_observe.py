"""The driver's machines are compared with the rows of nodes."""

from datetime import timedelta

import pytest

from clusters.models import Cluster
from clusters.nodes import rows
from clusters.nodes.driver_refs import specification
from clusters.reconcile import observe
from clusters.transitions import move_node
from domain.lifecycle import EndCause, NodeState
from metering.models import Interval
from providers.base import (
    DriverFacts,
)
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import age, reference_of

pytestmark = pytest.mark.django_db


def test_worker_that_dies_is_named_and_replaced(head: Head, driver: FakeDriver) -> None:
    head.wants(2, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    first = head.nodes()[0]
    driver.break_node(first.name, reason="Ray ended with signal 9.")
    head.wants(2, CPU=1.0)
    head.pass_by()
    head.pass_by()
    first.refresh_from_db()
    assert (first.end_cause, first.end_reason) == (EndCause.LOST, "Ray ended with signal 9.")
    assert [node.name for node in head.nodes()] != [first.name]
    lost = head.cluster.events.get(node=first, kind="node.lost")
    assert (lost.severity, lost.fields) == ("error", {"cause": "lost"})


def test_machine_without_a_row_is_removed(head: Head, driver: FakeDriver) -> None:
    from dataclasses import replace

    row = head.nodes(role="head")[0]
    stray = replace(specification(row), name=f"{head.cluster.handle}-99")
    driver.launch(reference_of(head), [stray])  # type: ignore[arg-type]
    head.pass_by()
    names = {node.name for node in driver.observe(reference_of(head))}  # type: ignore[arg-type]
    assert names == {row.name}


def test_machine_is_not_missed_before_the_driver_lists_it_for_sure(
    head: Head, driver: FakeDriver
) -> None:
    driver.facts = DriverFacts(list_is_fresh_after=timedelta(minutes=2))
    node = head.nodes(role="head")[0]
    driver.vanish(node.name)
    head.pass_by()
    assert head.nodes(role="head")[0].state == "ready"
    age(node, launched_at=timedelta(minutes=2))
    head.pass_by()
    node.refresh_from_db()
    assert node.end_cause == EndCause.LOST


def test_machine_launched_while_a_late_worker_looks_is_not_lost(
    head: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of machines is from before the launch, the rows must not be from after it."""
    from clusters.nodes.driver_refs import reference

    head.wants(1, CPU=1.0)
    head.report()
    late = Cluster.objects.select_related("cloud", "image_version").get(pk=head.cluster.pk)
    really_observe, began = driver.observe, []

    def observe_slowly(ref: object) -> object:
        seen = really_observe(ref)  # type: ignore[arg-type]
        if not began:
            began.append(True)
            head.pass_by()
            head.report()  # the worker is ready
        return seen

    monkeypatch.setattr(driver, "observe", observe_slowly)
    observe.observe(late, driver, reference(late))
    assert [node.state for node in head.nodes()] == ["ready"]
    assert driver.launched[-1] not in {
        name for c in driver.calls if c.verb == "terminate" for name in c.names
    }


def test_machine_that_is_seen_first_when_its_node_is_given_up_is_in_the_ledger(
    head: Head, driver: FakeDriver
) -> None:
    group = head.cluster.groups.get(name="cpu")
    [node] = rows.add_nodes(Cluster.objects.get(pk=head.cluster.pk), group, count=1)
    for state in (NodeState.LAUNCHING, NodeState.TERMINATING):
        move_node(node, state, reason="As planned.")
    driver.launch(reference_of(head), [specification(node)])  # type: ignore[arg-type]
    for _ in range(3):
        head.pass_by()
    node.refresh_from_db()
    interval = Interval.objects.get(node=node.name)
    assert node.state == NodeState.TERMINATED
    assert (interval.started_at, interval.ended_at) == (node.booted_at, node.ended_at)
    assert interval.leaving_at is not None


def test_node_without_a_machine_is_not_in_the_ledger(head: Head, driver: FakeDriver) -> None:
    group = head.cluster.groups.get(name="cpu")
    [node] = rows.add_nodes(Cluster.objects.get(pk=head.cluster.pk), group, count=1)
    for state in (NodeState.LAUNCHING, NodeState.TERMINATING):
        move_node(node, state, reason="As planned.")
    head.pass_by()
    node.refresh_from_db()
    assert (node.state, node.booted_at) == (NodeState.TERMINATED, None)
    assert not Interval.objects.filter(node=node.name).exists()
