"""The pace of growth (`upscaling_speed`), and the most nodes of a whole cluster."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.demand import Bundle, Demand, Gang, Strategy
from domain.planner import PlanRequest, plan
from domain.planner.explanation.causes import SourceKind
from domain.planner.verdicts import explained
from tests.domain.planner.laws.test_laws import requests
from tests.domain.planner.test_plan import waiting
from tests.domain.planning import (
    LEAVING,
    PENDING,
    READY,
    carried_out,
    group,
    node,
    request,
    shape,
    sizes,
    why,
)

CPU = group("cpu", {"CPU": 2.0}, most=100)
OTHER = group("other", {"CPU": 2.0}, hourly_usd="0.2", most=100)
BUSY = {"CPU": 0.0}
ONE, TWO = Bundle(resources={"CPU": 1.0}), Bundle(resources={"CPU": 2.0})


def ready(count: int) -> PlanRequest:
    nodes = tuple(node(f"n-{number}", CPU, free=BUSY) for number in range(count))
    return request(CPU, nodes=nodes, demand=waiting(shape(200, CPU=1)), upscaling_speed=1)


def test_five_nodes_start_at_a_time_in_a_small_group() -> None:
    answer = plan(ready(0))
    assert sizes(answer) == {"cpu": 5}
    assert why(answer) == ["group cpu starts at most 5 nodes at a time (upscaling_speed = 1)"]


@pytest.mark.parametrize(
    ("speed", "nodes", "most"), [(1, 4, 5), (1, 12, 12), (0.5, 12, 6), (3, 2, 6), (0, 20, 5)]
)
def test_a_large_group_grows_by_its_ready_nodes(speed: float, nodes: int, most: int) -> None:
    assert sizes(plan(replace(ready(nodes), upscaling_speed=speed))) == {"cpu": most}


def test_nodes_that_start_already_count() -> None:
    before = ready(8)
    pending = tuple(node(f"p-{number}", CPU, phase=PENDING) for number in range(6))
    answer = plan(replace(before, nodes=(*before.nodes, *pending)))
    assert sizes(answer) == {"cpu": 2}


def test_each_group_has_its_own_pace() -> None:
    both = request(CPU, OTHER, demand=waiting(shape(20, CPU=1)), upscaling_speed=1)
    assert sizes(plan(both)) == {"cpu": 5, "other": 5}


def test_minimums_standing_requests_and_placement_groups_are_not_held_back() -> None:
    least = group("cpu", {"CPU": 2.0}, least=9, most=100)
    assert sizes(plan(request(least, upscaling_speed=1))) == {"cpu": 9}
    demand = Demand(standing_requests=(shape(30, CPU=1.0),))
    assert sizes(plan(request(CPU, demand=demand, upscaling_speed=1))) == {"cpu": 15}
    gang = Gang(strategy=Strategy.STRICT_SPREAD, bundles=(ONE,) * 8)
    answer = plan(request(CPU, demand=Demand(gangs=(gang,)), upscaling_speed=1))
    assert sizes(answer) == {"cpu": 8}
    cluster = request(CPU, min_resources={"CPU": 14.0}, upscaling_speed=1)
    assert sizes(plan(cluster)) == {"cpu": 7}


def test_work_beside_a_placement_group_starts_no_more_than_either_may() -> None:
    gang = Gang(strategy=Strategy.STRICT_SPREAD, bundles=(TWO,) * 3)
    demand = Demand(gangs=(gang,), shapes=(shape(40, CPU=1.0),))
    assert sizes(plan(request(CPU, demand=demand, upscaling_speed=1))) == {"cpu": 5}


def test_spare_nodes_keep_the_pace() -> None:
    its = group("cpu", {"CPU": 2.0}, most=100, warm_spare=20)
    assert sizes(plan(request(its, upscaling_speed=1))) == {"cpu": 5}


def test_without_a_speed_all_start_at_once() -> None:
    assert sizes(plan(replace(ready(0), upscaling_speed=None))) == {"cpu": 100}


def test_the_page_says_the_pace() -> None:
    pending = tuple(node(f"p-{number}", CPU, phase=PENDING, free=BUSY) for number in range(5))
    asked = replace(ready(0), nodes=pending)
    [line] = explained(asked)
    assert line.verdicts[0].words == "starts at most 5 nodes at a time (upscaling_speed = 1)"


def test_the_page_does_not_say_it_of_what_is_not_held_back() -> None:
    pending = tuple(node(f"p-{number}", CPU, phase=PENDING, free=BUSY) for number in range(5))
    gang = Gang(strategy=Strategy.STRICT_SPREAD, bundles=(ONE,) * 2)
    demand = Demand(gangs=(gang,), standing_requests=(shape(2, CPU=1.0),))
    lines = explained(request(CPU, nodes=pending, demand=demand, upscaling_speed=1))
    assert all(line.verdicts[0].fits for line in lines)


def test_the_cluster_has_a_maximum_of_nodes() -> None:
    both = request(CPU, OTHER, demand=waiting(shape(99, CPU=1)), max_nodes=7)
    answer = plan(both)
    assert sum(sizes(answer).values()) == 7
    assert why(answer) == ["the cluster is at its maximum of 7 nodes"]


def test_under_a_maximum_of_nodes_larger_ones_serve_more() -> None:
    small, large = group("s", {"CPU": 2.0}), group("l", {"CPU": 8.0}, hourly_usd="0.9")
    answer = plan(request(small, large, demand=waiting(shape(16, CPU=1)), max_nodes=2))
    assert sizes(answer) == {"l": 2}
    assert not answer.unserved


def test_nodes_above_the_maximum_of_the_cluster_go_those_of_a_minimum_last() -> None:
    kept = group("kept", least=2)
    nodes = (
        node("k-1", kept, idle=500.0),
        node("k-2", kept, idle=400.0),
        node("n-1", CPU, free=BUSY),
        node("n-2", CPU, phase=PENDING),
    )
    answer = plan(request(kept, CPU, nodes=nodes, max_nodes=2))
    assert [drain.reason for drain in answer.drains] == [
        ("n-2 is removed (not ready yet): the cluster has 4 nodes and may have at most 2."),
        "n-1 is removed (up for 1000 s): the cluster has 4 nodes and may have at most 2.",
    ]
    assert not any(drain.idle for drain in answer.drains)


def workers(of: PlanRequest) -> int:
    return sum(one.phase is not LEAVING for one in of.nodes)


@settings(max_examples=60, deadline=None)
@given(requests(), st.integers(1, 9))
def test_no_plan_exceeds_the_maximum_of_the_cluster(asked: PlanRequest, most: int) -> None:
    limited = replace(asked, max_nodes=most)
    assert workers(carried_out(plan(limited), limited)) <= most


@settings(max_examples=60, deadline=None)
@given(requests(), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_work_starts_no_more_than_the_pace(asked: PlanRequest, speed: float) -> None:
    only_work = replace(
        asked,
        groups=tuple(replace(its, min_nodes=0) for its in asked.groups),
        demand=Demand(shapes=asked.demand.shapes),
        min_resources={},
        upscaling_speed=speed,
    )
    answer = plan(only_work)
    phases = Counter((one.group, one.phase) for one in only_work.nodes)
    gone = {drain.node for drain in answer.drains}
    pending = Counter(
        one.group for one in only_work.nodes if one.phase is PENDING and one.name not in gone
    )
    for name, count in sizes(answer).items():
        assert count + pending[name] <= max(5, int(speed * max(1, phases[name, READY])))


@settings(max_examples=60, deadline=None)
@given(requests(), st.sampled_from([0.0, 1.0]), st.integers(1, 9))
def test_a_paced_plan_is_followed_by_an_empty_one(
    asked: PlanRequest, speed: float, most: int
) -> None:
    paced = replace(asked, upscaling_speed=speed, max_nodes=most)
    answer = plan(paced)
    sources = {left.cause.source.kind for left in answer.unserved}
    # What goes makes room, and a placement group that waits may fit on nodes for others.
    if answer.drains or SourceKind.PLACEMENT_GROUP in sources:
        return
    assert plan(carried_out(answer, paced)).is_empty


@settings(max_examples=60, deadline=None)
@given(requests(), st.integers(1, 6), st.integers(1, 6))
def test_a_larger_maximum_never_serves_less(asked: PlanRequest, one: int, other: int) -> None:
    less, more = sorted((one, other))
    alone = replace(asked, nodes=(), demand=Demand(shapes=asked.demand.shapes))
    left = [
        sum(item.count for item in plan(replace(alone, max_nodes=most)).unserved)
        for most in (less, more)
    ]
    assert left[1] <= left[0]
