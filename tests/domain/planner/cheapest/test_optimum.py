"""Small plans cost what the best of all plans costs, whatever the catalogue."""

import statistics
from random import Random

import pytest

from benchmarks.planning.optimum import optimum, paid, small
from domain.demand import Demand
from domain.planner import plan
from tests.domain.planning import group, request, shape, sizes

M5 = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "12xlarge": 48, "24xlarge": 96}


@pytest.mark.parametrize(("shapes", "instances"), [(1, 60), (2, 12), (3, 8)])
def test_a_small_plan_costs_as_much_as_the_best(shapes: int, instances: int) -> None:
    ratios = []
    for number in range(instances):
        random = Random(f"{shapes}/{number}")  # noqa: S311 - nothing secret
        copies = random.randint(10, 300 if shapes == 1 else 120)
        problem = small(random, shapes=shapes, copies=copies)
        best = optimum(problem)
        if best is not None:
            ratios.append(paid(problem) / best)
    assert len(ratios) > instances / 2
    assert max(ratios) <= 1.01
    assert statistics.geometric_mean(ratios) <= 1.001


@pytest.mark.parametrize(
    ("count", "usd"), [(41, 2.016), (50, 2.4), (60, 2.88), (96, 4.608), (100, 4.8), (300, 14.4)]
)
def test_equal_tasks_cost_the_sizes_of_a_family_that_they_fill(count: int, usd: float) -> None:
    family = [
        group(f"m5.{name}", {"CPU": float(cpus)}, most=100, hourly_usd=f"{0.048 * cpus:.3f}")
        for name, cpus in M5.items()
    ]
    answer = plan(request(*family, demand=Demand(shapes=(shape(count, CPU=1),))))
    assert not answer.unserved
    assert float(answer.hourly_usd or 0) == pytest.approx(usd)


def test_a_family_of_one_price_is_taken_in_few_large_nodes() -> None:
    family = [
        group(f"m5.{name}", {"CPU": float(cpus)}, most=100, hourly_usd=f"{0.048 * cpus:.3f}")
        for name, cpus in M5.items()
    ]
    answer = plan(request(*family, demand=Demand(shapes=(shape(192, CPU=1),))))
    assert sizes(answer) == {"m5.24xlarge": 2}
