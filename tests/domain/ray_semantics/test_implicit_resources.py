"""Every node has 1 of each implicit resource unless it lists less: Serve's replicas a node."""

from __future__ import annotations

from domain.demand import Bundle, Demand, Gang, Shape, Strategy
from domain.planner import NodeView, PlanRequest, plan
from domain.planner.verdicts import explained
from tests.domain.planning import group, node

APP = "node:__internal_implicit_resource_app:Model"
CPU = group("cpu", {"CPU": 4.0})


def replicas(count: int, *, part: float = 1) -> Demand:
    return Demand(shapes=(Shape(resources={"CPU": 1, APP: part}, count=count),))


def ready(name: str, **free: float) -> NodeView:
    return node(name, CPU, free={"CPU": 4.0, **free})


def launched(request: PlanRequest) -> int:
    return sum(launch.count for launch in plan(request).launches)


def test_one_replica_a_node_needs_as_many_nodes() -> None:
    assert launched(PlanRequest(groups=(CPU,), nodes=(), demand=replicas(3))) == 3


def test_two_replicas_a_node_need_half_as_many() -> None:
    assert launched(PlanRequest(groups=(CPU,), nodes=(), demand=replicas(6, part=0.5))) == 3


def test_a_node_that_lists_none_left_takes_no_other_replica() -> None:
    full = ready("full", **{APP: 0.0})
    assert launched(PlanRequest(groups=(CPU,), nodes=(full,), demand=replicas(1))) == 1


def test_a_node_that_lists_half_takes_half() -> None:
    half = ready("half", **{APP: 0.5})
    request = PlanRequest(groups=(CPU,), nodes=(half,), demand=replicas(2, part=0.5))
    assert launched(request) == 1


def test_a_node_that_lists_nothing_has_one() -> None:
    request = PlanRequest(groups=(CPU,), nodes=(ready("new"),), demand=replicas(1))
    assert launched(request) == 0


def test_replicas_in_placement_groups_keep_apart_too() -> None:
    bundles = tuple(Bundle(resources={"CPU": 1, APP: 1}) for _ in range(3))
    demand = Demand(gangs=(Gang(strategy=Strategy.PACK, bundles=bundles),))
    assert launched(PlanRequest(groups=(CPU,), nodes=(), demand=demand)) == 3


def test_different_deployments_share_nodes() -> None:
    other = Shape(resources={"CPU": 1, f"{APP}2": 1}, count=2)
    demand = Demand(shapes=(*replicas(2).shapes, other))
    assert launched(PlanRequest(groups=(CPU,), nodes=(), demand=demand)) == 2


def test_verdicts_know_them() -> None:
    [line] = explained(PlanRequest(groups=(CPU,), nodes=(), demand=replicas(2, part=0.5)))
    assert line.verdicts[0].words.startswith("fits: 2 of it on one node")
