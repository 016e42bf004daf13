"""What `request_resources` means, and how fast and far Ray lets a cluster grow."""

from __future__ import annotations

import pytest

from domain.demand import Bundle, Demand, Gang, LabelSelector, Shape, Strategy
from domain.planner import plan
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse
from tests.domain.machines import AWS
from tests.domain.planning import PENDING, READY, group, node, request, shape, sizes, why

CPU = group("cpu", {"CPU": 4.0}, most=100)
LONG = 1000.0


def standing(*shapes: Shape) -> Demand:
    return Demand(standing_requests=shapes)


def test_a_request_is_for_the_size_of_the_cluster_not_for_room_that_is_free() -> None:
    busy = (node("n-1", CPU, free={"CPU": 0.0}),)
    assert plan(request(CPU, nodes=busy, demand=standing(shape(4, CPU=1.0)))).is_empty


def test_a_request_keeps_its_nodes_when_they_idle() -> None:
    nodes = (node("n-1", CPU, idle=LONG), node("n-2", CPU, idle=LONG))
    answer = plan(request(CPU, nodes=nodes, demand=standing(shape(4, CPU=1.0))))
    assert len(answer.drains) == 1


def test_a_request_that_is_taken_back_keeps_nothing() -> None:
    nodes = (node("n-1", CPU, idle=LONG), node("n-2", CPU, idle=LONG))
    assert len(plan(request(CPU, nodes=nodes)).drains) == 2


def test_a_request_and_the_work_it_is_for_are_not_added_up() -> None:
    demand = Demand(standing_requests=(shape(8, CPU=1.0),), shapes=(shape(8, CPU=1.0),))
    assert sizes(plan(request(CPU, demand=demand))) == {"cpu": 2}


def test_several_bundles_lie_on_one_node_and_one_on_no_two() -> None:
    assert sizes(plan(request(CPU, demand=standing(shape(4, CPU=1.0))))) == {"cpu": 1}
    assert sizes(plan(request(CPU, demand=standing(shape(2, CPU=3.0))))) == {"cpu": 2}


def test_minimums_count_for_a_request() -> None:
    least = group("cpu", {"CPU": 4.0}, least=2)
    assert sizes(plan(request(least, demand=standing(shape(8, CPU=1.0))))) == {"cpu": 2}


def test_the_head_counts_for_a_request() -> None:
    head = {"CPU": 8.0}
    asked = request(CPU, head_total=head, head_free={}, demand=standing(shape(8, CPU=1.0)))
    assert plan(asked).is_empty


@pytest.mark.parametrize(
    ("operator", "values", "group_name"),
    [("in", ("a",), "a"), ("in", ("a", "b"), "a"), ("not in", ("a",), "b")],
)
def test_a_request_goes_by_its_label_selectors(
    operator: str, values: tuple[str, ...], group_name: str
) -> None:
    a = group("a", labels={"rack": "a"}, hourly_usd="0.1")
    b = group("b", labels={"rack": "b"}, hourly_usd="0.2")
    selector = LabelSelector(key="rack", operator=operator, values=values)
    answer = plan(request(a, b, demand=standing(shape(1, selector, CPU=2.0))))
    assert sizes(answer) == {group_name: 1}


def test_a_request_selects_among_the_nodes_that_are_there() -> None:
    a, b = group("a", labels={"rack": "a"}), group("b", labels={"rack": "b"}, hourly_usd="0.9")
    selector = LabelSelector(key="rack", operator="in", values=("b",))
    nodes = (
        node("a-1", a, idle=LONG, labels={"rack": "a"}),
        node("b-1", b, idle=LONG, labels={"rack": "b"}),
    )
    answer = plan(request(a, b, nodes=nodes, demand=standing(shape(1, selector, CPU=2.0))))
    assert [drain.node for drain in answer.drains] == ["a-1"]


def test_what_no_node_could_ever_hold_is_said() -> None:
    assert why(plan(request(CPU, demand=standing(shape(1, GPU=1.0))))) == [
        "standing request: no group has GPU"
    ]


@pytest.mark.parametrize(("running", "most"), [(0, 5), (1, 5), (5, 5), (6, 6), (40, 40)])
def test_so_many_nodes_are_pending_as_run_times_the_speed_but_five_at_least(
    running: int, most: int
) -> None:
    nodes = tuple(
        node(f"n-{number}", CPU, phase=READY, free={"CPU": 0.0}) for number in range(running)
    )
    demand = Demand(shapes=(shape(400, CPU=1.0),))
    assert sizes(plan(request(CPU, nodes=nodes, demand=demand, upscaling_speed=1))) == {"cpu": most}


def test_a_node_type_with_enough_pending_launches_none() -> None:
    nodes = tuple(node(f"n-{number}", CPU, phase=PENDING) for number in range(5))
    demand = Demand(shapes=(shape(400, CPU=1.0),))
    assert not plan(request(CPU, nodes=nodes, demand=demand, upscaling_speed=1)).launches


def test_requests_and_placement_groups_come_at_once() -> None:
    asked = standing(shape(40, CPU=1.0))
    assert sizes(plan(request(CPU, demand=asked, upscaling_speed=1))) == {"cpu": 10}
    gang = Gang(strategy=Strategy.PACK, bundles=(Bundle(resources={"CPU": 4.0}),) * 7)
    answer = plan(request(CPU, demand=Demand(gangs=(gang,)), upscaling_speed=1))
    assert sizes(answer) == {"cpu": 7}


def test_the_workers_of_the_cluster_have_a_maximum_without_the_head() -> None:
    text = """
head_node: {instance_type: m5.2xlarge}
worker_nodes: [{name: a, instance_type: m5.2xlarge}, {name: b, instance_type: m5.4xlarge}]
mobula: {max_nodes: 3, upscaling_speed: 1}
"""
    config = parse(text).config
    assert config is not None
    demand = Demand(shapes=(shape(90, CPU=1.0),))
    asked = request_from_spec(config, demand=demand, target=AWS)
    assert (asked.max_nodes, asked.upscaling_speed) == (3, 1)
