"""Ray's placement groups that lost nodes: only the lost bundles, where the strategy allows."""

import pytest

from domain.demand import Demand, Gang, Strategy, demand_from_report, plain_bundles
from domain.planner import NodeView, plan
from domain.planner.verdicts import explained
from tests.domain.planning import group, node, request, sizes

WORKERS = group("workers", {"CPU": 2.0})
GROUP, OTHER = "2e232c0e4a77e8e690a15eb96ffd01000000", "8d41365ee7ee8cfa2a1ccda8f0f901000000"


def holding(name: str, placement_group: str, *, bundle: int = 1, free: float = 1.0) -> NodeView:
    total = {
        "CPU": 2.0,
        f"CPU_group_{placement_group}": 1.0,
        f"CPU_group_{bundle}_{placement_group}": 1.0,
        f"bundle_group_{placement_group}": 1000.0,
        f"bundle_group_{bundle}_{placement_group}": 1000.0,
    }
    view = node(name, WORKERS, free={**total, "CPU": free})
    return NodeView(name=view.name, group=view.group, phase=view.phase, free=view.free, total=total)


def lost(strategy: Strategy, *, count: int = 1) -> Demand:
    bundles = plain_bundles([{"CPU": 1.0}] * count)
    return Demand(gangs=(Gang(strategy=strategy, bundles=bundles, id=GROUP),))


@pytest.mark.parametrize("lost_bundles", [1, 2])
def test_lost_bundles_of_a_strict_spread_stay_off_the_nodes_of_the_others(
    lost_bundles: int,
) -> None:
    nodes = (holding("n-1", GROUP),)
    demand = lost(Strategy.STRICT_SPREAD, count=lost_bundles)
    answer = plan(request(WORKERS, nodes=nodes, demand=demand))
    assert sizes(answer) == {"workers": lost_bundles}


def test_the_head_may_hold_one_of_the_others() -> None:
    held = holding("head", GROUP, bundle=0)
    asked = request(
        WORKERS,
        demand=lost(Strategy.STRICT_SPREAD),
        head_free=held.free,
        head_total=held.total,
    )
    assert sizes(plan(asked)) == {"workers": 1}


def test_a_free_node_without_the_group_takes_the_lost_bundle() -> None:
    nodes = (holding("n-1", GROUP), holding("n-2", OTHER))
    asked = request(WORKERS, nodes=nodes, demand=lost(Strategy.STRICT_SPREAD))
    answer = plan(asked)
    assert answer.is_empty
    assert not answer.unserved
    assert answer.placements.keys() == {"n-2"}


@pytest.mark.parametrize("strategy", [Strategy.PACK, Strategy.SPREAD, Strategy.STRICT_PACK])
def test_lost_bundles_of_other_strategies_may_lie_beside_what_is_there(strategy: Strategy) -> None:
    nodes = (holding("n-1", GROUP),)
    answer = plan(request(WORKERS, nodes=nodes, demand=lost(strategy)))
    assert answer.is_empty
    assert not answer.unserved


def test_a_lost_bundle_beyond_the_maximum_waits_and_says_why() -> None:
    full = group("workers", {"CPU": 2.0}, most=1)
    nodes = (holding("n-1", GROUP),)
    answer = plan(request(full, nodes=nodes, demand=lost(Strategy.STRICT_SPREAD)))
    assert answer.is_empty
    assert [left.reason for left in answer.unserved] == [
        "STRICT_SPREAD placement group: group workers is at its maximum of 1"
    ]


def test_the_page_says_that_the_bundle_keeps_away_from_the_others() -> None:
    nodes = (holding("n-1", GROUP),)
    (line,) = explained(request(WORKERS, nodes=nodes, demand=lost(Strategy.STRICT_SPREAD)))
    assert f"no other bundle of placement group {GROUP}" in line.shape


def test_one_node_comes_for_the_bundle_that_a_real_cluster_lost() -> None:
    """What an agent said after one of three nodes of a STRICT_SPREAD group was killed."""
    report = {
        "shapes": [
            {"resources": {f"CPU_group_{GROUP}": 1.0, f"bundle_group_{GROUP}": 0.001}, "count": 2}
        ],
        "gangs": [{"id": GROUP, "strategy": "STRICT_SPREAD", "bundles": [{"CPU": 1.0}]}],
        "floors": [],
    }
    head = holding("head-1", GROUP, bundle=0)
    asked = request(
        WORKERS,
        nodes=(holding("w-2", GROUP),),
        demand=demand_from_report(report),
        head_free=head.free,
        head_total=head.total,
    )
    answer = plan(asked)
    assert sizes(answer) == {"workers": 1}
    assert not answer.unserved
