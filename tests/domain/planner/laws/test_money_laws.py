"""What holds for the money of every plan: caps, prices, quotas, and what cannot be rented."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.demand import Demand, Gang, Shape, Strategy, plain_bundles
from domain.objective import Objective
from domain.offerings import Market
from domain.planner import Offer, Plan, PlannedGroup, PlanRequest, plan
from tests.domain.planning import group, offer

prices = st.sampled_from(["0.05", "0.1", "0.17", "0.4", "1", "2.5"])
amounts = st.fixed_dictionaries(
    {"CPU": st.sampled_from([0.5, 1.0, 2.0, 3.0])}, optional={"GPU": st.just(1.0)}
)
shapes = st.lists(
    st.builds(Shape, resources=amounts, count=st.integers(1, 8)), min_size=1, max_size=3
).map(tuple)
gangs = st.lists(
    st.builds(
        Gang,
        strategy=st.sampled_from(Strategy),
        bundles=st.lists(amounts, min_size=1, max_size=3).map(plain_bundles),
    ),
    max_size=1,
).map(tuple)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    resources = {"CPU": draw(st.sampled_from([1.0, 2.0, 4.0, 8.0]))}
    if draw(st.booleans()):
        resources["GPU"] = 1.0
    return offer(
        resources,
        usd=draw(prices),
        market=draw(st.sampled_from(Market)),
        quota=draw(st.sampled_from([None, None, 0, 1, 3])),
        cooling=draw(st.sampled_from(["", "", "", "cooling down until 12:05"])),
    )


@st.composite
def groups(draw: st.DrawFn) -> tuple[PlannedGroup, ...]:
    return tuple(
        group(name, offers=_unlike(draw(st.lists(offers(), min_size=1, max_size=2))), most=20)
        for name in ("a", "b")[: draw(st.integers(1, 2))]
    )


def _unlike(found: list[Offer]) -> tuple[Offer, ...]:
    """Two offers of a group differ in their type or market."""
    first = {(one.instance_type, one.market): one for one in reversed(found)}
    return tuple(first.values())


@st.composite
def requests(draw: st.DrawFn) -> PlanRequest:
    return PlanRequest(
        groups=draw(groups()),
        nodes=(),
        demand=Demand(shapes=draw(shapes), gangs=draw(gangs)),
        objective=draw(st.sampled_from(Objective)),
    )


caps = st.sampled_from(["0.1", "0.3", "1", "2.6", "5"]).map(Decimal)


def waiting(answer: Plan) -> int:
    return sum(left.count for left in answer.unserved)


@given(requests(), caps)
def test_no_plan_costs_more_than_the_cap(request: PlanRequest, cap: Decimal) -> None:
    answer = plan(replace(request, max_usd_per_hour=cap))
    assert answer.hourly_usd is not None
    assert answer.hourly_usd <= cap


@given(requests())
def test_no_plan_rents_what_cannot_be_rented(request: PlanRequest) -> None:
    rented = Counter[tuple[str, str, Market]]()
    for launch in plan(request).launches:
        rented[launch.group, launch.instance_type, launch.market] += launch.count
    quotas: dict[tuple[str, Market], int] = {}
    for its in request.groups:
        for one in its.offers:
            count = rented[its.name, one.instance_type, one.market]
            assert not (one.cooling and count)
            if one.quota is not None:
                quotas.setdefault((one.instance_type, one.market), one.quota)
                assert count <= one.quota


@settings(max_examples=200, deadline=None)
@given(requests(), caps, caps)
def test_more_budget_never_serves_less(request: PlanRequest, one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    served_less = waiting(plan(replace(request, max_usd_per_hour=less)))
    assert waiting(plan(replace(request, max_usd_per_hour=more))) <= served_less


@settings(max_examples=200, deadline=None)
@given(requests(), st.data())
def test_a_dearer_offering_never_lowers_the_total(
    request: PlanRequest, data: st.DataObject
) -> None:
    request = replace(request, objective=Objective.COST)
    before = plan(request)
    assume(not before.unserved)
    name = data.draw(st.sampled_from([its.name for its in request.groups]))
    factor = data.draw(st.sampled_from([Decimal("1.1"), Decimal(2), Decimal(10)]))
    dearer = replace(
        request, groups=tuple(_dearer(g, factor) if g.name == name else g for g in request.groups)
    )
    after = plan(dearer)
    assert before.hourly_usd is not None
    assert after.hourly_usd is not None
    assert after.hourly_usd >= before.hourly_usd


def _dearer(its: PlannedGroup, factor: Decimal) -> PlannedGroup:
    first, *rest = its.offers
    assert first.hourly_usd is not None
    return replace(its, offers=(replace(first, hourly_usd=first.hourly_usd * factor), *rest))


@st.composite
def crowds(draw: st.DrawFn) -> PlanRequest:
    """Return up to some hundred tasks on up to five sizes of one or two families."""
    families = draw(st.lists(st.sampled_from(["0.03", "0.05", "0.08"]), min_size=1, max_size=2))
    of = tuple(
        group(
            f"{number}-{size}",
            offers=(offer({"CPU": float(size)}, usd=str(Decimal(price) * size), kind=f"{size}"),),
            most=draw(st.integers(0, 60)),
        )
        for number, price in enumerate(families)
        for size in draw(st.sets(st.sampled_from([1, 2, 4, 16, 48, 96]), min_size=1, max_size=5))
    )
    crowd = st.builds(Shape, resources=amounts, count=st.integers(1, 250))
    return PlanRequest(
        groups=of, nodes=(), demand=Demand(shapes=tuple(draw(st.lists(crowd, max_size=2))))
    )


@settings(max_examples=150, deadline=None)
@given(crowds(), st.data())
def test_more_allowed_never_costs_more(request: PlanRequest, data: st.DataObject) -> None:
    before = plan(request)
    name = data.draw(st.sampled_from([its.name for its in request.groups]))
    more = data.draw(st.sampled_from([1, 5, 1_000]))
    raised = tuple(
        replace(its, max_nodes=its.max_nodes + more) if its.name == name else its
        for its in request.groups
    )
    after = plan(replace(request, groups=raised))
    assert waiting(after) <= waiting(before)
    if waiting(after) == waiting(before):
        assert before.hourly_usd is not None
        assert after.hourly_usd is not None
        assert float(after.hourly_usd) <= 1.001 * float(before.hourly_usd) + 1e-9
