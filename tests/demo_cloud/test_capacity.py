"""Which zone a launch gets that names none."""

from __future__ import annotations

from typing import Any

import pytest

from mobula.demo_cloud.aws import catalogue
from mobula.demo_cloud.aws.instances import run_instances
from mobula.demo_cloud.aws.protocol import Refused
from mobula.demo_cloud.aws.world import World


@pytest.fixture
def world() -> World:
    """An account in which one zone has one machine."""
    world = World()
    catalogue.fill(world)
    for zone, count in (("a", 0), ("b", 1), ("c", 0)):
        world.capacity["m5.large", f"us-east-1{zone}", "on-demand"] = count
    return world


def asked(**more: Any) -> dict[str, Any]:
    return {
        "ImageId": catalogue.CPU, "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1,
    } | more  # fmt: skip


def test_a_zone_with_machines_is_chosen(world: World) -> None:
    (one,) = run_instances(world, asked(MaxCount=3))["Instances"]
    assert one["Placement"]["AvailabilityZone"] == "us-east-1b"
    with pytest.raises(Refused, match="do not have sufficient"):
        run_instances(world, asked())


def test_a_zone_that_is_named_stays(world: World) -> None:
    with pytest.raises(Refused, match="us-east-1a"):
        run_instances(world, asked(Placement={"AvailabilityZone": "us-east-1a"}))
