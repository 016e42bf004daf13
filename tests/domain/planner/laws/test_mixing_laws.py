"""What holds for plans over several markets and zones, whatever the policies are."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.demand import Demand, LabelSelector, Shape
from domain.offerings import Market
from domain.planner import NodeView, Offer, PlannedGroup, PlanRequest, plan
from domain.planner.mixing import on_demand_wanted
from domain.planner.model import Ranking, ZonePolicy
from tests.domain.planning import READY, carried_out, group, node, offer

ON_DEMAND, SPOT = Market.ON_DEMAND, Market.SPOT
USD = {("small", SPOT): "0.03", ("small", ON_DEMAND): "0.1",
       ("large", SPOT): "0.12", ("large", ON_DEMAND): "0.4"}  # fmt: skip
CPUS = {"small": 2.0, "large": 8.0}
selectors = st.one_of(
    st.just(()),
    st.builds(
        LabelSelector,
        key=st.sampled_from(["zone", "market"]),
        operator=st.sampled_from(["in", "not in"]),
        values=st.sampled_from([("a",), ("b", "c"), ("spot",), ("on_demand",)]),
    ).map(lambda one: (one,)),
)
shapes = st.lists(
    st.builds(
        Shape,
        resources=st.sampled_from([{"CPU": 1.0}, {"CPU": 2.0}, {"CPU": 5.0}]),
        count=st.integers(1, 12),
        selectors=selectors,
    ),
    max_size=3,
).map(tuple)


def offers_in(kind: str, zone: str, market: Market, cooling: str) -> Offer:
    labels = {"zone": zone, "market": str(market)}
    usd = USD[kind, market]
    return offer(
        {"CPU": CPUS[kind]},
        usd=usd,
        kind=kind,
        zone=zone,
        market=market,
        labels=labels,
        cooling=cooling,
    )


@st.composite
def groups(draw: st.DrawFn, name: str) -> PlannedGroup:
    offers = tuple(
        offers_in(kind, zone, market, draw(st.sampled_from(["", "", "", "cold"])))
        for kind in draw(st.sampled_from([("small",), ("small", "large")]))
        for market in draw(st.sampled_from([(SPOT, ON_DEMAND), (SPOT,), (ON_DEMAND,)]))
        for zone in ("a", "b", "c")
    )
    return group(
        name,
        offers=offers,
        least=draw(st.integers(0, 3)),
        most=draw(st.integers(0, 15)),
        on_demand_nodes=draw(st.sampled_from([0, 0, 2])),
        on_demand_percent=draw(st.sampled_from([0, 0, 30])),
        warm_spare=draw(st.integers(0, 1)),
    )


@st.composite
def nodes(draw: st.DrawFn, of: tuple[PlannedGroup, ...]) -> tuple[NodeView, ...]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        its = draw(st.sampled_from(of))
        rented = draw(st.sampled_from(its.offers))
        busy = draw(st.booleans())
        found.append(
            node(
                f"n-{number}",
                its,
                phase=READY,
                rented=rented,
                free={"CPU": 0.0} if busy else None,
                idle=None if busy else 500,
            )
        )
    return tuple(found)


@st.composite
def requests(draw: st.DrawFn) -> PlanRequest:
    of = tuple(draw(groups(name)) for name in ("one", "two")[: draw(st.integers(1, 2))])
    return PlanRequest(
        groups=of,
        nodes=draw(nodes(of)),
        # One standing request: first fit may deal several out otherwise once the nodes lie apart.
        demand=Demand(shapes=draw(shapes), standing_requests=draw(shapes)[:1]),
        ranking=draw(st.sampled_from(Ranking)),
        zones=draw(st.sampled_from(ZonePolicy)),
    )


@settings(max_examples=200, deadline=None)
@given(requests())
def test_a_plan_over_markets_and_zones_is_followed_by_an_empty_one(request: PlanRequest) -> None:
    answer = plan(request)
    assume(not answer.unserved)
    assert plan(carried_out(answer, request)).is_empty


@settings(max_examples=200, deadline=None)
@given(requests(), st.sampled_from(["0.1", "0.35", "1.2", "3"]).map(Decimal))
def test_markets_and_zones_never_lift_a_plan_above_the_cap(
    request: PlanRequest, cap: Decimal
) -> None:
    answer = plan(replace(request, max_usd_per_hour=cap))
    assert answer.hourly_usd is not None
    if answer.launches:
        gone = {drain.node for drain in answer.drains if drain.idle}
        prices = {
            (its.name, one.instance_type, one.market): one.hourly_usd or Decimal(0)
            for its in request.groups
            for one in its.offers
        }
        leaving = sum(
            prices[one.group, one.instance_type, one.market]
            for one in request.nodes
            if one.name in gone
        )
        assert answer.hourly_usd + leaving <= cap


@settings(max_examples=200, deadline=None)
@given(requests())
def test_nothing_is_rented_that_cools_down(request: PlanRequest) -> None:
    cold = {
        (its.name, one.instance_type, one.market, one.zone)
        for its in request.groups
        for one in its.offers
        if one.cooling
    }
    for launch in plan(request).launches:
        assert (launch.group, launch.instance_type, launch.market, launch.zone) not in cold


@settings(max_examples=200, deadline=None)
@given(requests())
def test_idle_nodes_that_go_leave_a_spot_group_its_on_demand_nodes(request: PlanRequest) -> None:
    answer = plan(request)
    gone = {drain.node for drain in answer.drains}
    after = carried_out(answer, request)
    for its in request.groups:
        own = [one for one in after.nodes if one.group == its.name]
        went = any(
            one.name in gone and one.group == its.name and one.market is ON_DEMAND
            for one in request.nodes
            if one.idle_seconds is not None
        )
        on_demand = sum(one.market is ON_DEMAND for one in own)
        forced = any(not drain.idle for drain in answer.drains)
        assert not went or forced or on_demand >= on_demand_wanted(its, nodes=len(own))
