"""A node has its GPUs one by one: a fraction lies on one of them, several GPUs are whole."""

import pytest

from domain.demand import Demand, Gang, Resources, Strategy, plain_bundles
from domain.planner import Plan, PlannedGroup, plan
from domain.planner.model import NodeView, Work
from domain.planner.verdicts import explained
from tests.domain.planning import carried_out, group, node, request, shape

UNITS = ("GPU", "TPU", "neuron_cores", "NPU", "HPU", "RBLN")


def nodes_of(four: str = "GPU", most: int = 10) -> PlannedGroup:
    return group("four", {"CPU": 64.0, four: 4.0}, most=most)


def planned(*demand: tuple[int, float], of: str = "GPU", nodes: tuple[NodeView, ...] = ()) -> Plan:
    shapes = tuple(shape(count, **{of: amount}) for count, amount in demand)
    return plan(request(nodes_of(of), nodes=nodes, demand=Demand(shapes=shapes)))


def launched(answer: Plan) -> int:
    return sum(launch.count for launch in answer.launches)


def used(free: float, *, pieces: int = 0, **fields: object) -> NodeView:
    work = Work(tasks=pieces)
    return node("n-1", nodes_of(), free={"CPU": 60.0, "GPU": free}, work=work, **fields)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize(
    ("demand", "nodes"),
    [
        ([(6, 0.6)], 2),
        ([(4, 0.8), (2, 0.3)], 2),
        ([(4, 0.7), (4, 0.3)], 1),
        ([(8, 0.5)], 1),
        ([(9, 0.5)], 2),
        ([(5, 0.51)], 2),
        ([(12, 0.3)], 1),
        ([(13, 0.3)], 2),
        ([(3, 1), (1, 0.6), (1, 0.4)], 1),
        ([(3, 1), (2, 0.6)], 2),
        ([(1, 4), (1, 0.01)], 2),
        ([(1, 3), (4, 0.25)], 1),
        ([(2, 2), (1, 1)], 2),
        ([(4, 0.5), (4, 0.3), (4, 0.2)], 1),
    ],
)
def test_fractions_share_a_unit_only_where_all_of_them_fit_on_it(
    name: str, demand: list[tuple[int, float]], nodes: int
) -> None:
    answer = planned(*demand, of=name)
    assert (launched(answer), answer.unserved) == (nodes, ())


def test_other_resources_are_sums() -> None:
    assert launched(planned((6, 0.6), of="licence")) == 1


def test_more_than_one_gpu_is_asked_for_in_whole_numbers() -> None:
    (waiting,) = planned((1, 1.5)).unserved
    assert waiting.reason == "Ray schedules more than 1 GPU in whole numbers only"


@pytest.mark.parametrize(("bundles", "fits"), [(4, True), (5, False)])
def test_a_strict_pack_group_has_its_fractions_on_the_gpus_of_one_node(
    bundles: int, fits: bool
) -> None:
    gang = Gang(strategy=Strategy.STRICT_PACK, bundles=plain_bundles([{"GPU": 0.6}] * bundles))
    answer = plan(request(nodes_of(), demand=Demand(gangs=(gang,))))
    assert launched(answer) == fits
    why = (
        "STRICT_PACK placement group: no group has a node with enough GPUs: "
        "a fraction of a GPU must fit on a single one"
    )
    assert [waiting.reason for waiting in answer.unserved] == ([] if fits else [why])


@pytest.mark.parametrize(
    ("strategy", "nodes"),
    [(Strategy.PACK, 2), (Strategy.SPREAD, 2), (Strategy.STRICT_SPREAD, 6)],
)
def test_bundles_that_may_lie_anywhere_are_fractions_like_tasks(
    strategy: Strategy, nodes: int
) -> None:
    gang = Gang(strategy=strategy, bundles=plain_bundles([{"GPU": 0.6}] * 6))
    answer = plan(request(nodes_of(), demand=Demand(gangs=(gang,))))
    assert launched(answer) == nodes


