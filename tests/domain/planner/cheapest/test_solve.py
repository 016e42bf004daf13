"""The search for the cheapest nodes, against limits, brute force and hand-made cases."""

from dataclasses import replace
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.planner.cheapest import PackingProblem, Solution, cheapest
from domain.planner.cheapest.assignment import values
from domain.planner.cheapest.columns import generate
from domain.planner.cheapest.dive import dived
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.exact import exact
from domain.planner.cheapest.rounding import whole
from domain.planner.cheapest.sequence import in_sequence


def problem(
    needs: list[list[int]],
    counts: list[int],
    bins: list[list[int]],
    prices: list[float],
    *,
    limits: list[list[float]] | None = None,
    room: list[float] | None = None,
) -> PackingProblem:
    return PackingProblem(
        needs=np.array(needs, dtype=np.int64),
        counts=np.array(counts, dtype=np.int64),
        bins=np.array(bins, dtype=np.int64),
        prices=np.array(prices),
        allowed=np.ones((len(needs), len(bins)), dtype=bool),
        limits=np.array(limits or np.zeros((0, len(bins)))),
        room=np.array(room or [], dtype=float),
    )


def searched(given_problem: PackingProblem) -> Solution:
    """Return what column generation and rounding find, however small the problem."""
    columns, solved = generate(given_problem)
    return whole(given_problem, columns, solved)


def dived_into(given_problem: PackingProblem) -> Solution:
    """Return what a dive finds."""
    columns, solved = generate(given_problem)
    return dived(given_problem, columns, solved)


def check(solution: Solution, of: PackingProblem) -> None:
    """Everything fits, nothing is served twice, no limit is passed."""
    served = np.zeros_like(of.counts)
    used = np.zeros_like(of.room)
    for one in solution.packed:
        need = (one.pattern[:, None] * of.needs).sum(axis=0)
        assert (need <= of.bins[one.kind]).all()
        assert of.allowed[one.pattern > 0, one.kind].all()
        assert one.count > 0
        served += one.count * one.pattern
        used += one.count * of.limits[:, one.kind]
    assert (served + solution.left == of.counts).all()
    assert (used <= of.room + 1e-6).all()


@st.composite
def problems(draw: st.DrawFn, *, most: int = 60) -> PackingProblem:
    shapes, kinds = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    numbers = st.integers(0, 8)
    sizes = st.lists(numbers, min_size=2, max_size=2)
    made = problem(
        draw(st.lists(sizes, min_size=shapes, max_size=shapes)),
        draw(st.lists(st.integers(0, most), min_size=shapes, max_size=shapes)),
        draw(st.lists(st.lists(st.integers(0, 32), min_size=2, max_size=2),
                      min_size=kinds, max_size=kinds)),
        draw(st.lists(st.sampled_from([0.1, 0.17, 0.5, 1.0, 3.0]), min_size=kinds, max_size=kinds)),
    )  # fmt: skip
    if draw(st.booleans()):
        return made
    takes = draw(st.lists(st.integers(0, 4), min_size=kinds, max_size=kinds))
    return replace(
        made, limits=np.array([takes], dtype=float), room=np.array([float(draw(numbers))])
    )


@settings(deadline=None)
@given(problems(), st.sampled_from([cheapest, searched, dived_into, in_sequence]))
def test_every_way_keeps_to_capacity_and_limits(of: PackingProblem, way: object) -> None:
    check(way(of), of)  # type: ignore[operator]


@settings(deadline=None)
@given(problems(most=6))
def test_the_exact_way_is_never_worse_than_the_others(of: PackingProblem) -> None:
    best = exact(of)
    if best is not None:
        check(best, of)
        for other in (searched(of), in_sequence(of)):
            assert best.key(of)[:2] <= other.key(of)[:2]


@settings(deadline=None)
@given(problems(), st.integers(0, 3))
def test_no_way_is_cheaper_than_the_bound(of: PackingProblem, seed: int) -> None:
    found = in_sequence(of, seed=seed)
    if not found.left.any():
        assert found.cost(of) >= values(of).bound - 1e-6


def test_the_exact_way_finds_what_brute_force_finds() -> None:
    of = problem([[3, 2], [1, 4], [2, 2]], [2, 2, 2], [[4, 8], [8, 8]], [1.0, 1.7])
    found = exact(of)
    assert found is not None
    assert found.cost(of) == pytest.approx(brute_force(of))


def brute_force(of: PackingProblem) -> float:
    """The least price of up to four nodes that hold all copies, every deal tried."""
    copies = [shape for shape, count in enumerate(of.counts) for _ in range(count)]
    return min(
        float(of.prices[list(kinds)].sum())
        for size in range(1, 5)
        for kinds in combinations_with_replacement(range(len(of.bins)), size)
        if any(fits(of, copies, kinds, deal) for deal in product(range(size), repeat=len(copies)))
    )


def fits(
    of: PackingProblem, copies: list[int], kinds: tuple[int, ...], deal: tuple[int, ...]
) -> bool:
    held = np.zeros((len(kinds), of.needs.shape[1]), dtype=np.int64)
    for copy, node in zip(copies, deal, strict=True):
        held[node] += of.needs[copy]
    return bool((held <= of.bins[list(kinds)]).all())


def test_small_sizes_of_a_family_are_searched_for_the_last_nodes_only() -> None:
    of = problem([[1, 1]], [100], [[2, 2], [4, 4], [8, 8], [8, 9]], [0.2, 0.4, 0.8, 0.9])
    assert worth_searching(of, sizes=False).tolist() == [2, 3]
    assert worth_searching(of, sizes=True).tolist() == [0, 1, 2, 3]


def test_a_limited_kind_replaces_no_other() -> None:
    of = problem([[1]], [9], [[1], [8]], [1.0, 1.0], limits=[[0.0, 1.0]], room=[1.0])
    assert worth_searching(of, sizes=False).tolist() == [0, 1]
    found = cheapest(of)
    assert sorted((one.kind, one.count) for one in found.packed) == [(0, 1), (1, 1)]


def test_fewer_and_larger_nodes_at_equal_price() -> None:
    of = problem([[1]], [64], [[2], [4], [16]], [0.2 + 1e-4, 0.4 + 1e-4, 1.6 + 1e-4])
    assert [(one.kind, one.count) for one in cheapest(of).packed] == [(2, 4)]


def test_a_limit_that_all_cheap_kinds_use_up_is_spent_where_it_serves_most() -> None:
    """24 steps are left: dear nodes serve twice as much with them as cheap ones."""
    of = problem(
        [[1, 8]], [6], [[4, 8], [4, 16]], [0.1, 0.5], limits=[[4.0, 4.0]], room=[12.0]
    )  # fmt: skip
    found = cheapest(of)
    assert not found.left.any()
    assert [(one.kind, one.count) for one in found.packed] == [(1, 3)]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_problem_gives_the_same_answer(seed: int) -> None:
    chance = np.random.default_rng(seed)
    needs = chance.integers(1, 20, (70, 2)).tolist()
    of = problem(needs, [3] * 70, [[32, 64], [64, 64], [64, 256]], [1.0, 1.7, 2.4])
    one, other = cheapest(of), cheapest(of)
    check(one, of)
    assert [(p.kind, p.count, p.pattern.tolist()) for p in one.packed] == [
        (p.kind, p.count, p.pattern.tolist()) for p in other.packed
    ]
