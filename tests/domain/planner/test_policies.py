"""Markets, zones, strategies' floors, spare nodes and fallbacks, as the planner answers them."""

from dataclasses import replace

import pytest

from domain.demand import Demand
from domain.offerings import Market
from domain.planner import Plan, PlannedGroup, plan
from domain.planner.mixing import on_demand_wanted
from domain.planner.model import ZonePolicy
from domain.strategies.model import Floor
from tests.domain.planning import carried_out, group, node, offer, request, shape, sizes

CPUS = {"CPU": 2.0}
ON_DEMAND, SPOT = Market.ON_DEMAND, Market.SPOT


def spot_first(**fields: object) -> PlannedGroup:
    offers = (
        offer(CPUS, usd="0.03", kind="m5", market=SPOT),
        offer(CPUS, usd="0.1", kind="m5", market=ON_DEMAND),
    )
    return group("cpu", offers=offers, **fields)  # type: ignore[arg-type]


def waiting(count: int) -> Demand:
    return Demand(shapes=(shape(count, CPU=2),))


def markets(answer: Plan) -> dict[str, int]:
    counts: dict[str, int] = {}
    for launch in answer.launches:
        counts[launch.market] = counts.get(launch.market, 0) + launch.count
    return counts


# Spot


def test_spot_is_taken_while_it_can_be_had() -> None:
    assert markets(plan(request(spot_first(), demand=waiting(3)))) == {"spot": 3}


def test_what_cools_down_is_passed_over_and_named() -> None:
    cold, dear = spot_first().offers
    cooled = replace(cold, cooling="cooling down until 12:05")
    its = replace(spot_first(), offers=(cooled, dear))
    (launch,) = plan(request(its, demand=waiting(1))).launches
    assert launch.market == ON_DEMAND
    assert launch.reason.endswith("the only machine that fits; m5 spot: cooling down until 12:05.")


def test_a_quota_is_used_up_before_the_next_machine_is_taken() -> None:
    cheap, dear = spot_first().offers
    its = replace(spot_first(), offers=(replace(cheap, quota=2), dear))
    assert markets(plan(request(its, demand=waiting(5)))) == {"spot": 2, "on_demand": 3}


@pytest.mark.parametrize(
    ("nodes", "first", "percent", "wanted"),
    [(0, 2, 50, 0), (1, 2, 50, 1), (4, 2, 50, 3), (5, 0, 20, 1), (6, 0, 20, 2), (3, 9, 0, 3)],
)
def test_so_many_of_a_spot_group_are_on_demand(
    nodes: int, first: int, percent: float, wanted: int
) -> None:
    its = spot_first(on_demand_nodes=first, on_demand_percent=percent)
    assert on_demand_wanted(its, nodes=nodes) == wanted


def test_the_on_demand_floor_counts_what_is_there_already() -> None:
    its = spot_first(on_demand_nodes=2)
    _, dear = its.offers
    standing = node("n-1", its, rented=dear, free={"CPU": 0.0})
    assert markets(plan(request(its, nodes=(standing,), demand=waiting(3)))) == {
        "on_demand": 1,
        "spot": 2,
    }


def test_a_spot_group_waits_for_spot_beyond_its_on_demand_floor() -> None:
    cheap, dear = spot_first().offers
    cold = replace(cheap, cooling="cooling down until 12:05")
    its = replace(spot_first(on_demand_nodes=2, most_on_demand=2), offers=(cold, dear))
    answer = plan(request(its, demand=waiting(5)))
    assert markets(answer) == {"on_demand": 2}
    (left,) = answer.unserved
    assert left.count == 3
    assert "spot group cpu already has its 2 on-demand nodes" in left.reason


# Zones


def zoned(**fields: object) -> PlannedGroup:
    offers = tuple(offer(CPUS, usd=usd, kind="m5", zone=zone) for zone, usd in
                   (("a", "0.1"), ("b", "0.12"), ("c", "0.1")))  # fmt: skip
    return group("cpu", offers=offers, **fields)  # type: ignore[arg-type]


