"""What the planner answers, case by case; test_planner_laws holds what is always true."""

from decimal import Decimal

from domain.demand import Demand, LabelSelector
from domain.planner import plan
from domain.planner.model import Ranking
from tests.domain.planning import LEAVING, PENDING, group, node, request, shape, sizes

CPU = group("cpu", {"CPU": 2.0})
GPU = group("gpu", {"CPU": 4.0, "GPU": 1.0}, most=2, hourly_usd="1")
IN_A = LabelSelector(key="zone", operator="in", values=("a",))


def waiting(*shapes: object, **others: object) -> Demand:
    return Demand(shapes=shapes, **others)  # type: ignore[arg-type]


# Launches


def test_nothing_to_do_is_an_empty_plan() -> None:
    assert plan(request(CPU)).is_empty


def test_demand_launches_as_many_nodes_as_it_fills() -> None:
    answer = plan(request(CPU, demand=waiting(shape(5, CPU=1))))
    (launch,) = answer.launches
    assert (launch.group, launch.count) == ("cpu", 3)
    assert launch.reason == "3 × 2CPU for 5 × {CPU: 1}: the only machine that fits."


def test_free_room_is_used_before_anything_is_launched() -> None:
    nodes = (node("n-1", CPU, free={"CPU": 1.0}), node("n-2", CPU, phase=PENDING))
    assert plan(request(CPU, nodes=nodes, demand=waiting(shape(3, CPU=1)))).is_empty
    assert sizes(plan(request(CPU, nodes=nodes, demand=waiting(shape(4, CPU=1))))) == {"cpu": 1}


def test_room_on_the_head_is_used_too() -> None:
    answer = plan(request(CPU, head_free={"CPU": 2.0}, demand=waiting(shape(2, CPU=1))))
    assert answer.is_empty


def test_a_node_that_leaves_has_no_room() -> None:
    nodes = (node("n-1", CPU, phase=LEAVING),)
    assert sizes(plan(request(CPU, nodes=nodes, demand=waiting(shape(CPU=1))))) == {"cpu": 1}


def test_large_shapes_are_placed_before_small_ones_take_their_room() -> None:
    demand = waiting(shape(4, CPU=0.5), shape(1, CPU=2))
    answer = plan(request(CPU, nodes=(node("n-1", CPU),), demand=demand))
    assert sizes(answer) == {"cpu": 1}


def test_small_shapes_fill_what_large_ones_leave() -> None:
    big = group("big", {"CPU": 8.0})
    answer = plan(request(big, demand=waiting(shape(3, CPU=5), shape(9, CPU=1))))
    assert sizes(answer) == {"big": 3}


def test_in_the_order_of_preference_the_first_group_that_fits_is_taken() -> None:
    groups = (
        group("small", {"CPU": 1.0}, rank=0),
        group("large", {"CPU": 8.0}, rank=1, hourly_usd="9"),
        group("huge", {"CPU": 16.0}, rank=2),
    )
    demand = waiting(shape(CPU=4))
    answer = plan(request(*groups, ranking=Ranking.ORDER, demand=demand))
    assert sizes(answer) == {"large": 1}
    assert answer.launches[0].reason == "1 × 8CPU for 1 × {CPU: 4}: the first group that fits."
    assert sizes(plan(request(*groups, demand=demand))) == {"huge": 1}


def test_work_without_gpu_avoids_machines_with_gpu() -> None:
    assert sizes(plan(request(GPU, CPU, demand=waiting(shape(CPU=2))))) == {"cpu": 1}


def test_work_without_gpu_takes_machines_with_gpu_when_no_other_fits() -> None:
    assert sizes(plan(request(CPU, GPU, demand=waiting(shape(CPU=4))))) == {"gpu": 1}


