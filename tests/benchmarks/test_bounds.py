"""No bound is above what the best plan costs, which small instances tell by trying all."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from math import inf
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planning.bounds import best as bounds_module
from benchmarks.planning.bounds.best import Bound, Bounds, bound
from benchmarks.planning.bounds.knapsack import Knapsack, Ware
from benchmarks.planning.bounds.linear import linear_bound, whole_nodes_bound
from benchmarks.planning.bounds.patterns import pattern_bound
from benchmarks.planning.bounds.relaxation import relaxation
from benchmarks.planning.instance import Instance, NodeType
from domain.demand import Shape, Strategy
from tests.benchmarks.small import FOUR, NINE, ON_M, cpus, gang, instance, standing


def cheapest(asked: Instance) -> float:
    """Return the cost of the best plan: every way to split the items into nodes is tried."""
    items = [shape for shape in asked.demand.shapes for _ in range(shape.count)]
    best = [0.0] + [inf] * (2 ** len(items) - 1)
    alone = [_node(asked, items, chosen) for chosen in range(len(best))]
    for chosen in range(1, len(best)):
        part = chosen
        while part:
            best[chosen] = min(best[chosen], alone[part] + best[chosen ^ part])
            part = (part - 1) & chosen
    return best[-1]


def _node(asked: Instance, items: list[Shape], chosen: int) -> float:
    inside = [item for number, item in enumerate(items) if chosen >> number & 1]
    needs = {
        name: sum(item.resources.get(name, 0) for item in inside)
        for item in inside
        for name in item.resources
    }
    fitting = [
        float(type_.hourly_usd)
        for type_ in asked.types
        if all(type_.resources.get(name, 0) >= need for name, need in needs.items())
        and all(s.accepts(type_.labels) for item in inside for s in item.selectors)
    ]
    return min(fitting, default=inf)


def node_types() -> st.SearchStrategy[NodeType]:
    return st.builds(
        lambda name, cpus, gib, usd, kind: NodeType(
            name=name,
            resources={"CPU": float(cpus), "memory": float(gib * 2**30)},
            hourly_usd=Decimal(usd) / 100,
            labels={"kind": kind},
        ),
        st.text(min_size=3, max_size=6),
        st.integers(6, 16),
        st.integers(6, 32),
        st.integers(5, 200),
        st.sampled_from(["m", "c"]),
    )


def shapes() -> st.SearchStrategy[Shape]:
    return st.builds(
        lambda cpus, gib, count, selectors: Shape(
            resources={"CPU": cpus / 2, "memory": float(gib * 2**30)},
            count=count,
            selectors=selectors,
        ),
        st.integers(1, 12),
        st.integers(1, 6),
        st.integers(1, 3),
        st.sampled_from([(), (), (ON_M,)]),
    )


@settings(max_examples=60, deadline=None)
@given(
    types=st.lists(node_types(), min_size=1, max_size=4, unique_by=lambda type_: type_.name),
    wanted=st.lists(shapes(), min_size=1, max_size=3),
)
def test_no_bound_is_above_the_best_plan(types: list[NodeType], wanted: list[Shape]) -> None:
    on_m = replace(types[0], name="on-m", labels={"kind": "m"})
    asked = instance(*wanted, types=(*types, on_m))
    relaxed, best = relaxation(asked), cheapest(asked) + 1e-6
    linear = linear_bound(relaxed)
    assert linear <= best
    assert linear - 1e-6 <= whole_nodes_bound(relaxed, seconds=5) <= best
    assert pattern_bound(relaxed, seconds=5) <= best


def test_patterns_see_the_rests_that_fractions_do_not() -> None:
    """Three CPUs and two never make four: each 3 wastes one, each pair of 2 fits."""
    asked = instance(cpus(3, 100), cpus(2, 100), types=(FOUR,))
    relaxed = relaxation(asked)
    assert pattern_bound(relaxed, seconds=5) == pytest.approx(0.4 * 150)
    assert linear_bound(relaxed) < 0.4 * 150


def test_standing_nodes_cost_nothing() -> None:
    asked = instance(cpus(4, 5), standing=(standing(4, 3),))
    assert bound(asked).usd == pytest.approx(2 * 0.4)
    assert pattern_bound(relaxation(asked), seconds=5) == pytest.approx(2 * 0.4)


def test_limits_make_bounds_dearer() -> None:
    dear = replace(FOUR, name="dear", hourly_usd=Decimal(1))
    few = replace(FOUR, max_nodes=3)
    asked = instance(cpus(4, 5), types=(few, dear))
    assert pattern_bound(relaxation(asked), seconds=5) == pytest.approx(3 * 0.4 + 2)
    small = replace(NINE, hourly_usd=Decimal("0.1"))
    most = instance(cpus(4, 4), types=(FOUR, small), max_resources={"CPU": 17})
    assert bound(most).usd == pytest.approx(0.4 * 2.5 + 0.1 * 0.75, rel=0.5)
    assert bound(most).usd > bound(replace(most, max_resources={})).usd


def test_strict_groups_stay_together_or_apart() -> None:
    together = instance(gangs=(gang(Strategy.STRICT_PACK, 3, 3),))
    assert bound(together).usd == pytest.approx(0.8)
    apart = instance(gangs=(gang(Strategy.STRICT_SPREAD, 1, 1, 1),))
    assert bound(apart).usd == pytest.approx(3 * 0.4)


def test_under_a_limit_something_is_left_over() -> None:
    asked = instance(cpus(2, 10), max_resources={"CPU": 9}, all_fit=False)
    assert bound(asked).least_unplaced == 6


def test_a_bound_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bench" / "bounds.json"
    found = Bounds(path).of(instance(cpus(1)))
    monkeypatch.setattr(bounds_module, "bound", lambda _: pytest.fail("computed again"))
    assert Bounds(path).of(replace(instance(cpus(1)), seed=2)) == found
    assert found != Bound()


@given(
    wares=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(1, 9), st.integers(1, 3)),
        min_size=1,
        max_size=4,
    ),
    room=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
@settings(deadline=None)
def test_the_knapsack_is_exact(
    wares: list[tuple[int, int, int, int]], room: tuple[int, int]
) -> None:
    made = [
        Ware(index=number, need=(a, b), value=float(value), most=most)
        for number, (a, b, value, most) in enumerate(wares)
    ]
    table = Knapsack(made, (9, 9))
    best = max(
        sum(n * ware.value for n, ware in zip(taken, made, strict=True))
        for taken in product(*(range(ware.most + 1) for ware in made))
        if all(
            sum(n * ware.need[side] for n, ware in zip(taken, made, strict=True)) <= room[side]
            for side in (0, 1)
        )
    )
    assert table.value(room) == best
    content = table.content(room)
    assert sum(made[number].value * times for number, times in content.items()) == best
