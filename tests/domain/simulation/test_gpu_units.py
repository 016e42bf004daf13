"""Simulated nodes give GPUs as Ray does: a fraction of one GPU, or whole ones."""

import pytest

from domain.demand import Gang, Strategy, plain_bundles
from domain.planner.amounts import exact
from domain.simulation import Arrival
from domain.simulation.nodes import SimulatedNode
from tests.domain.planning import group, offer
from tests.domain.simulation.test_replay import ours, played, rays, tasks

FOUR = group("four", {"CPU": 64.0, "GPU": 4.0}, most=3, hourly_usd="5")


def node() -> SimulatedNode:
    return SimulatedNode(
        name="n-1", number=1, group="four", offer=offer({"CPU": 64.0, "GPU": 4.0}), asked_at=0
    )


@pytest.mark.parametrize(
    ("gpus", "times"), [(0.6, 4), (0.5, 8), (0.3, 12), (2, 2), (3, 1), (1.5, 0)]
)
def test_a_node_holds_what_its_gpus_hold_one_by_one(gpus: float, times: int) -> None:
    assert node().holds(exact({"GPU": gpus}), at_most=100) == times


def test_a_fraction_goes_to_the_fullest_gpu_and_is_given_back_there() -> None:
    there = node()
    small, large = exact({"GPU": 0.3}), exact({"GPU": 0.7})
    first = there.take(large, times=1)
    second = there.take(small, times=1)
    assert (there.free_of_units(), there.holds(exact({"GPU": 1}), at_most=9)) == ({}, 3)
    there.give_back(large, first, times=1)
    assert there.free_of_units()["GPU"] == (0.7, 1, 1, 1)
    there.give_back(small, second, times=1)
    assert there.free_of_units() == {}


def test_our_plans_give_every_fraction_a_gpu() -> None:
    outcome = played(ours(FOUR), tasks(0, 6, GPU=0.6))
    assert (outcome.unfinished, outcome.launches) == (0, 2)


def test_work_without_a_gpu_to_itself_waits() -> None:
    """Ray's own autoscaler adds fractions up: it launches no second node for them."""
    outcome = played(rays(FOUR), tasks(0, 6, GPU=0.6))
    assert outcome.launches == 1


def test_a_packed_group_needs_gpus_for_all_its_fractions_on_one_node() -> None:
    def packed(bundles: int) -> Arrival:
        wanted = plain_bundles([{"GPU": 0.6}] * bundles)
        return Arrival(at=0, seconds=60, gang=Gang(strategy=Strategy.STRICT_PACK, bundles=wanted))

    assert played(ours(FOUR), packed(4)).unfinished == 0
    assert played(ours(FOUR), packed(5)).unfinished == 1
