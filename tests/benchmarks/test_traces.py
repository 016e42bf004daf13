"""Every run asks the same, and what it asks is what the trace's name says."""

import time
from decimal import Decimal

import pytest

from benchmarks.planning.answer import cost
from benchmarks.planning.bounds.best import Bound
from benchmarks.planning.forked import Broken, TooSlow, forked
from benchmarks.planning.instance import PLENTY
from benchmarks.planning.instances.choice import NAMES, instance, instances
from benchmarks.planning.ray_schedulers import expressible
from benchmarks.planning.rows import ray_columns
from benchmarks.planning.summary import summary
from domain.demand import Strategy
from tests.benchmarks.small import cpus
from tests.benchmarks.small import instance as small


def test_the_same_seed_asks_the_same() -> None:
    shapes = instance("cpumem", size=1000, types=20, seed=1).demand.shapes
    assert sorted(shape.count for shape in shapes) == [72, 88, 99, 121, 177, 443]


@pytest.mark.parametrize("trace", NAMES)
def test_a_trace_asks_for_as_much_as_it_says(trace: str) -> None:
    size = 3_000 if trace == "huge" else 500
    asked = instance(trace, size=size, types=20, seed=2)
    bundles = sum(len(gang.bundles) for gang in asked.demand.gangs)
    assert sum(shape.count for shape in asked.demand.shapes) + bundles == size
    assert asked.digest == instance(trace, size=size, types=20, seed=2).digest


def test_seeds_and_types_change_what_is_asked() -> None:
    found = {
        each.digest for each in instances(["frag"], sizes=[100], types=[20, 100], seeds=[1, 2])
    }
    assert len(found) == 4


def test_our_traces_hold_what_they_are_for() -> None:
    made = {name: instance(name, size=500, types=100, seed=1) for name in NAMES if name != "huge"}
    assert {gang.strategy for gang in made["placement"].demand.gangs} == set(Strategy)
    assert all(type_.max_nodes < PLENTY for type_ in made["groupmax"].types)
    assert made["cpumax"].max_resources
    assert not made["scarce"].all_fit
    assert made["halffull"].standing
    assert any(shape.selectors for shape in made["labels"].demand.shapes)
    assert any("accelerator_type:T4" in s.resources for s in made["gpumodels"].demand.shapes)


def test_ray_is_asked_only_what_it_can_be_asked() -> None:
    labels = instance("labels", size=100, types=20, seed=1)
    assert (expressible(labels, "v1"), expressible(labels, "v2")) == (False, True)
    assert not expressible(instance("cpumax", size=100, types=20, seed=1), "v2")


def test_a_scheduler_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TooSlow):
        forked(lambda: time.sleep(30), seconds=0.1)
    with pytest.raises(Broken, match="ZeroDivisionError"):
        forked(lambda: 1 / 0, seconds=10)
    assert forked(lambda: 7, seconds=10) == 7


def test_a_timeout_has_no_cost() -> None:
    columns = ray_columns(small(cpus(1)), {"status": "too slow", "seconds": 60.0})
    assert (columns.usd, columns.milliseconds) == (None, ">60000")


def test_an_answer_of_ray_has_its_cost_and_is_checked() -> None:
    figure = {"status": "ok", "launches": {"four": 1}, "unplaced": 0, "seconds": 0.5}
    columns = ray_columns(small(cpus(1, 4)), figure)
    assert (columns.usd, columns.milliseconds, columns.verified) == (0.4, 500.0, True)
    assert cost(small(), {"four": 2, "nine": 1}) == Decimal("1.6")


def test_the_summary_finds_what_must_not_be() -> None:
    right = {
        "trace": "frag", "demands": 10, "types": 20, "seed": 1, "shapes": 5, "nodes": 1,
        "ours_cost": 1.0, "bound": 1.0, "ours_ms": 5.0, "unplaced": 0, "least_unplaced": 0,
        "ray_v1_cost": 1.5, "ray_v1_unplaced": 0, "ray_v1_verified": True,
        "ray_v2_cost": None, "ray_v2_unplaced": None, "ray_v2_verified": None, "problems": [],
    }  # fmt: skip
    dear = right | {"seed": 2, "ours_cost": 1.6}
    wrong = right | {"seed": 3, "problems": ["2 demands are placed nowhere."]}
    left = right | {"seed": 4, "unplaced": 2, "least_unplaced": 1}
    found = summary([right, dear, wrong, left])
    assert found["above_ray"] == ["frag/10/20/2"]
    assert found["not_verified"] == ["frag/10/20/3"]
    assert found["left_over_without_need"] == ["frag/10/20/4"]
    assert found["ours_to_bound"]["all"] == pytest.approx(1.6 ** (1 / 3), abs=1e-4)
    assert Bound(linear=1.0, pattern=2.0).usd == 2.0
