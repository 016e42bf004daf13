"""Who comes when: slots in turns, reports at a rate, one trial during an outage."""

from __future__ import annotations

import asyncio

import pytest

from mobula.edge.refusal import Refusal
from mobula.edge.sharing import gates, outage
from mobula.edge.sharing.budget import Budget, BudgetSpent
from mobula.edge.sharing.gates import Gate, TooSoon
from mobula.edge.sharing.lanes import Lane, LaneFull
from mobula.edge.sharing.outage import Outage


class Clock:
    """A clock that the test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of gates and outages."""
    clock = Clock()
    for module in (gates, outage):
        monkeypatch.setattr(module, "monotonic", clock)
    return clock


def test_those_who_wait_take_turns_by_their_key() -> None:
    async def order() -> list[str]:
        lane, served = Lane(1, waiting=10, waiting_each=10), list[str]()

        async def work(key: str) -> None:
            await lane.enter(key)
            await asyncio.sleep(0)
            served.append(key)
            lane.leave(key)

        await asyncio.gather(*(work(key) for key in ("a", "a", "a", "a", "b", "c")))
        return served

    assert asyncio.run(order()) == ["a", "a", "b", "c", "a", "a"]


def test_one_key_does_not_get_every_slot() -> None:
    async def check() -> None:
        lane = Lane(2, each=1, waiting=10, waiting_each=10)
        assert lane.enter_at_once("a")
        assert not lane.enter_at_once("a")
        assert lane.enter_at_once("b")

    asyncio.run(check())


def test_full_lane_refuses_and_a_client_that_left_keeps_no_place() -> None:
    async def check() -> None:
        lane = Lane(1, waiting=2, waiting_each=1)
        await lane.enter("a")
        waiting = asyncio.ensure_future(lane.enter("a"))
        await asyncio.sleep(0)
        with pytest.raises(LaneFull):
            await lane.enter("a")
        waiting.cancel()
        await asyncio.sleep(0)
        assert lane.queued == 0
        lane.leave("a")
        assert lane.enter_at_once("b")

    asyncio.run(check())


def test_turn_that_comes_while_its_client_leaves_goes_to_the_next() -> None:
    async def check() -> None:
        lane = Lane(1, waiting=2, waiting_each=2)
        await lane.enter("a")
        waiting = asyncio.ensure_future(lane.enter("a"))
        await asyncio.sleep(0)
        lane.leave("a")
        waiting.cancel()
        await asyncio.sleep(0)
        assert lane.enter_at_once("b")

    asyncio.run(check())


def test_budget_is_bounded_in_all_and_for_each() -> None:
    budget = Budget(10, each=6)
    budget.take("a", 6)
    for holder, size in (("a", 1), ("b", 5)):
        with pytest.raises(BudgetSpent):
            budget.take(holder, size)
    budget.give_back("a", 6)
    budget.take("b", 6)
    assert budget.held == 6


def test_gate_lets_a_burst_in_and_then_the_rate(clock: Clock) -> None:
    gate = Gate()
    for _ in range(int(gates.AGENT.burst)):
        gate.enter()
        gate.leave()
    with pytest.raises(TooSoon) as early:
        gate.enter()
    clock.now += early.value.seconds + 0.001
    gate.enter()
    with pytest.raises(TooSoon):  # one at a time
        gate.enter()


def test_gate_of_nodes_lets_several_in_and_then_the_rate(clock: Clock) -> None:
    gate, rate = Gate(gates.NODES), gates.NODES
    for _ in range(rate.most_inside):
        gate.enter()
    with pytest.raises(TooSoon):  # that many at a time
        gate.enter()
    for _ in range(rate.most_inside):
        gate.leave()
    for _ in range(int(rate.burst) - rate.most_inside):
        gate.enter()
        gate.leave()
    with pytest.raises(TooSoon) as early:
        gate.enter()
    clock.now += early.value.seconds + 0.001
    gate.enter()


def test_reports_that_take_long_come_less_often(clock: Clock) -> None:
    gate = Gate()
    gate.enter()
    gate.leave(work_seconds=4.0)
    with pytest.raises(TooSoon) as early:
        gate.enter()
    assert 4.0 < early.value.seconds < 8.0


def test_one_request_looks_whether_the_database_is_back(clock: Clock) -> None:
    outage = Outage()
    outage.check()
    outage.note(away=True)
    with pytest.raises(Refusal, match="database does not answer"):
        outage.check()
    clock.now += 2.5
    outage.check()
    with pytest.raises(Refusal):
        outage.check()
    outage.note(away=False)
    outage.check()