def zones(answer: Plan) -> dict[str, int]:
    counts: dict[str, int] = {}
    for launch in answer.launches:
        counts[launch.zone] = counts.get(launch.zone, 0) + launch.count
    return counts


def test_spread_nodes_lie_evenly_whatever_the_price() -> None:
    answer = plan(request(zoned(), zones=ZonePolicy.SPREAD, demand=waiting(7)))
    assert sorted(zones(answer).values()) == [2, 2, 3]
    assert zones(answer)["b"] == 2


def test_a_cluster_stays_in_the_zone_in_which_it_lies() -> None:
    its = zoned()
    there = node("n-1", its, rented=its.offers[1], free={"CPU": 0.0})
    answer = plan(request(its, nodes=(there,), zones=ZonePolicy.ONE, demand=waiting(2)))
    assert zones(answer) == {"b": 2}


def test_when_a_zone_has_nothing_the_next_one_is_taken() -> None:
    its = zoned()
    cold = replace(its.offers[0], cooling="cooling down until 12:05")
    its = replace(its, offers=(cold, *its.offers[1:]))
    there = node("n-1", its, rented=cold, free={"CPU": 0.0})
    answer = plan(request(its, nodes=(there,), zones=ZonePolicy.ONE, demand=waiting(2)))
    assert zones(answer) == {"c": 2}


# What strategies ask for


def test_a_raised_floor_is_kept_with_its_reason_and_within_the_maximum() -> None:
    reason = "schedule office hours until 18:00 Europe/Berlin"
    floor = Floor(nodes=5, reason=reason, kind="schedule")
    answer = plan(request(group(least=1, most=3, floors=(floor,))))
    (launch,) = answer.launches
    assert launch.count == 3
    assert reason in launch.reason


def test_idle_nodes_of_a_raised_floor_stay() -> None:
    floor = Floor(nodes=2, reason="forecast: 2 nodes at 09:00", kind="forecast")
    its = group(floors=(floor,))
    nodes = tuple(node(f"n-{i}", its, idle=500) for i in range(3))
    assert len(plan(request(its, nodes=nodes)).drains) == 1


def test_spare_nodes_are_kept_free_beyond_those_that_work() -> None:
    its = group(warm_spare=2)
    busy = node("n-1", its, free={"CPU": 0.0})
    free = node("n-2", its, idle=500)
    answer = plan(request(its, nodes=(busy, free)))
    assert not answer.drains
    assert sizes(answer) == {"cpu": 1}
    assert answer.launches[0].reason == "1 × 2CPU: group cpu keeps 2 spare."


def test_spare_nodes_in_percent_grow_with_the_work() -> None:
    its = group(most=20, warm_spare_percent=25)
    assert sizes(plan(request(its, demand=waiting(8)))) == {"cpu": 10}


def test_a_plan_with_spare_nodes_is_followed_by_an_empty_one() -> None:
    its = group(most=20, warm_spare=1, warm_spare_percent=10)
    asked = request(its, demand=waiting(9))
    assert plan(carried_out(plan(asked), asked)).is_empty


# Disruption


@pytest.mark.parametrize(("most", "gone"), [(None, 4), (0, 0), (1, 1), (9, 4)])
def test_no_more_idle_nodes_go_than_the_budgets_allow(most: int | None, gone: int) -> None:
    its = group()
    nodes = tuple(node(f"n-{i}", its, idle=500) for i in range(4))
    assert len(plan(request(its, nodes=nodes, most_idle_drains=most)).drains) == gone


def test_the_dearest_idle_nodes_go_first() -> None:
    cheap, dear = group("cheap"), group("dear", hourly_usd="3")
    nodes = (node("n-1", cheap, idle=900), node("n-2", dear, idle=100))
    (drain,) = plan(request(cheap, dear, nodes=nodes, most_idle_drains=1)).drains
    assert drain.node == "n-2"
