"""What a launch of a configuration would ask of its cloud: the planner's types, markets, counts."""

from __future__ import annotations

from typing import Any

import pytest

from configurations.preflight import wanted_of
from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import ComputeConfig
from domain.lifecycle import NodeRole
from domain.offerings import Market
from domain.planner.request.offers import offers_of
from tests.domain.machines import AWS

SPOT, ON_DEMAND = Market.SPOT, Market.ON_DEMAND


def config(*groups: dict[str, Any], **more: Any) -> ComputeConfig:
    head = {"instance_type": "m5.large"}
    return ComputeConfig.model_validate({"head_node": head, "worker_nodes": groups, **more})


def counted(*groups: dict[str, Any], **more: Any) -> list[tuple[Any, ...]]:
    """Return name, market, least and most of each worker group, and for whom it stands in."""
    wanted = wanted_of(config(*groups, **more), AWS)
    return [
        (one.name, one.market, one.least, one.most, one.instead_of) for one in wanted.groups[1:]
    ]


def test_the_head_is_one_machine_on_demand() -> None:
    wanted = wanted_of(config(), AWS, image="ray:1", ray_version="2.60.0", mobula_url="https://m")
    [head] = wanted.groups
    assert (head.name, head.role, list(head.types)) == ("head", NodeRole.HEAD, ["m5.large"])
    assert (head.market, head.least, head.most, head.zones) == (ON_DEMAND, 1, 1, ())
    assert (wanted.image, wanted.ray_version, wanted.mobula_url) == ("ray:1", "2.60.0", "https://m")


@pytest.mark.parametrize(
    ("market", "own", "expected"),
    [
        ("ON_DEMAND", {}, [("cpu", ON_DEMAND, 2, 10, "")]),
        ("SPOT", {}, [("cpu", SPOT, 2, 10, "")]),
        ("PREFER_SPOT", {}, [
            ("cpu", SPOT, 2, 10, ""), ("cpu (on-demand)", ON_DEMAND, 0, 10, "cpu"),
        ]),
        ("SPOT", {"on_demand_nodes": 1}, [
            ("cpu", SPOT, 1, 9, ""), ("cpu (on-demand)", ON_DEMAND, 1, 1, ""),
        ]),
        ("SPOT", {"on_demand_percent": 50}, [
            ("cpu", SPOT, 1, 5, ""), ("cpu (on-demand)", ON_DEMAND, 1, 5, ""),
        ]),
        ("SPOT", {"on_demand_percent": 100}, [("cpu (on-demand)", ON_DEMAND, 2, 10, "")]),
    ],
)  # fmt: skip
def test_a_group_is_wanted_on_each_of_its_markets(
    market: str, own: dict[str, int], expected: list[tuple[Any, ...]]
) -> None:
    group = {
        "name": "cpu", "instance_type": "m5.4xlarge", "market_type": market, "min_nodes": 2,
        "max_nodes": 10,
    }  # fmt: skip
    assert counted(group, mobula={"groups": {"cpu": own}}) == expected


def test_a_type_without_spot_is_wanted_on_demand_alone() -> None:
    group = {"name": "big", "instance_type": "u-6tb1.metal", "max_nodes": 2}
    assert counted({**group, "market_type": "PREFER_SPOT"}) == [("big", ON_DEMAND, 0, 2, "")]
    assert counted({**group, "market_type": "SPOT"}) == []


def test_types_are_those_of_the_planner_in_its_order() -> None:
    group = {"name": "cpu", "required_resources": {"CPU": 8, "memory": "32Gi"}, "max_nodes": 3}
    mobula = {"groups": {"cpu": {"fallback_types": ["m5.large"]}}}
    asked = config(group, mobula=mobula)
    types = list(wanted_of(asked, AWS).groups[1].types)
    planned = dict.fromkeys(o.instance_type for o in offers_of(asked.groups[0], asked, AWS))
    assert types == list(planned)
    assert types[0] == "m5.2xlarge"
    assert types[-1] == "m5.large"
    assert "t3.2xlarge" not in types


def test_the_head_with_hardware_takes_the_first_type_that_has_it() -> None:
    head = {"required_resources": {"CPU": 8, "memory": "32Gi"}}
    assert list(wanted_of(config(head_node=head), AWS).groups[0].types) == ["m5.2xlarge"]


def test_without_autoscaling_there_are_only_the_minima_and_a_cap_holds_for_each_group() -> None:
    group = {"name": "cpu", "instance_type": "m5.large", "min_nodes": 1, "max_nodes": 10}
    assert counted(group, mobula={"autoscaling": False}) == [("cpu", ON_DEMAND, 1, 1, "")]
    assert counted(group, mobula={"max_nodes": 4}) == [("cpu", ON_DEMAND, 1, 4, "")]


def test_zones_flags_and_raw_blocks_are_those_of_each_node() -> None:
    own = {"KeyName": "b"}
    wanted = wanted_of(
        config(
            {"name": "a", "instance_type": "m5.large", "flags": {"x": 2}},
            {"name": "b", "instance_type": "m5.large", "advanced_instance_config": own},
            zones=["us-west-2a"], flags={"x": 1, "y": 1},
            advanced_instance_config={"KeyName": "all"},
        ),
        AWS,
    )  # fmt: skip
    assert {one.zones for one in wanted.groups} == {("us-west-2a",)}
    assert [one.raw["KeyName"] for one in wanted.groups] == ["all", "all", "b"]
    assert [one.flags["x"] for one in wanted.groups] == [1, 2, 1]


@pytest.mark.parametrize("where", ["Head node", "Group cpu"])
def test_a_machine_that_is_not_known_is_said_with_the_way_out(where: str) -> None:
    named, unknown = {"instance_type": "m5.large"}, {"instance_type": "m5.nano"}
    is_head = where == "Head node"
    group = {"name": "cpu", **(named if is_head else unknown)}
    with pytest.raises(ValueError, match=f"{where}: .*m5.nano is unknown. Set an instance type"):
        wanted_of(config(group, head_node=unknown if is_head else named), AWS)


def test_of_no_cloud_in_particular_nothing_can_be_wanted() -> None:
    with pytest.raises(ValueError, match="Head node"):
        wanted_of(ComputeConfig(), ANYWHERE)
