"""Demand of agents old and new: nothing that limits where work may run is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from clusters.agent_report import current_demand
from clusters.models import Node
from domain.demand import Operator
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

GROUP = "2e232c0e4a77e8e690a15eb96ffd01000000"
IN_A = {"key": "zone", "operator": "in", "values": ["a"]}


def told(head: Head, **demand: Any) -> Any:
    empty: dict[str, Any] = {"shapes": [], "gangs": [], "standing_requests": []}
    assert head.post(head.body(demand=empty | demand)).status_code == 200
    head.cluster.refresh_from_db()
    return current_demand(head.cluster)


def test_selectors_fallbacks_and_ids_are_stored(head: Head) -> None:
    bundle = {"resources": {"CPU": 1.0}, "selectors": [IN_A], "fallbacks": [[], [IN_A]]}
    gang = {"id": GROUP, "strategy": "SPREAD", "bundles": [bundle], "fallbacks": [[bundle] * 2]}
    shape = {**bundle, "count": 1}
    told(head, shapes=[shape], gangs=[gang], standing_requests=[shape])
    assert head.cluster.run.demand == {
        "shapes": [shape], "gangs": [gang], "standing_requests": [shape],
    }  # fmt: skip


def test_an_older_agents_words_are_stored_as_the_newer_ones(head: Head) -> None:
    old = {**IN_A, "operator": "not_in"}
    shape = {"resources": {"CPU": 1.0}, "count": 1}
    gang = {"id": GROUP, "strategy": "PACK", "bundles": [{"CPU": 1.0}]}
    demand = told(head, shapes=[{**shape, "selectors": [old]}], gangs=[gang], floors=[shape])
    assert demand.shapes[0].selectors[0].operator == "not in"
    assert demand.gangs[0].bundles[0].resources == {"CPU": 1.0}
    assert demand.standing_requests[0].count == 1


@pytest.mark.parametrize(
    "more",
    [
        {"topology": "2x2"},
        {"selectors": [{**IN_A, "operator": "greater than"}]},
        {"selectors": [{**IN_A, "namespace": "x"}]},
    ],
)
def test_what_a_newer_agent_asks_for_starts_nothing_and_is_named(
    head: Head, more: dict[str, Any]
) -> None:
    demand = told(head, shapes=[{"resources": {"CPU": 1.0}, "count": 1, **more}])
    assert Operator.UNKNOWN in {s.operator for s in demand.shapes[0].selectors}
    head.pass_by()
    assert not head.nodes()
    (decision,) = head.cluster.decisions.filter(kind="unserved")
    assert "update Mobula" in decision.reason


def test_a_strategy_of_a_newer_agent_does_not_silence_it(head: Head) -> None:
    gang = {"id": GROUP, "strategy": "SCATTER", "bundles": [{"CPU": 1.0}]}
    told(head, gangs=[gang], shapes=[{"resources": {"CPU": 1.0}, "count": 1}])
    head.pass_by()
    assert len(head.nodes()) == 1  # for the task


def test_a_node_for_the_lost_bundle_comes_though_the_others_have_room(head: Head) -> None:
    told(head, shapes=[{"resources": {"CPU": 1.0}, "count": 1}])
    head.pass_by()
    (node,) = head.nodes()
    holds = {"CPU": 2.0, f"bundle_group_{GROUP}": 1000.0, f"bundle_group_1_{GROUP}": 1000.0}
    Node.objects.filter(pk=node.pk).update(
        state="ready", total=holds, free=holds, planned=[], idle_since=None
    )
    gang = {"id": GROUP, "strategy": "STRICT_SPREAD", "bundles": [{"CPU": 1.0}]}
    told(head, gangs=[gang])
    head.pass_by()
    assert len(head.nodes()) == 2