def test_equal_groups_that_spread_share_nodes_but_no_gpu_beyond_its_room() -> None:
    gang = Gang(strategy=Strategy.STRICT_SPREAD, bundles=plain_bundles([{"GPU": 0.6}] * 3))
    answer = plan(request(nodes_of(), demand=Demand(gangs=(gang,) * 4)))
    assert launched(answer) == 3


def test_what_is_free_of_partly_used_gpus_is_no_room_for_more() -> None:
    running = used(1.6, pieces=4, planned=(shape(4, GPU=0.6),))
    assert launched(planned((2, 0.6), nodes=(running,))) == 1
    assert launched(planned((4, 0.4), nodes=(running,))) == 0


def test_a_sum_that_is_not_whole_may_lie_evenly_where_nothing_says_how() -> None:
    assert launched(planned((1, 0.6), nodes=(used(1.6),))) == 1
    assert launched(planned((1, 1), nodes=(used(3.5),))) == 1


def test_so_many_pieces_of_work_lie_on_no_more_gpus_than_they_are() -> None:
    assert launched(planned((3, 1), nodes=(used(3.5, pieces=1),))) == 0
    assert launched(planned((4, 1), nodes=(used(3.5, pieces=1),))) == 1


def test_a_whole_sum_is_whole_gpus() -> None:
    assert launched(planned((2, 1), nodes=(used(2, pieces=4),))) == 0


def test_what_ray_says_of_each_gpu_is_taken() -> None:
    uneven = used(1.6, pieces=4, units={"GPU": (1.0, 0.6, 0.0, 0.0)})
    assert launched(planned((2, 0.6), nodes=(uneven,))) == 0
    even = used(2, pieces=4, units={"GPU": (0.5, 0.5, 0.5, 0.5)})
    assert launched(planned((1, 1), nodes=(even,))) == 1


def test_a_node_keeps_room_for_what_it_was_launched_for_while_that_starts() -> None:
    plans = (shape(4, GPU=0.7), shape(4, GPU=0.3))
    starting = used(2.3, pieces=3, planned=plans)
    assert launched(planned((2, 0.7), (3, 0.3), nodes=(starting,))) == 0


@pytest.mark.parametrize("demand", [[(6, 0.6)], [(4, 0.8), (2, 0.3)], [(4, 0.7), (5, 0.3)]])
def test_a_plan_that_was_carried_out_is_followed_by_an_empty_one(
    demand: list[tuple[int, float]],
) -> None:
    shapes = tuple(shape(count, GPU=amount) for count, amount in demand)
    before = request(nodes_of(), demand=Demand(shapes=shapes))
    assert plan(carried_out(plan(before), before)).is_empty


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"GPU": 0.6}, "fits: 4 of it on one node of 64CPU-1GPU, 10 more nodes possible"),
        ({"GPU": 0.3}, "fits: 12 of it on one node of 64CPU-1GPU, 10 more nodes possible"),
        ({"GPU": 3}, "fits: 1 of it on one node of 64CPU-1GPU, 10 more nodes possible"),
        ({"GPU": 1.5}, "Ray schedules more than 1 GPU in whole numbers only"),
    ],
)
def test_a_verdict_counts_what_the_gpus_of_one_node_hold(resources: Resources, words: str) -> None:
    asked = request(nodes_of(), demand=Demand(shapes=(shape(6, **resources),)))
    (line,) = explained(asked)
    assert [verdict.words for verdict in line.verdicts] == [words]


def test_the_machine_that_a_plan_compares_with_has_room_for_all_fractions() -> None:
    one = group("one", {"CPU": 8.0, "GPU": 1.0}, hourly_usd="1", most=10)
    four = group("four", {"CPU": 64.0, "GPU": 4.0}, hourly_usd="4.5", most=10)
    shapes = (shape(6, GPU=0.6),)
    (launch,) = plan(request(one, four, demand=Demand(shapes=shapes))).launches
    assert launch.reason == (
        "6 × 8CPU-1GPU for 6 × {GPU: 0.6}: "
        "cheaper than 2 × 64CPU-1GPU ($6.00 instead of $9.00 an hour)."
    )
