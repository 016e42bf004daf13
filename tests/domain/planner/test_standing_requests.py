"""Standing requests: as cheap as the same demand, packed with it, and kept as cheaply."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.demand import Demand, LabelSelector, Shape
from domain.offerings import Market
from domain.planner import NodeView, Plan, PlannedGroup, plan
from tests.domain.planning import PENDING, carried_out, group, node, offer, request, shape, why

# A family of one price a CPU, as clouds sell them.
FAMILY = tuple(
    group(f"c{cpus}", {"CPU": float(cpus)}, hourly_usd=str(Decimal("0.048") * cpus), most=100)
    for cpus in (2, 4, 8, 16, 48, 96)
)
LONG = 1000.0  # idle for longer than any group allows


def standing(*shapes: Shape) -> Demand:
    return Demand(standing_requests=shapes)


def usd(answer: Plan) -> Decimal:
    return sum((launch.count * (launch.hourly_usd or 0) for launch in answer.launches), Decimal(0))


def going(answer: Plan) -> list[str]:
    return sorted(drain.node for drain in answer.drains)


def test_a_hundred_cpus_cost_what_a_hundred_cpus_cost() -> None:
    answer = plan(request(*FAMILY, demand=standing(shape(100, CPU=1.0))))
    assert usd(answer) == Decimal("4.80")
    assert {launch.reason.split(": ", 1)[1] for launch in answer.launches} == {
        "the cluster must fit a standing resource request for {CPU: 1}."
    }


def test_work_that_waits_lies_on_the_nodes_of_a_standing_request() -> None:
    demand = Demand(standing_requests=(shape(96, CPU=1.0),), shapes=(shape(90, CPU=1.0),))
    answer = plan(request(*FAMILY, demand=demand))
    assert usd(answer) == Decimal("4.608")


def test_a_standing_request_lies_on_the_nodes_of_work_where_that_is_cheaper() -> None:
    """Whole nodes of 4 for the work hold the standing request, too, which alone takes one of 8."""
    small = group("small", {"CPU": 4.0}, hourly_usd="0.20", labels={"tier": "a"})
    large = group("large", {"CPU": 8.0}, hourly_usd="0.30")
    only = LabelSelector(key="tier", operator="in", values=("a",))
    demand = Demand(standing_requests=(shape(2, CPU=4.0),), shapes=(shape(2, only, CPU=4.0),))
    assert usd(plan(request(small, large, demand=demand))) == Decimal("0.40")


def test_labels_that_a_standing_request_selects_are_kept() -> None:
    plain, special = group("plain", hourly_usd="0.1"), group("special", labels={"disk": "ssd"})
    selector = LabelSelector(key="disk", operator="in", values=("ssd",))
    answer = plan(request(plain, special, demand=standing(shape(2, selector, CPU=2.0))))
    assert [(launch.group, launch.count) for launch in answer.launches] == [("special", 2)]


def test_the_cheapest_of_the_idle_nodes_are_kept() -> None:
    dear, cheap = group("dear", {"CPU": 4.0}, hourly_usd="0.9"), group("cheap", {"CPU": 4.0})
    nodes = (node("a-1", dear, idle=LONG), node("b-1", cheap, idle=LONG))
    answer = plan(request(dear, cheap, nodes=nodes, demand=standing(shape(4, CPU=1.0))))
    assert not answer.launches
    assert going(answer) == ["a-1"]


def test_a_busy_node_counts_for_a_standing_request_with_all_that_it_has() -> None:
    cpu = group("cpu", {"CPU": 4.0})
    nodes = (node("n-1", cpu, free={"CPU": 0.0}), node("n-2", cpu, idle=LONG))
    answer = plan(request(cpu, nodes=nodes, demand=standing(shape(4, CPU=1.0))))
    assert not answer.launches
    assert going(answer) == ["n-2"]


def test_a_node_that_idles_for_a_moment_does_not_keep_its_place_from_a_cheaper_one() -> None:
    dear, cheap = group("dear", {"CPU": 4.0}, hourly_usd="0.9"), group("cheap", {"CPU": 4.0})
    nodes = (node("a-1", dear, idle=1.0), node("b-1", cheap, idle=LONG))
    answer = plan(request(dear, cheap, nodes=nodes, demand=standing(shape(4, CPU=1.0))))
    assert answer.is_empty


def test_nodes_that_a_minimum_keeps_hold_standing_requests_first() -> None:
    kept, other = group("kept", {"CPU": 4.0}, least=1, hourly_usd="0.9"), group("b", {"CPU": 4.0})
    nodes = (node("a-1", kept, idle=LONG), node("b-1", other, idle=LONG))
    answer = plan(request(kept, other, nodes=nodes, demand=standing(shape(4, CPU=1.0))))
    assert going(answer) == ["b-1"]


def test_nothing_is_launched_while_what_is_there_suffices() -> None:
    """However dear it is: it idles already, and a new one would be paid for as well."""
    dear, cheap = group("dear", {"CPU": 4.0}, hourly_usd="0.9"), group("cheap", {"CPU": 4.0})
    nodes = (node("a-1", dear, idle=LONG),)
    answer = plan(request(dear, cheap, nodes=nodes, demand=standing(shape(4, CPU=1.0))))
    assert answer.is_empty


def test_a_starting_node_counts_for_a_standing_request() -> None:
    cpu = group("cpu", {"CPU": 4.0})
    nodes = (node("n-1", cpu, phase=PENDING),)
    assert plan(request(cpu, nodes=nodes, demand=standing(shape(4, CPU=1.0)))).is_empty


def test_a_standing_request_larger_than_any_machine_says_so() -> None:
    cpu = group("cpu", {"CPU": 4.0})
    answer = plan(request(cpu, demand=standing(shape(1, CPU=5.0), shape(1, CPU=4.0))))
    assert why(answer) == ["standing request: the largest node has {CPU: 4}"]
    assert [launch.count for launch in answer.launches] == [1]


def test_what_cannot_be_had_does_not_keep_nodes_that_would_go() -> None:
    cpu = group("cpu", {"CPU": 4.0})
    nodes = (node("n-1", cpu, idle=LONG), node("n-2", cpu, idle=LONG))
    demand = standing(shape(1, GPU=1.0), shape(4, CPU=1.0))
    answer = plan(request(cpu, nodes=nodes, demand=demand))
    assert len(going(answer)) == 1
    assert why(answer) == ["standing request: no group has GPU"]


def test_a_standing_request_for_on_demand_keeps_its_node_on_demand() -> None:
    offers = (
        offer({"CPU": 2.0}, market=Market.SPOT, usd="0.03", labels={"ray.io/market-type": "spot"}),
        offer({"CPU": 2.0}, labels={"ray.io/market-type": "on-demand"}),
    )
    selector = LabelSelector(key="ray.io/market-type", operator="in", values=("on-demand",))
    its = group(offers=offers)
    answer = plan(request(its, demand=standing(shape(2, selector, CPU=2.0))))
    assert [(launch.market, launch.count) for launch in answer.launches] == [(Market.ON_DEMAND, 2)]


amounts = st.fixed_dictionaries(
    {"CPU": st.sampled_from([1.0, 2.0, 3.0])}, optional={"GPU": st.just(1.0)}
)
shapes = st.lists(
    st.builds(Shape, resources=amounts, count=st.integers(1, 6)), min_size=1, max_size=3
).map(tuple)


@st.composite
def offers(draw: st.DrawFn, name: str) -> PlannedGroup:
    resources = {"CPU": draw(st.sampled_from([2.0, 4.0, 8.0]))}
    if draw(st.booleans()):
        resources["GPU"] = draw(st.sampled_from([1.0, 2.0]))
    return group(name, resources, hourly_usd=draw(st.sampled_from(["0.1", "0.17", "0.4", "1"])))


groups = st.tuples(offers("a"), offers("b"), offers("c"))


@settings(max_examples=150, deadline=None)
@given(groups, shapes)
def test_a_standing_request_costs_no_more_than_the_same_demand(
    of: tuple[PlannedGroup, ...], wanted: tuple[Shape, ...]
) -> None:
    waiting = plan(request(*of, demand=Demand(shapes=wanted)))
    stands = plan(request(*of, demand=standing(*wanted)))
    left = [sum(item.count for item in answer.unserved) for answer in (waiting, stands)]
    assert left[1] == left[0]
    assert usd(stands) <= usd(waiting)


@settings(max_examples=100, deadline=None)
@given(groups, shapes, st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=7))
def test_what_is_kept_is_the_cheapest_that_holds_the_standing_requests(
    of: tuple[PlannedGroup, ...], wanted: tuple[Shape, ...], there: list[tuple[int, bool]]
) -> None:
    nodes = tuple(
        node(f"n-{number}", of[kind], idle=None if busy else LONG)
        for number, (kind, busy) in enumerate(there)
    )
    asked = request(*of, nodes=nodes, demand=standing(*wanted))
    answer = plan(asked)
    cheapest = cheapest_kept(of, nodes, wanted)
    if cheapest is None:
        assert answer.launches or answer.unserved
        return
    assert answer.is_empty or not answer.launches
    gone = set(going(answer))
    assert price_of(of, [one for one in nodes if one.name not in gone]) == cheapest


@settings(max_examples=100, deadline=None)
@given(groups, shapes, shapes, st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=5))
def test_a_plan_with_standing_requests_is_followed_by_an_empty_one(
    of: tuple[PlannedGroup, ...],
    wanted: tuple[Shape, ...],
    waiting: tuple[Shape, ...],
    there: list[tuple[int, bool]],
) -> None:
    nodes = tuple(
        node(f"n-{number}", of[kind], idle=None if busy else LONG)
        for number, (kind, busy) in enumerate(there)
    )
    demand = Demand(shapes=waiting, standing_requests=wanted)
    before = request(*of, nodes=nodes, demand=demand)
    answer = plan(before)
    if not answer.unserved:
        assert plan(carried_out(answer, before)).is_empty


def price_of(of: Sequence[PlannedGroup], nodes: Iterable[NodeView]) -> Decimal:
    usd = {its.name: its.offers[0].hourly_usd or Decimal(0) for its in of}
    return sum((usd[one.group] for one in nodes), Decimal(0))


def cheapest_kept(
    of: Sequence[PlannedGroup], nodes: Sequence[NodeView], wanted: Sequence[Shape]
) -> Decimal | None:
    """Return what the cheapest set of nodes costs that holds all, by trying every set."""
    busy = [one for one in nodes if one.idle_seconds is None]
    idle = [one for one in nodes if one.idle_seconds is not None]
    sets = [some for size in range(len(idle) + 1) for some in combinations(idle, size)]
    for some in sorted(sets, key=lambda some: price_of(of, some)):
        if holds([dict(one.total) for one in (*busy, *some)], singles(wanted)):
            return price_of(of, (*busy, *some))
    return None


def singles(wanted: Sequence[Shape]) -> list[dict[str, float]]:
    every = [dict(one.resources) for one in wanted for _ in range(one.count)]
    return sorted(every, key=lambda need: (-need.get("GPU", 0), -need["CPU"]))


def holds(rooms: list[dict[str, float]], needs: list[dict[str, float]]) -> bool:
    """Return whether all needs have a place, by trying every place."""
    for name in ("CPU", "GPU"):
        if sum(r.get(name, 0) for r in rooms) < sum(n.get(name, 0) for n in needs):
            return False
    if not needs:
        return True
    need, rest = needs[0], needs[1:]
    tried: set[tuple[tuple[str, float], ...]] = set()
    for place, room in enumerate(rooms):
        kind = tuple(sorted(room.items()))
        if kind in tried or any(room.get(name, 0) < amount for name, amount in need.items()):
            continue
        tried.add(kind)
        left = {name: amount - need.get(name, 0) for name, amount in room.items()}
        if holds([*rooms[:place], left, *rooms[place + 1 :]], rest):
            return True
    return False
