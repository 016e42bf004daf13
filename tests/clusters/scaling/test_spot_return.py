"""On-demand nodes that stand in for spot go back to spot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.models import Node
from domain.lifecycle import EndCause
from tests.clusters.busy_head import BusyHead
from tests.clusters.conftest import TEXT

pytestmark = pytest.mark.django_db


PREFERS_SPOT = TEXT.replace("    max_nodes: 4", "    max_nodes: 4\n    market_type: PREFER_SPOT")


def standing_in(head: BusyHead) -> Node:
    """A dear on-demand node that idles, but not for long enough to go by itself."""
    [node] = head.grows(0)
    Node.objects.filter(pk=node.pk).update(market="on_demand", hourly_microusd=90_000_000)
    head.idle[node.name] = 5.0
    return node


def test_a_node_that_stands_in_for_spot_goes_back_if_ray_agrees(
    started: Callable[..., BusyHead],
) -> None:
    head = started("", text=PREFERS_SPOT)
    node = standing_in(head)
    head.looks(times=2)
    [reason] = head.decided("spot_return")
    assert reason.startswith(f"{node.label} returns to spot (idle)")
    assert head.drained() == [(node.name, "idle")]
    node.refresh_from_db()
    assert node.end_cause == EndCause.SPOT_RETURN


@pytest.mark.parametrize(
    "kept",
    [
        "  scaling: {budgets: [{nodes: 0, reasons: [spot_return]}]}\n",
        "  groups: {cpu: {on_demand_nodes: 1}}\n",
    ],
)
def test_a_budget_or_a_floor_of_on_demand_nodes_keeps_it(
    started: Callable[..., BusyHead], kept: str
) -> None:
    head = started(kept, text=PREFERS_SPOT)
    standing_in(head)
    head.looks(times=2)
    assert head.decided("spot_return") == []
    assert head.drained() == []
