"""What holds for the proposals of any pool, step by step."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.planner import NodeView, PlanRequest, plan
from domain.planner.consolidation.proposals import (
    Proposal,
)
from domain.planner.consolidation.trial import tried, used
from domain.planner.limits import floor
from domain.planner.model import Work
from tests.domain.planner.consolidation.test_proposals import busy, found
from tests.domain.planning import group, node, offer, request

cpus = st.sampled_from([1.0, 2.0, 4.0, 8.0, 16.0])
cents = st.integers(1, 80)


@st.composite
def pools(draw: st.DrawFn) -> PlanRequest:
    groups = []
    for name in ("a", "b")[: draw(st.integers(1, 2))]:
        offers = tuple(
            offer({"CPU": draw(cpus)}, usd=f"{draw(cents) / 100}", kind=f"{name}{i}")
            for i in range(draw(st.integers(1, 4)))
        )
        least = draw(st.integers(0, 2))
        groups.append(group(name, offers=offers, least=least, most=draw(st.integers(2, 8))))
    nodes: list[NodeView] = []
    for number in range(draw(st.integers(1, 7))):
        its = draw(st.sampled_from(groups))
        rented = draw(st.sampled_from(its.offers))
        part = draw(st.sampled_from([0.25, 0.5, 0.75, 1.0]))
        work = Work(tasks=draw(st.integers(0, 8)), actors=draw(st.integers(0, 3)))
        held = rented.resources["CPU"] * part
        if sum(one.group == its.name for one in nodes) < its.max_nodes:
            nodes.append(busy(f"n-{number}", held, of=its, rented=rented, work=work))
    return request(*groups, nodes=tuple(nodes))


def moved(before: PlanRequest, proposal: Proposal) -> PlanRequest:
    """Return the pool once the proposal is carried out and the work is where the plan put it."""
    answer = tried(before, proposal.nodes).plan
    gone = [one for one in before.nodes if one.name in proposal.nodes]
    work = Work(tasks=sum(one.work.tasks for one in gone))
    kept = [one for one in before.nodes if one.name not in proposal.nodes]
    nodes = [_with(one, _held(answer.placements.get(one.name, ())), work) for one in kept]
    if launch := proposal.launch:
        of = next(one for one in before.groups if one.name == launch.group)
        rented = next(one for one in of.offers if one.instance_type == launch.instance_type)
        held = _held(shape for pack in launch.packs for shape in pack.shapes)
        name = f"m-{len(before.nodes)}-{'-'.join(proposal.nodes)}"
        nodes.append(_with(node(name, of, rented=rented), held, work))
    return replace(before, nodes=tuple(nodes))


def _held(shapes: object) -> float:
    return sum(s.resources["CPU"] * s.count for s in shapes)  # type: ignore[attr-defined]


def _with(one: NodeView, held: float, work: Work) -> NodeView:
    if not held:
        return one
    free: Mapping[str, float] = {"CPU": one.free["CPU"] - held}
    assert free["CPU"] >= 0, "the work has no place after all"
    return replace(one, free=free, work=Work(tasks=one.work.tasks + work.tasks), idle_seconds=None)


def price_of(pool: PlanRequest) -> Decimal:
    answer = plan(replace(pool, most_idle_drains=0, groups=tuple(
        replace(one, min_nodes=0) for one in pool.groups
    )))  # fmt: skip
    assert answer.hourly_usd is not None
    return answer.hourly_usd


def steps(pool: PlanRequest) -> list[tuple[PlanRequest, Proposal, PlanRequest]]:
    """Carry out proposals until there are no more."""
    done = []
    while proposal := found(pool).proposal:
        after = moved(pool, proposal)
        done.append((pool, proposal, after))
        pool = after
        assert len(done) < 50, "it never ends"
    return done


@settings(max_examples=60, deadline=None)
@given(pools())
def test_each_step_keeps_minima_lowers_the_price_and_leaves_nothing_waiting(
    pool: PlanRequest,
) -> None:
    for before, proposal, after in steps(pool):
        assert price_of(before) - price_of(after) == proposal.savings_usd > 0
        assert proposal.score.is_enough
        for one in before.groups:
            had = sum(node.group == one.name for node in before.nodes)
            has = sum(node.group == one.name for node in after.nodes)
            assert has >= min(had, floor(one))
            assert has <= max(had, one.max_nodes)
        held = sum(sum(used(one).values()) for one in before.nodes)
        assert sum(sum(used(one).values()) for one in after.nodes) == pytest.approx(held)
        if not plan(before).unserved:
            assert not plan(after).unserved


@settings(max_examples=60, deadline=None)
@given(pools())
def test_no_work_is_moved_to_a_new_node_more_than_four_times(pool: PlanRequest) -> None:
    depth = {one.name: 0 for one in pool.nodes}
    for before, proposal, after in steps(pool):
        names = {one.name for one in before.nodes}
        for new in (one.name for one in after.nodes if one.name not in names):
            depth[new] = 1 + max(depth[name] for name in proposal.nodes)
    assert max(depth.values()) <= 4


@settings(max_examples=30, deadline=None)
@given(pools(), st.integers(0, 3))
def test_no_more_nodes_go_than_the_budget_says(pool: PlanRequest, most: int) -> None:
    proposal = found(pool, most=most).proposal
    assert proposal is None or len(proposal.nodes) <= most
    assert found(pool, most=most) == found(pool, most=most)
