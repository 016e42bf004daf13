"""Policies of markets and zones beside what work asks for: labels, caps, standing requests."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.demand import Demand, Gang, LabelSelector, Strategy, plain_bundles
from domain.offerings import Market
from domain.planner import PlannedGroup, plan
from domain.planner.model import Ranking, ZonePolicy
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse
from tests.domain.machines import AWS
from tests.domain.planner.test_policies import (
    CPUS,
    ON_DEMAND,
    SPOT,
    markets,
    spot_first,
    waiting,
    zoned,
    zones,
)
from tests.domain.planning import carried_out, group, node, offer, request, shape, sizes

RANKED = """\
head_node: {instance_type: m5.large}
worker_nodes:
  - {name: dear, instance_type: m5.4xlarge, market_type: PREFER_SPOT, max_nodes: 4}
  - {name: steady, instance_type: m5.2xlarge, max_nodes: 1}
flags:
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config: {group_order: [dear/spot, steady, dear/on-demand]}
"""


def labelled_markets(**fields: object) -> PlannedGroup:
    its = spot_first(most=20, **fields)
    labelled = (replace(one, labels={"market": str(one.market)}) for one in its.offers)
    return replace(its, offers=tuple(labelled))


@pytest.mark.parametrize("ranking", Ranking)
def test_so_many_are_on_demand_whatever_the_ranking(ranking: Ranking) -> None:
    answer = plan(request(spot_first(on_demand_nodes=2), demand=waiting(5), ranking=ranking))
    assert markets(answer) == {"spot": 3, "on_demand": 2}


def test_work_that_asks_for_spot_by_label_gets_spot_nodes_only() -> None:
    on_spot = LabelSelector(key="market", operator="in", values=("spot",))
    asked = request(
        labelled_markets(on_demand_nodes=2), demand=Demand(shapes=(shape(3, on_spot, CPU=2),))
    )
    answer = plan(asked)
    assert markets(answer) == {"spot": 3}
    assert plan(carried_out(answer, asked)).is_empty


@pytest.mark.parametrize(("usd", "zone"), [(None, "a"), ("0.9", "b")])
def test_under_a_cap_spot_counts_as_the_on_demand_node_that_it_may_become(
    usd: str | None, zone: str
) -> None:
    offers = (
        offer(CPUS, usd="0.03", kind="m5", market=SPOT, zone="a"),
        offer(CPUS, usd=usd, kind="m5", market=ON_DEMAND, zone=zone),
    )
    its = group("cpu", offers=offers, on_demand_nodes=2)
    answer = plan(request(its, demand=waiting(5), max_usd_per_hour=Decimal(1)))
    assert answer.hourly_usd is not None
    assert answer.hourly_usd <= 1


def test_idle_on_demand_nodes_stay_while_spot_nodes_work_beside_them() -> None:
    its = spot_first(on_demand_nodes=1)
    spot, dear = its.offers
    steady = node("n-1", its, rented=dear, idle=500)
    busy = node("n-2", its, rented=spot, free={"CPU": 0.0})
    assert not plan(request(its, nodes=(steady, busy))).drains
    idle = node("n-2", its, rented=spot, idle=100)
    gone = [drain.node for drain in plan(request(its, nodes=(steady, idle))).drains]
    assert gone == ["n-2", "n-1"]


@pytest.mark.parametrize("ranking", Ranking)
def test_spread_nodes_say_what_speaks_for_them_beside_other_machines(ranking: Ranking) -> None:
    its = replace(zoned(), offers=zoned().offers[:1])
    answer = plan(request(its, zones=ZonePolicy.SPREAD, demand=waiting(2), ranking=ranking))
    (launch,) = answer.launches
    assert launch.reason.endswith("that fits.")


@pytest.mark.parametrize("asked", [{"shapes": 1}, {"standing_requests": 1}])
def test_nodes_spread_only_over_zones_that_the_work_accepts(asked: dict[str, int]) -> None:
    its = replace(
        zoned(), offers=tuple(replace(one, labels={"zone": one.zone}) for one in zoned().offers)
    )
    not_a = LabelSelector(key="zone", operator="not in", values=("a",))
    demand = Demand(**{kind: (shape(4, not_a, CPU=2),) for kind in asked})
    wanted = request(its, zones=ZonePolicy.SPREAD, demand=demand)
    answer = plan(wanted)
    assert zones(answer) == {"b": 2, "c": 2}
    assert plan(carried_out(answer, wanted)).is_empty


def test_no_price_draws_a_cluster_out_of_its_zone() -> None:
    its = zoned()
    there = node("n-1", its, rented=its.offers[1], free={"CPU": 0.0})
    demand = Demand(shapes=(shape(2, CPU=2), shape(1, GPU=1)))
    answer = plan(request(its, nodes=(there,), zones=ZonePolicy.ONE, demand=demand))
    assert zones(answer) == {"b": 2}
    assert [left.reason for left in answer.unserved] == ["no group has GPU"]


@pytest.mark.parametrize("zone", ["a", "b", "c"])
def test_at_one_price_workers_are_where_the_head_is(zone: str) -> None:
    alike = tuple(replace(one, hourly_usd=Decimal("0.1")) for one in zoned().offers)
    its, demand = group("cpu", offers=alike), Demand(shapes=(shape(2, CPU=2),))
    answer = plan(request(its, zones=ZonePolicy.ONE, head_zone=zone, demand=demand))
    assert zones(answer) == {zone: 2}


def test_a_lower_price_draws_the_first_workers_away_from_the_head() -> None:
    demand = Demand(shapes=(shape(2, CPU=2),))
    answer = plan(request(zoned(), zones=ZonePolicy.ONE, head_zone="b", demand=demand))
    assert zones(answer) == {"a": 2}


def test_nodes_in_other_zones_keep_their_labels_and_prices() -> None:
    offers = tuple(replace(one, labels={"disk": "nvme"}) for one in zoned().offers)
    its = group("cpu", offers=offers)
    most = [node(f"n-{i}", its, rented=offers[0], free={"CPU": 0.0}) for i in range(2)]
    other = node("n-3", its, rented=offers[1])
    on_nvme = LabelSelector(key="disk", operator="in", values=("nvme",))
    demand = Demand(shapes=(shape(1, on_nvme, CPU=2),))
    answer = plan(request(its, nodes=(*most, other), zones=ZonePolicy.ONE, demand=demand))
    assert answer.is_empty
    assert answer.hourly_usd == Decimal("0.32")


def test_what_stands_for_a_standing_request_counts_as_spare() -> None:
    its = group(warm_spare=1)
    asked = request(its, demand=Demand(standing_requests=(shape(1, CPU=2),)))
    answer = plan(asked)
    assert sizes(answer) == {"cpu": 1}
    assert plan(carried_out(answer, asked)).is_empty
    spot, dear = labelled_markets().offers
    its = replace(its, offers=(spot, dear))
    on_demand = LabelSelector(key="market", operator="in", values=("on_demand",))
    asked = request(
        its,
        nodes=(node("n-1", its, rented=spot, idle=500),),
        demand=Demand(standing_requests=(shape(1, on_demand, CPU=2),)),
    )
    answer = plan(asked)
    assert [drain.node for drain in answer.drains] == ["n-1"]
    assert plan(carried_out(answer, asked)).is_empty


@pytest.mark.parametrize("amount", [1e15, 1e306])
def test_what_asks_for_more_than_any_machine_could_have_waits_and_holds_up_nothing(
    amount: float,
) -> None:
    its = group("cpu", {"CPU": 2.0, "memory": 2.0**33})
    demand = Demand(shapes=(shape(1, memory=amount), shape(1, CPU=2)))
    answer = plan(request(its, demand=demand))
    assert sizes(answer) == {"cpu": 1}
    assert [left.reason for left in answer.unserved] == ["the largest node has {memory: 8 GiB}"]


def test_an_order_may_name_a_group_once_for_each_market() -> None:
    demand = Demand(shapes=(shape(3, CPU=8),))
    config = parse(RANKED).config
    assert config is not None
    asked = replace(request_from_spec(config, demand=demand, target=AWS), zones=ZonePolicy.ANY)
    order, steady = asked.groups
    cold = tuple(
        replace(one, cooling="cooling down") if one.market is Market.SPOT else one
        for one in order.offers
    )
    answer = plan(replace(asked, groups=(replace(order, offers=cold), steady)))
    assert [(one.group, one.market) for one in answer.launches] == [
        ("steady", Market.ON_DEMAND),
        ("dear", Market.ON_DEMAND),
    ]
    assert {one.market for one in plan(asked).launches} == {Market.SPOT}


def test_groups_with_one_place_in_the_order_are_taken_by_price() -> None:
    groups = (group("dear", hourly_usd="1"), group("cheap"), group("last", rank=1, hourly_usd="0"))
    answer = plan(request(*groups, ranking=Ranking.ORDER, demand=waiting(2)))
    assert sizes(answer) == {"cheap": 2}


@pytest.mark.parametrize("cap", ["0.1", "1", "1.1"])
def test_a_dear_placement_group_takes_no_budget_from_more_work_than_it_is(cap: str) -> None:
    offers = (offer({"CPU": 1.0, "GPU": 1.0}, usd="1"), offer({"CPU": 1.0}, usd="0.05"))
    pair = Gang(strategy=Strategy.PACK, bundles=plain_bundles([{"CPU": 0.5, "GPU": 1.0}]))
    demand = Demand(shapes=(shape(3, CPU=0.5),), gangs=(pair,))
    its = group("cpu", offers=offers)
    answer = plan(request(its, demand=demand, max_usd_per_hour=Decimal(cap)))
    assert sum(left.count for left in answer.unserved) == (0 if cap == "1.1" else 1)
