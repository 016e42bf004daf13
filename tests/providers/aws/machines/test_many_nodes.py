"""Five hundred nodes at once, and what they cost in calls."""

from __future__ import annotations

import time

from mobula.demo_cloud.aws.world import World
from providers.aws.driver import AwsDriver
from providers.base import NodeSpec
from tests.providers.aws.conftest import CLUSTER, names, workers


def five_hundred() -> list[NodeSpec]:
    """In batches as the rows of nodes have them."""
    return [node for first in range(2, 502, 100) for node in workers(100, first=first)]


def test_500_nodes_are_5_launches_and_1_terminate(driver: AwsDriver, world: World) -> None:
    world.lag = 20
    asked = five_hundred()
    began = time.monotonic()
    driver.launch(CLUSTER, asked)
    for _ in range(10):  # as the loop does until it sees them
        driver.launch(CLUSTER, asked)
        assert len(driver.observe(CLUSTER)) == 500
    world.now[0] += 30  # type: ignore[attr-defined]
    assert sorted(names(driver.observe(CLUSTER))) == sorted(names(asked))
    driver.terminate(CLUSTER, names(asked))
    count = world.count()
    assert count["RunInstances"] == 5
    assert count["TerminateInstances"] == 1
    assert count["DescribeInstanceTypes"] == 1
    assert len(world.instances) == 500
    assert time.monotonic() - began < 60


def test_500_nodes_with_every_other_answer_lost_are_500_machines(
    driver: AwsDriver, world: World
) -> None:
    world.fail("RunInstances", takes_effect=True, every=2, times=99)
    driver.launch(CLUSTER, five_hundred())
    assert len(world.instances) == 500
    assert len({node.name for node in driver.observe(CLUSTER)}) == 500
    assert world.count()["RunInstances"] == 9
