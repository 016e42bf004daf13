"""Which nodes the planner gives back."""

import pytest

from domain.demand import Demand
from domain.planner import Plan, plan
from tests.domain.planning import LEAVING, PENDING, carried_out, group, node, request, shape

CPU = group("cpu", {"CPU": 2.0})


def drained(answer: Plan) -> list[str]:
    return [drain.node for drain in answer.drains]


def test_a_node_that_idles_too_long_is_given_back_if_ray_agrees() -> None:
    (drain,) = plan(request(CPU, nodes=(node("cpu-3", CPU, idle=75),))).drains
    assert (drain.node, drain.idle) == ("cpu-3", True)
    assert drain.reason == "cpu-3 was idle for 75 s (limit 60 s)."


@pytest.mark.parametrize("idle", [None, 0.0, 59.9])
def test_a_node_that_works_or_just_stopped_stays(idle: float | None) -> None:
    assert plan(request(CPU, nodes=(node("n-1", CPU, idle=idle),))).is_empty


@pytest.mark.parametrize("phase", [PENDING, LEAVING])
def test_a_node_that_comes_or_leaves_is_not_drained(phase: object) -> None:
    nodes = (node("n-1", CPU, phase=phase, idle=500),)  # type: ignore[arg-type]
    assert plan(request(CPU, nodes=nodes)).is_empty


def test_an_idle_node_that_waiting_work_will_use_stays() -> None:
    nodes = tuple(node(f"n-{i}", CPU, idle=100 + i) for i in range(3))
    answer = plan(request(CPU, nodes=nodes, demand=Demand(shapes=(shape(2, CPU=1),))))
    assert drained(answer) == ["n-2", "n-1"]


def test_work_goes_to_busy_nodes_so_that_idle_ones_can_leave() -> None:
    nodes = (node("n-1", CPU, idle=100), node("n-2", CPU, free={"CPU": 1.0}))
    answer = plan(request(CPU, nodes=nodes, demand=Demand(shapes=(shape(1, CPU=1),))))
    assert drained(answer) == ["n-1"]


def test_the_longest_idle_nodes_go_and_the_minimum_stays() -> None:
    kept = group(least=2)
    nodes = (node("n-1", kept, idle=70), node("n-2", kept, idle=90), node("n-3", kept, idle=80))
    assert drained(plan(request(kept, nodes=nodes))) == ["n-2"]


def test_idle_nodes_stay_that_the_clusters_minimum_needs() -> None:
    nodes = tuple(node(f"n-{i}", CPU, idle=500) for i in range(3))
    answer = plan(request(CPU, nodes=nodes, min_resources={"CPU": 3.0}))
    assert len(answer.drains) == 1


def test_a_group_above_its_maximum_shrinks_busy_or_not() -> None:
    shrunk = group(most=1)
    nodes = (node("n-1", shrunk), node("n-2", shrunk))
    (drain,) = plan(request(shrunk, nodes=nodes)).drains
    assert not drain.idle
    assert drain.reason == (
        "n-2 is removed (up for 1000 s): group cpu has 2 nodes and needs at most 1."
    )


def test_of_removed_capacity_the_least_is_lost() -> None:
    shrunk = group(most=1)
    nodes = (
        node("n-1", shrunk, age=900),
        node("n-2", shrunk, age=100),
        node("n-3", shrunk, age=500, idle=10),
        node("n-4", shrunk, phase=PENDING),
    )
    assert drained(plan(request(shrunk, nodes=nodes))) == ["n-4", "n-3", "n-2"]


def test_nodes_of_a_group_that_is_gone_go_too() -> None:
    nodes = (node("old-1", group("old")), node("old-2", group("old"), phase=PENDING))
    answer = plan(request(CPU, nodes=nodes))
    assert drained(answer) == ["old-1", "old-2"]
    assert answer.drains[0].reason == "old-1 is removed: the cluster no longer has a group old."


def test_removed_capacity_serves_nothing_and_its_place_is_free() -> None:
    nodes = (node("old-1", group("old")),)
    limits = {"max_resources": {"CPU": 2.0}, "demand": Demand(shapes=(shape(2, CPU=1),))}
    answer = plan(request(CPU, nodes=nodes, **limits))
    assert drained(answer) == ["old-1"]
    assert [launch.count for launch in answer.launches] == [1]


def test_without_autoscaling_a_group_shrinks_to_its_size() -> None:
    sized = group(least=1, most=5)
    nodes = (node("n-9", sized), node("n-10", sized))
    answer = plan(request(sized, nodes=nodes, autoscaling=False))
    assert drained(answer) == ["n-10"]


def test_idle_nodes_of_a_useless_size_make_room_for_the_next_plan() -> None:
    small, large = group("small", {"CPU": 2.0}), group("large", {"CPU": 4.0})
    before = request(
        small,
        large,
        nodes=(node("n-1", small, idle=500),),
        max_resources={"CPU": 4.0},
        demand=Demand(shapes=(shape(1, CPU=4),)),
    )
    first = plan(before)
    assert drained(first) == ["n-1"]
    assert not first.launches
    second = plan(carried_out(first, before))
    assert [launch.group for launch in second.launches] == ["large"]
    assert plan(carried_out(second, carried_out(first, before))).is_empty
