"""Placement groups in plans: all bundles or none, each where its strategy allows."""

from dataclasses import replace

import pytest

from domain.demand import Demand, Gang, Resources, Strategy, plain_bundles
from domain.planner import plan
from tests.domain.planner.test_plan import CPU, GPU
from tests.domain.planning import group, node, request, shape, sizes, why


def gang(strategy: Strategy, *bundles: Resources) -> Demand:
    return Demand(gangs=(Gang(strategy=strategy, bundles=plain_bundles(bundles)),))


@pytest.mark.parametrize(
    ("strategy", "nodes"),
    [
        (Strategy.PACK, 1),
        (Strategy.SPREAD, 1),
        (Strategy.STRICT_PACK, 1),
        (Strategy.STRICT_SPREAD, 2),
    ],
)
def test_only_a_strict_spread_needs_a_node_for_each_bundle(strategy: Strategy, nodes: int) -> None:
    answer = plan(request(CPU, demand=gang(strategy, {"CPU": 1.0}, {"CPU": 1.0})))
    assert sizes(answer) == {"cpu": nodes}


def test_a_strict_pack_needs_one_node_for_all_bundles() -> None:
    bundles = ({"CPU": 2.0}, {"CPU": 2.0})
    assert sizes(plan(request(CPU, GPU, demand=gang(Strategy.PACK, *bundles)))) == {"cpu": 2}
    assert sizes(plan(request(CPU, GPU, demand=gang(Strategy.STRICT_PACK, *bundles)))) == {"gpu": 1}


def test_a_strict_spread_uses_free_nodes_first() -> None:
    nodes = (node("n-1", CPU), node("n-2", CPU, free={"CPU": 0.0}))
    demand = gang(Strategy.STRICT_SPREAD, {"CPU": 1.0}, {"CPU": 1.0})
    assert sizes(plan(request(CPU, nodes=nodes, demand=demand))) == {"cpu": 1}


def test_bundles_of_different_placement_groups_may_share_a_node() -> None:
    pair = Gang(strategy=Strategy.STRICT_SPREAD, bundles=plain_bundles([{"CPU": 1.0}] * 2))
    assert sizes(plan(request(CPU, demand=Demand(gangs=(pair, pair))))) == {"cpu": 2}


def test_unlike_bundles_of_a_strict_spread_keep_apart() -> None:
    big = group("big", {"CPU": 8.0})
    demand = gang(Strategy.STRICT_SPREAD, {"CPU": 3.0}, {"CPU": 1.0})
    assert sizes(plan(request(big, demand=demand))) == {"big": 2}


@pytest.mark.parametrize("strategy", Strategy)
def test_a_placement_group_gets_all_or_nothing(strategy: Strategy) -> None:
    few = group("cpu", {"CPU": 2.0}, most=2)
    answer = plan(request(few, demand=gang(strategy, *[{"CPU": 2.0}] * 3)))
    assert answer.is_empty
    assert sum(left.count * left.resources["CPU"] for left in answer.unserved) == 6
    assert why(answer)[0].startswith(f"{strategy} placement group: ")


def test_a_placement_group_that_fails_leaves_its_room_to_others() -> None:
    few = group("cpu", {"CPU": 2.0}, most=2)
    demand = replace(gang(Strategy.PACK, *[{"CPU": 2.0}] * 3), shapes=(shape(2, CPU=2),))
    assert sizes(plan(request(few, demand=demand))) == {"cpu": 2}
