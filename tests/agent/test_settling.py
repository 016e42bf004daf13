"""Demand is told once it stands still for a moment, and never later than a second."""

from agent.settling import Settling


def test_a_value_read_twice_is_due() -> None:
    demand = Settling("none")
    demand.see("ten", now=0.0)
    assert not demand.is_due(now=0.0)
    demand.see("ten", now=0.1)
    assert demand.is_due(now=0.1)


def test_a_value_that_keeps_changing_is_due_after_a_second() -> None:
    demand = Settling("none")
    for tenth in range(10):
        demand.see(f"{tenth}", now=tenth / 10)
        assert not demand.is_due(now=tenth / 10)
    demand.see("many", now=1.0)
    assert demand.is_due(now=1.0)


def test_a_value_that_comes_back_is_not_told() -> None:
    demand = Settling("none")
    demand.see("ten", now=0.0)
    demand.see("none", now=0.1)
    assert not demand.is_open()
    assert not demand.is_due(now=5.0)


def test_a_change_during_the_telling_stays_open() -> None:
    demand = Settling("none")
    demand.see("ten", now=0.0)
    demand.see("all", now=0.1)
    demand.told("ten")
    demand.see("all", now=0.2)
    assert demand.is_due(now=0.2)
    demand.told("all")
    assert not demand.is_open()
