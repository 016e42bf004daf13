"""From the hardware a node must have to the machines that have it."""

from decimal import Decimal

import pytest

from domain.catalogue.matching import MOST_TYPES, price_of, types_for
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import NodeConfig
from domain.offerings import InstanceType, Market

GIB = 2**30
TYPES = (
    InstanceType(name="c-large", vcpus=8, memory_bytes=16 * GIB),
    InstanceType(name="m-large", vcpus=8, memory_bytes=32 * GIB),
    InstanceType(name="m-arm", vcpus=8, memory_bytes=32 * GIB, arch="arm64"),
    InstanceType(name="m-huge", vcpus=16, memory_bytes=64 * GIB),
    InstanceType(name="m-vast", vcpus=32, memory_bytes=64 * GIB),
    InstanceType(name="r-large", vcpus=8, memory_bytes=64 * GIB),
    InstanceType(name="a10g", vcpus=8, memory_bytes=32 * GIB, gpus=1, gpu_model="A10G"),
    InstanceType(name="l4", vcpus=8, memory_bytes=32 * GIB, gpus=1, gpu_model="L4"),
)
PRICES = {"m-large": "0.4", "r-large": "0.3", "m-huge": "0.8", "a10g": "1.2", "l4": "0.9"}
TARGET = RegionCatalogue(
    types={one.name: one for one in TYPES},
    prices={(name, Market.ON_DEMAND): Decimal(usd) for name, usd in PRICES.items()},
)


def names(**values: object) -> list[str]:
    node = NodeConfig.model_validate(values)
    return [one.name for one in types_for(node, TARGET, market=Market.ON_DEMAND)]


def needs(**hardware: object) -> dict[str, object]:
    return {"required_resources": {"CPU": 8, "memory": "32Gi", **hardware}}


def test_a_named_type_is_the_only_one() -> None:
    assert names(instance_type="m-arm") == ["m-arm"]


def test_a_type_that_the_cloud_does_not_have_is_none() -> None:
    assert names(instance_type="m-larg") == []


def test_the_cheapest_with_up_to_twice_the_hardware_come_first() -> None:
    # c-large has too little memory, m-vast four times the CPUs.
    assert names(**needs()) == ["r-large", "m-large", "m-huge"]
    assert len(names(**needs())) == MOST_TYPES


@pytest.mark.parametrize(
    ("hardware", "labels", "found"),
    [
        ({"GPU": 1}, {}, ["l4", "a10g"]),
        ({"GPU": 1}, {"ray.io/accelerator-type": "A10G"}, ["a10g"]),
        ({"GPU": 1, "accelerator": "L4"}, {}, ["l4"]),
        ({"GPU": 2}, {}, []),
        ({"cpu_architecture": "arm64"}, {}, ["m-arm"]),
    ],
)
def test_gpus_model_and_architecture_are_exact(
    hardware: dict[str, object], labels: dict[str, str], found: list[str]
) -> None:
    assert names(**needs(**hardware), required_labels=labels) == found


def test_what_has_no_price_comes_last() -> None:
    assert names(required_resources={"CPU": 8, "memory": "16Gi"}) == ["m-large", "c-large"]


def test_nothing_is_known_of_no_cloud_in_particular() -> None:
    node = NodeConfig.model_validate(needs())
    assert types_for(node, ANYWHERE, market=Market.ON_DEMAND) == []


def test_the_price_is_that_of_the_type_taken_first_at_that_market() -> None:
    node = NodeConfig.model_validate(needs())
    assert price_of(node, TARGET, market=Market.ON_DEMAND) == Decimal("0.3")
    assert price_of(node, TARGET, market=Market.SPOT) is None
