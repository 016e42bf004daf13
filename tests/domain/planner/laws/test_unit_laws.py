"""What holds for every plan with fractions of GPUs: compared with every way to deal them out."""

from collections.abc import Sequence
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.demand import Demand, Gang, Shape, Strategy, plain_bundles
from domain.planner import PlanRequest, plan
from domain.planner.amounts import STEPS
from domain.planner.units.columns import columns, least_units
from domain.planner.units.unit import Units
from tests.domain.planning import carried_out, group, node, request

FRACTIONS = [0.05, 0.1, 0.2, 0.25, 0.3, 0.34, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.95]
fractions = st.sampled_from(FRACTIONS)
up_to_one = st.one_of(fractions, st.just(1.0))
sizes = st.one_of(fractions, st.sampled_from([1.0, 2.0, 4.0]))
free_of_one = st.sampled_from([0.0, 0.3, 0.4, 0.5, 0.75, 1.0])
steps = st.integers(1, STEPS - 1)


def fewest_units(wanted: Sequence[int], room: Sequence[int] = ()) -> int:
    """Return how many further whole units all fractions need, by trying every way."""
    best = len(wanted)
    order = sorted(wanted, reverse=True)

    def deal(place: int, units: list[int], opened: int) -> None:
        nonlocal best
        if opened >= best:
            return
        if place == len(order):
            best = opened
            return
        amount = order[place]
        for part in {part for part in units if part >= amount}:
            rest = units.copy()
            rest[rest.index(part)] -= amount
            deal(place + 1, rest, opened)
        deal(place + 1, [*units, STEPS - amount], opened + 1)

    deal(0, list(room), 0)
    return best


def steps_of(shapes: Sequence[Shape]) -> list[int]:
    return [round(s.resources.get("GPU", 0) * STEPS) for s in shapes for _ in range(s.count)]


def fits(shapes: Sequence[Shape], *, whole: int, parts: Sequence[int] = ()) -> bool:
    amounts = [amount for amount in steps_of(shapes) if amount]
    rest = whole - sum(amount // STEPS for amount in amounts if amount >= STEPS)
    return fewest_units([a for a in amounts if a < STEPS], parts) <= rest


@given(st.lists(steps, max_size=7), st.integers(0, 4), st.lists(steps, max_size=3))
def test_units_hold_what_can_be_dealt_out_to_them(
    wanted: list[int], whole: int, parts: list[int]
) -> None:
    units = Units(whole, tuple(sorted(parts)))
    rest = units.less([(amount, 1) for amount in wanted])
    assert (rest is not None) == (fewest_units(wanted, parts) <= whole)
    if rest is not None:
        room = whole * STEPS + sum(parts) - sum(wanted)
        assert rest.whole * STEPS + sum(rest.parts) == room


@given(st.lists(steps, max_size=6), st.integers(0, 4), st.lists(steps, max_size=3))
def test_no_column_refuses_what_units_hold(wanted: list[int], whole: int, parts: list[int]) -> None:
    units = Units(whole, tuple(sorted(parts)))
    pieces = [(amount, 1) for amount in wanted]
    if units.less(pieces) is None:
        return
    for column in columns("GPU", amounts=[*wanted, STEPS], parts=parts):
        assert column.need(pieces) <= column.room(units)


@given(st.lists(steps, max_size=7))
def test_the_bound_of_units_is_one(wanted: list[int]) -> None:
    assert least_units([(amount, 1) for amount in wanted]) <= fewest_units(wanted)


@settings(deadline=None, max_examples=150)
@given(st.lists(up_to_one, min_size=1, max_size=9), st.sampled_from([1, 2, 4]))
def test_fractions_open_no_more_nodes_than_they_need(wanted: list[float], gpus: int) -> None:
    of = group("gpu", {"CPU": 64.0, "GPU": float(gpus)}, most=50)
    shapes = tuple(Shape(resources={"GPU": amount}, count=1) for amount in wanted)
    answer = plan(request(of, demand=Demand(shapes=shapes)))
    amounts = steps_of(shapes)
    least = fewest_units([a for a in amounts if a < STEPS]) + amounts.count(STEPS)
    assert sum(launch.count for launch in answer.launches) == ceil(least / gpus)


tasks = st.builds(
    Shape,
    resources=st.fixed_dictionaries({"GPU": sizes}, optional={"CPU": st.sampled_from([1.0, 4.0])}),
    count=st.integers(1, 6),
)
gangs = st.builds(
    Gang,
    # What a node is for names a STRICT_PACK group as a whole, and not how its bundles lie.
    strategy=st.sampled_from([s for s in Strategy if s is not Strategy.STRICT_PACK]),
    bundles=st.lists(st.builds(dict, GPU=sizes), min_size=1, max_size=4).map(plain_bundles),
)


@st.composite
def requests(draw: st.DrawFn) -> PlanRequest:
    one = group("one", {"CPU": 8.0, "GPU": 1.0}, most=draw(st.integers(0, 40)), hourly_usd="1")
    four = group("four", {"CPU": 32.0, "GPU": 4.0}, most=draw(st.integers(0, 40)), hourly_usd="3.7")
    there = []
    for number in range(draw(st.integers(0, 3))):
        free = draw(st.lists(free_of_one, min_size=4, max_size=4))
        room = {"CPU": 16.0, "GPU": sum(free)}
        known = {"GPU": tuple(free)}
        there.append(node(f"n-{number}", four, free=room, units=known))
    demand = Demand(
        shapes=tuple(draw(st.lists(tasks, max_size=4))),
        gangs=tuple(draw(st.lists(gangs, max_size=2))),
    )
    return request(one, four, nodes=tuple(there), demand=demand)


@settings(deadline=None, max_examples=200)
@given(requests())
def test_the_gpus_of_each_node_hold_what_the_plan_puts_there(asked: PlanRequest) -> None:
    answer = plan(asked)
    gpus = {"one": 1, "four": 4}
    for launch in answer.launches:
        for pack in launch.packs:
            if not any(steps > STEPS and steps % STEPS for steps in steps_of(pack.shapes)):
                assert fits(pack.shapes, whole=gpus[launch.group])
    for there in asked.nodes:
        whole = there.units["GPU"].count(1.0)
        parts = [round(part * STEPS) for part in there.units["GPU"] if part < 1]
        put = answer.placements.get(there.name, ())
        if not any(steps > STEPS and steps % STEPS for steps in steps_of(put)):
            assert fits(put, whole=whole, parts=parts)


@settings(deadline=None, max_examples=100)
@given(requests())
def test_without_placement_groups_a_plan_is_followed_by_an_empty_one(asked: PlanRequest) -> None:
    alone = request(*asked.groups, nodes=asked.nodes, demand=Demand(shapes=asked.demand.shapes))
    assert plan(carried_out(plan(alone), alone)).launches == ()
