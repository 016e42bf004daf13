"""What plans are compared by: the price, and what the objective adds to it."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.objective import (
    NODE_OVERHEAD_USD,
    SPEED_NODE_USD,
    SPOT_ASKS,
    STEADY_SPOT_PART,
    Objective,
    interruption_usd,
)
from domain.offerings import Market
from domain.planner import Plan, PlannedGroup, plan
from tests.domain.planner.test_policies import CPUS, ON_DEMAND, SPOT, markets, spot_first, waiting
from tests.domain.planning import carried_out, group, offer, request, sizes


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
    steady = f"${NODE_OVERHEAD_USD:g}; as spot also {STEADY_SPOT_PART:.0%}"
    assert speed in page
    assert steady in page
    assert all(f"| `{objective}`" in page for objective in Objective)


def at_risk(**more: bool) -> PlannedGroup:
    """Spot machines in two zones at about one price, of which some are at risk."""
    spot = spot_first().offers[0]
    offers = tuple(
        replace(spot, zone=zone, hourly_usd=Decimal(usd), at_risk=more.get(zone, False))
        for zone, usd in (("a", "0.030"), ("b", "0.031"))
    )
    return replace(spot_first(), offers=offers)


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize(
    ("risks", "zone"),
    [({}, "a"), ({"a": True}, "b"), ({"b": True}, "a"), ({"a": True, "b": True}, "a")],
    ids=["none", "the cheaper one", "the other one", "both"],
)
def test_a_pool_at_risk_is_avoided_where_there_is_another(
    objective: Objective, risks: dict[str, bool], zone: str
) -> None:
    answer = plan(request(at_risk(**risks), demand=waiting(1), objective=objective))
    assert [launch.zone for launch in answer.launches] == [zone]


def test_risk_is_a_preference_and_no_bar() -> None:
    spot, dear = spot_first().offers
    offers = (replace(spot, hourly_usd=Decimal("0.03"), at_risk=True), dear)
    answer = plan(request(replace(spot_first(), offers=offers), demand=waiting(1)))
    assert [launch.market for launch in answer.launches] == [SPOT]


def test_risk_counts_a_part_of_the_on_demand_price() -> None:
    for objective, parts in ((Objective.COST, 1), (Objective.SPEED, 1), (Objective.STEADY, 2)):
        usd = interruption_usd(objective, market=Market.SPOT, on_demand_usd=1, at_risk=True)
        assert usd == parts * STEADY_SPOT_PART
    assert not interruption_usd(
        Objective.STEADY, market=Market.ON_DEMAND, on_demand_usd=1, at_risk=True
    )
