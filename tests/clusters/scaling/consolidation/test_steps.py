"""A proposal that is found twice is carried out: replacement first, then the drain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.models import Consolidation, Node
from domain.lifecycle import EndCause
from providers.failure_plan import PlannedFailure
from providers.fake.driver import FakeDriver
from tests.clusters.busy_head import TWO_TYPES, BusyHead

pytestmark = pytest.mark.django_db


def test_a_proposal_is_found_again_before_anything_comes_of_it(acting: BusyHead) -> None:
    first, second = acting.grows(1, 1)
    acting.looks()
    row = Consolidation.objects.get()
    assert row.proposal["nodes"] == [second.name]
    assert "can be removed: its work fits on the other nodes" in row.proposal["sentence"]
    assert second.label in row.proposal["sentence"]
    acting.looks(after=11)
    assert acting.drained() == []
    acting.looks()
    assert acting.drained() == [(second.name, "preemption")]
    second.refresh_from_db()
    assert (second.state, second.end_cause) == ("draining", EndCause.CONSOLIDATED)
    assert second.drain_deadline is not None
    assert second.drain_deadline - now() > timedelta(seconds=100)
    assert acting.decided("consolidate") == [second.end_reason]
    assert "score 1.00 >= threshold 0.50 (k: 2, savings 50.0%" in second.end_reason
    first.refresh_from_db()
    assert first.state == "ready"


def test_the_node_that_takes_the_work_is_kept_until_it_came(acting: BusyHead) -> None:
    first, second = acting.grows(1, 1)
    acting.looks(times=3)
    acting.idle[first.name] = 500.0
    acting.looks()
    assert acting.drained() == [(second.name, "preemption")]
    gone = {"node": second.name, "ray_node_id": f"id-of-{second.name}", "reason": None}
    acting.silent.add(second.name)
    acting.report(dead=[gone])
    acting.looks(times=3)
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.state, first.state) == ("terminated", "ready")
    Node.objects.filter(pk=second.pk).update(ended_at=now() - timedelta(seconds=11))
    acting.looks(times=2)
    first.refresh_from_db()
    assert (first.state, first.end_cause) == ("draining", EndCause.IDLE)


def test_a_replacement_comes_first_and_then_the_work_moves(
    started: Callable[..., BusyHead], driver: FakeDriver
) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=800_000
    )
    head.looks(times=2)
    assert head.drained() == []
    new = head.nodes()[-1]
    assert (new.machine, new.decision.kind) == ("small", "launch")  # type: ignore[union-attr]
    assert "can be removed: one new small of group cpu fits its work" in new.decision.reason  # type: ignore[union-attr]
    head.idle[new.name] = 500.0
    head.looks(times=2)
    assert head.drained() == [(large.name, "preemption")]
    assert {node.name: node.state for node in head.nodes()} == {
        large.name: "draining", new.name: "ready",
    }  # fmt: skip


def test_a_replacement_that_does_not_come_changes_nothing(
    started: Callable[..., BusyHead], driver: FakeDriver
) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=800_000
    )
    driver.plan_failure(PlannedFailure(times=1, message="Sold out."))
    head.looks(times=4)
    assert head.drained() == []
    assert Consolidation.objects.get().state in {"none", "found", "confirmed"}
    event = head.cluster.events.get(kind="consolidation.canceled")
    assert "the replacement node did not start" in event.fields["why"]


def test_more_work_meanwhile_keeps_the_old_node(started: Callable[..., BusyHead]) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=800_000
    )
    head.looks(times=2)
    head.cpus[large.name] = 8
    head.looks(times=2)
    assert head.drained() == []
    event = head.cluster.events.get(kind="consolidation.canceled")
    assert event.fields["nodes"] == [large.name]
    assert large.label in event.message
