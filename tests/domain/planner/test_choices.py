"""Why something waits."""

import pytest

from domain.demand import Demand, Gang, Strategy, plain_bundles
from domain.planner import plan
from tests.domain.planner.test_plan import CPU, GPU, IN_A, waiting
from tests.domain.planning import group, request, shape, why


@pytest.mark.parametrize(
    ("groups", "demand", "reason"),
    [
        ((), waiting(shape(CPU=1)), "the cluster has no worker groups"),
        ((CPU,), waiting(shape(GPU=1)), "no group has GPU"),
        ((CPU, GPU), waiting(shape(CPU=16)), "the largest node has {CPU: 4}"),
        ((CPU, GPU), waiting(shape(3, GPU=1)), "group gpu is at its maximum of 2"),
        (
            (CPU, group("high", {"memory": 2.0**40})),
            waiting(shape(CPU=1, memory=2.0**40)),
            "no group has all of these resources on one node",
        ),
        ((CPU,), waiting(shape(1, IN_A, CPU=1)), "no group has labels with zone in (a)"),
    ],
)
def test_what_waits_says_why(groups: tuple[object, ...], demand: Demand, reason: str) -> None:
    assert why(plan(request(*groups, demand=demand))) == [reason]  # type: ignore[arg-type]


def test_everything_that_stops_the_groups_is_named() -> None:
    groups = (group("a", most=0), group("b", cooling="quota"))
    answer = plan(request(*groups, demand=waiting(shape(2, CPU=1))))
    (left,) = answer.unserved
    assert (left.count, left.resources) == (2, {"CPU": 1})
    assert left.reason == "group a is at its maximum of 0; group b cannot scale out now: quota"


def test_equal_placement_groups_wait_in_one_line() -> None:
    pair = Gang(strategy=Strategy.PACK, bundles=plain_bundles([{"TPU": 1.0}] * 2))
    (left,) = plan(request(CPU, demand=Demand(gangs=(pair,) * 10))).unserved
    assert left.count == 20
