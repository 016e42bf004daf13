"""Markets, zones, strategies' floors, spare nodes and fallbacks, as the planner answers them."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.demand import Demand, Gang, Strategy
from domain.objective import (
    NODE_OVERHEAD_USD,
    SPEED_NODE_USD,
    SPOT_ASKS,
    STEADY_SPOT_PART,
    Objective,
)
from domain.offerings import Market
from domain.planner import Plan, PlannedGroup, PlanRequest, plan
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


# What is weighed


def sized(*, large_usd: str) -> PlannedGroup:
    small = offer(CPUS, usd="0.1", kind="small")
    return group("cpu", offers=(small, offer({"CPU": 8.0}, usd=large_usd, kind="large")))


def types(answer: Plan) -> dict[str, int]:
    return {launch.instance_type: launch.count for launch in answer.launches}


@pytest.mark.parametrize(
    ("large_usd", "objective", "rented"),
    [
        ("0.4", Objective.COST, {"large": 1}),
        ("0.4", Objective.SPEED, {"large": 1}),
        ("0.42", Objective.COST, {"small": 4}),
        ("0.42", Objective.STEADY, {"small": 4}),
        ("0.42", Objective.SPEED, {"large": 1}),  # four starts for $0.04, one for $0.01
        ("0.44", Objective.SPEED, {"small": 4}),
    ],
)
def test_fewer_larger_nodes_are_taken_for_a_little_more_by_speed(
    large_usd: str, objective: Objective, rented: dict[str, int]
) -> None:
    asked = request(sized(large_usd=large_usd), demand=waiting(4), objective=objective)
    answer = plan(asked)
    assert types(answer) == rented
    assert plan(carried_out(answer, asked)).is_empty


def spot_at(usd: str, *, on_demand: str = "0.1") -> PlannedGroup:
    spot, dear = spot_first().offers
    offers = (replace(spot, hourly_usd=Decimal(usd)), replace(dear, hourly_usd=Decimal(on_demand)))
    return replace(spot_first(), offers=offers)


@pytest.mark.parametrize(
    ("usd", "objective", "market"),
    [
        ("0.09", Objective.COST, SPOT),
        ("0.09", Objective.STEADY, ON_DEMAND),
        ("0.03", Objective.STEADY, SPOT),
        ("0.085", Objective.SPEED, SPOT),
        ("0.095", Objective.SPEED, ON_DEMAND),  # may be asked for twice
    ],
)
def test_spot_is_taken_where_it_saves_what_the_objective_sets_against_it(
    usd: str, objective: Objective, market: Market
) -> None:
    asked = request(spot_at(usd), demand=waiting(2), objective=objective)
    answer = plan(asked)
    assert markets(answer) == {market: 2}
    assert plan(carried_out(answer, asked)).is_empty


def test_what_is_weighed_is_said_with_the_true_prices() -> None:
    answer = plan(request(spot_at("0.09"), demand=waiting(1), objective=Objective.STEADY))
    assert answer.hourly_usd == Decimal("0.1")
    assert answer.launches[0].reason == (
        "1 × m5 for 1 × {CPU: 2}: better than 1 × m5 spot by the objective steady "
        "($0.10 instead of $0.09 an hour)."
    )


@pytest.mark.parametrize("objective", Objective)
def test_the_cap_counts_true_prices_whatever_is_weighed(objective: Objective) -> None:
    spot = replace(spot_at("0.09"), offers=spot_at("0.09").offers[:1])
    cap = Decimal("0.27")
    answer = plan(request(spot, demand=waiting(9), objective=objective, max_usd_per_hour=cap))
    assert (sizes(answer), answer.hourly_usd) == ({"cpu": 3}, cap)


def test_without_a_price_on_demand_the_usual_one_is_weighed() -> None:
    spot = group("spot", offers=(offer(CPUS, usd="0.06", kind="m5", market=SPOT),))  # usual: 0.066
    other = group("other", hourly_usd="0.07")
    asked = request(spot, other, demand=waiting(1), objective=Objective.STEADY)
    assert sizes(plan(asked)) == {"other": 1}
    assert sizes(plan(replace(asked, objective=Objective.COST))) == {"spot": 1}


def test_a_preferred_group_weighs_interruptions_like_its_prices() -> None:
    its = replace(spot_at("0.03"), weight=10)
    asked = request(its, demand=waiting(1), objective=Objective.STEADY)
    assert markets(plan(asked)) == {"spot": 1}


def test_the_page_has_the_numbers_that_are_weighed() -> None:
    page = (Path(__file__).parents[3] / "docs" / "scaling.md").read_text()
    speed = f"| its price, and ${SPEED_NODE_USD:g}; ${SPEED_NODE_USD * SPOT_ASKS:g} as spot |"
    steady = f"${NODE_OVERHEAD_USD:g}; as spot also {STEADY_SPOT_PART:.0%}".replace("%", " %")
    assert speed in page
    assert steady in page
    assert all(f"| `{objective}`" in page for objective in Objective)


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
    assert answer.launches[0].reason == "1 × 2CPU: group cpu keeps 2 free for work to come."


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


# Placement groups


def test_equal_placement_groups_that_spread_share_nodes_but_never_their_own() -> None:
    three = Gang(strategy=Strategy.STRICT_SPREAD, bundles=({"CPU": 1.0},) * 3)
    answer = plan(request(group("big", {"CPU": 8.0}), demand=Demand(gangs=(three, three))))
    assert sizes(answer) == {"big": 3}
    held = [s.count for launch in answer.launches for pack in launch.packs for s in pack.shapes]
    assert max(held) <= 2


def test_a_placement_group_that_does_not_fit_whole_takes_nothing_from_others() -> None:
    pair = Gang(strategy=Strategy.PACK, bundles=({"CPU": 2.0},) * 3)
    few = group(most=2)
    answer = plan(request(few, demand=Demand(shapes=(shape(2, CPU=2),), gangs=(pair,))))
    assert sizes(answer) == {"cpu": 2}
    assert sum(left.count for left in answer.unserved) == 3


def test_many_different_shapes_are_planned_at_once() -> None:
    shapes = tuple(shape(2, CPU=1 + i / 8, memory=2.0**28 * (1 + i % 7)) for i in range(80))
    big = group("big", {"CPU": 64.0, "memory": 2.0**36}, most=100)
    asked: PlanRequest = request(big, demand=Demand(shapes=shapes))
    answer = plan(asked)
    assert not answer.unserved
    assert plan(carried_out(answer, asked)).is_empty