def test_work_without_gpu_overflows_to_machines_with_gpu_and_says_why() -> None:
    full = group("cpu", {"CPU": 2.0}, most=1)
    answer = plan(request(full, GPU, demand=waiting(shape(3, CPU=2))))
    assert [launch.reason for launch in answer.launches] == [
        ("1 × 2CPU for 1 × {CPU: 2}: cheaper than 1 × 4CPU-1GPU ($0.10 instead of $1.00 an hour)."),
        (
            "1 × 4CPU-1GPU for 2 × {CPU: 2}: the only machine that fits; "
            "group cpu is at its maximum of 1."
        ),
    ]


def test_fractions_add_up_without_a_float_error() -> None:
    one = group("cpu", {"CPU": 1.0}, most=1)
    assert not plan(request(one, demand=waiting(shape(10, CPU=0.1)))).unserved


def test_an_actor_that_asks_for_nothing_runs_on_the_head() -> None:
    assert plan(request(CPU, demand=waiting(shape(50)))) == plan(request(CPU))


def test_a_hundred_thousand_tasks_are_planned_as_counts() -> None:
    large = group("cpu", {"CPU": 2.0}, most=10**6)
    answer = plan(request(large, demand=waiting(shape(100_000, CPU=1))))
    assert [launch.count for launch in answer.launches] == [50_000]


# Labels


def test_a_label_selector_chooses_the_group() -> None:
    groups = (group("a", labels={"zone": "b"}), group("b", labels={"zone": "a"}))
    assert sizes(plan(request(*groups, demand=waiting(shape(1, IN_A, CPU=1))))) == {"b": 1}


def test_a_label_selector_refuses_free_room_elsewhere() -> None:
    plain, labelled = group("plain"), group("labelled", labels={"zone": "a"})
    nodes = (node("n-1", plain),)
    demand = waiting(shape(1, IN_A, CPU=1))
    answer = plan(request(plain, labelled, nodes=nodes, head_free={"CPU": 8.0}, demand=demand))
    assert sizes(answer) == {"labelled": 1}


def test_shapes_with_labels_come_before_larger_ones_that_fit_anywhere() -> None:
    plain, labelled = group("plain"), group("labelled", labels={"zone": "a"}, most=1)
    demand = waiting(shape(1, CPU=2), shape(1, IN_A, CPU=1))
    answer = plan(request(labelled, plain, demand=demand))
    assert sizes(answer) == {"labelled": 1, "plain": 1}
    assert not answer.unserved


# Standing requests


def test_a_standing_request_is_met_by_the_whole_cluster_used_or_not() -> None:
    nodes = (node("n-1", CPU, free={"CPU": 0.0}),)
    demand = Demand(standing_requests=(shape(3, CPU=1),))
    answer = plan(request(CPU, nodes=nodes, demand=demand))
    assert [launch.reason for launch in answer.launches] == [
        "1 × 2CPU: the cluster must fit a standing resource request for {CPU: 1}."
    ]


def test_a_standing_request_and_work_share_the_same_new_node() -> None:
    demand = Demand(standing_requests=(shape(2, CPU=1),), shapes=(shape(2, CPU=1),))
    assert sizes(plan(request(CPU, demand=demand))) == {"cpu": 1}


def test_nodes_that_a_standing_request_needs_are_not_idle() -> None:
    nodes = tuple(node(f"n-{i}", CPU, idle=500) for i in range(3))
    answer = plan(request(CPU, nodes=nodes, demand=Demand(standing_requests=(shape(4, CPU=1),))))
    assert len(answer.drains) == 1


# Price


def test_the_plan_is_priced_as_it_will_stand() -> None:
    dear = group("gpu", {"CPU": 4.0, "GPU": 1.0}, hourly_usd="1.5")
    nodes = (node("n-1", CPU), node("n-2", CPU, idle=500), node("n-3", CPU, phase=PENDING))
    answer = plan(request(CPU, dear, nodes=nodes, demand=waiting(shape(2, GPU=1))))
    assert answer.hourly_usd == Decimal("3.2")


def test_a_price_that_is_not_known_is_not_zero() -> None:
    unpriced = group(hourly_usd=None)
    assert plan(request(unpriced)).hourly_usd == 0
    assert plan(request(unpriced, demand=waiting(shape(CPU=1)))).hourly_usd is None
