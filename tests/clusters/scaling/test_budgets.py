"""Disruption budgets: what they stop, and what passes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.models import Consolidation
from tests.clusters.busy_head import BusyHead

pytestmark = pytest.mark.django_db


def test_a_budget_stops_consolidation_and_idle_nodes(started: Callable[[str], BusyHead]) -> None:
    head = started(
        "  scaling: {consolidation: act, budgets: [{nodes: 0, reasons: [consolidation]}, "
        "{nodes: 1, reasons: [idle]}]}\n"
    )
    first, second, third = head.grows(1, 1, 1)
    head.looks(times=3)
    assert head.drained() == []
    assert "blocked by a disruption budget" in next(
        iter(Consolidation.objects.get().stays.values())
    )
    head.idle |= {first.name: 100.0, second.name: 100.0}
    head.looks(times=2)
    assert len(head.drained()) == 1
    third.refresh_from_db()
    assert third.state == "ready"


def test_removed_capacity_passes_every_budget(started: Callable[[str], BusyHead]) -> None:
    head = started("  scaling: {budgets: [{nodes: 0}]}\n")
    head.grows(2, 2)
    head.cluster.groups.filter(name="cpu").update(max_nodes=1)
    head.pass_by()
    assert len(head.drained()) == 1
