"""Minimums, maximums and caps: what a plan keeps, and what it never passes."""

from dataclasses import replace
from decimal import Decimal

from domain.planner import plan
from tests.domain.planner.test_plan import CPU, GPU, waiting
from tests.domain.planning import LEAVING, PENDING, group, node, request, shape, sizes, why


def test_a_group_is_kept_at_its_minimum() -> None:
    kept = group(least=2)
    answer = plan(request(kept, nodes=(node("n-1", kept, phase=PENDING),)))
    assert [launch.reason for launch in answer.launches] == [
        "1 × 2CPU: group cpu is kept at 2 or more."
    ]


def test_the_cluster_is_kept_at_its_minimum_of_a_resource() -> None:
    answer = plan(request(CPU, head_total={"CPU": 1.0}, min_resources={"CPU": 4.0}))
    assert [launch.reason for launch in answer.launches] == [
        "2 × 2CPU: the cluster is kept at CPU: 4 or more."
    ]


def test_work_uses_the_nodes_that_minima_launch() -> None:
    answer = plan(
        request(group(least=1), min_resources={"CPU": 4.0}, demand=waiting(shape(4, CPU=1)))
    )
    assert sizes(answer) == {"cpu": 2}


def test_a_minimum_that_no_group_can_meet_is_reported() -> None:
    assert why(plan(request(CPU, min_resources={"GPU": 1.0}))) == [
        "min_resources: no group has GPU"
    ]


def test_a_maximum_of_the_cluster_counts_the_head_and_all_nodes() -> None:
    nodes = (node("n-1", CPU, free={"CPU": 0.0}),)
    limits = {"head_total": {"CPU": 1.0}, "max_resources": {"CPU": 6.0}}
    answer = plan(request(CPU, nodes=nodes, demand=waiting(shape(9, CPU=1)), **limits))
    assert sizes(answer) == {"cpu": 1}
    assert why(answer) == ["max_resources.CPU = 6 is reached"]


def test_a_cap_on_the_price_counts_the_head_and_all_nodes() -> None:
    cap = {"max_usd_per_hour": Decimal(1), "head_usd_per_hour": Decimal("0.2")}
    cpu = group("cpu", {"CPU": 2.0}, hourly_usd="0.3")
    nodes = (node("n-1", cpu, free={"CPU": 0.0}),)
    answer = plan(request(cpu, nodes=nodes, demand=waiting(shape(9, CPU=1)), **cap))
    assert sizes(answer) == {"cpu": 1}
    assert why(answer) == ["one more 2CPU would exceed the cap of $1.00/h"]


def test_a_group_without_a_price_does_not_grow_under_a_cap() -> None:
    unpriced = group("cpu", {"CPU": 2.0}, hourly_usd=None)
    cap = {"max_usd_per_hour": Decimal(1)}
    answer = plan(request(unpriced, demand=waiting(shape(CPU=1)), **cap))
    assert sizes(answer) == {}
    assert "has no known price" in why(answer)[0]


def test_a_node_that_leaves_is_paid_for_until_its_machine_is_gone() -> None:
    cap = {"max_usd_per_hour": Decimal(1), "head_usd_per_hour": Decimal("0.2")}
    cpu = group("cpu", {"CPU": 2.0}, hourly_usd="0.3")
    nodes = (node("n-1", cpu, phase=LEAVING), node("n-2", cpu, phase=LEAVING))
    answer = plan(request(cpu, nodes=nodes, demand=waiting(shape(2, CPU=2)), **cap))
    assert sizes(answer) == {}
    assert why(answer) == [
        "one more 2CPU would exceed the cap of $1.00/h while 2 nodes are being removed"
    ]
    gone = plan(request(cpu, nodes=nodes[:1], demand=waiting(shape(2, CPU=2)), **cap))
    assert sizes(gone) == {"cpu": 1}


def test_a_node_that_this_plan_removes_is_paid_for_too() -> None:
    former, cpu = group("former", hourly_usd="0.9"), group("cpu", hourly_usd="0.3")
    nodes = (node("n-1", former),)
    removed = request(
        cpu,
        nodes=(replace(nodes[0], hourly_usd=Decimal("0.9")),),
        demand=waiting(shape(CPU=2)),
        max_usd_per_hour=Decimal(1),
    )
    answer = plan(removed)
    assert [drain.node for drain in answer.drains] == ["n-1"]
    assert not answer.launches


def test_a_node_without_a_known_price_counts_with_what_such_a_machine_costs() -> None:
    """Its offer's price, or else the usual one: never nothing."""
    cpu = group("cpu", {"CPU": 100.0}, hourly_usd=None)
    other = group("other", hourly_usd="0.3")
    nodes = (node("n-1", cpu, free={"CPU": 0.0}),)
    cap = {"max_usd_per_hour": Decimal(1)}
    assert not plan(request(cpu, other, nodes=nodes, demand=waiting(shape(CPU=2)), **cap)).launches
    assert plan(request(cpu, other, demand=waiting(shape(CPU=2)), **cap)).launches


def test_a_maximum_of_nothing_is_a_maximum() -> None:
    answer = plan(request(GPU, max_resources={"GPU": 0}, demand=waiting(shape(CPU=1))))
    assert why(answer) == ["max_resources.GPU = 0 is reached"]


def test_a_minimum_does_not_pass_the_maximum_of_the_cluster() -> None:
    answer = plan(request(group(least=3), max_resources={"CPU": 4.0}))
    assert sizes(answer) == {"cpu": 2}
    assert why(answer) == ["group cpu is kept at 3 or more: max_resources.CPU = 4 is reached"]


def test_a_cooling_group_is_passed_over_with_its_reason() -> None:
    cold = group("cpu", {"CPU": 2.0}, cooling="no capacity until 12:05")
    other = group("other", hourly_usd="0.2")
    answer = plan(request(cold, other, demand=waiting(shape(CPU=1))))
    assert [launch.reason for launch in answer.launches] == [
        (
            "1 × 2CPU for 1 × {CPU: 1}: the only machine that fits; "
            "group cpu cannot scale out now: no capacity until 12:05."
        )
    ]


def test_without_autoscaling_demand_waits_and_groups_are_kept_at_their_size() -> None:
    answer = plan(request(group(least=1), autoscaling=False, demand=waiting(shape(3, CPU=2))))
    assert sizes(answer) == {"cpu": 1}
    assert why(answer) == ["autoscaling is off and group cpu has its 1"]
