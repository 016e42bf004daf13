"""Machines by need, ways to serve it, and machines that can take another's place."""

from decimal import Decimal

import pytest

from domain.catalogue.pod_shapes import shape_type
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.catalogue.search import (
    MachineRequirements,
    equivalents,
    knows_network,
    models_of,
    recommend,
    search,
    zones_of,
)
from domain.offerings import InstanceType, Market
from tests.domain.machines import KUBERNETES

GIB = 2**30


def machine(name: str, vcpus: int, gib: int, **more: object) -> InstanceType:
    return InstanceType(name=name, vcpus=vcpus, memory_bytes=gib * GIB, **more)  # type: ignore[arg-type]


TYPES = [
    machine("small", 2, 8, zones=frozenset({"a"})),
    machine("large", 8, 32, zones=frozenset({"a", "b"})),
    machine("arm", 8, 32, arch="arm64"),
    machine("gpu", 8, 32, gpus=1, gpu_model="A10G"),
    machine("gpus", 32, 128, gpus=4, gpu_model="A10G"),
    machine("odd", 8, 32, gpus=1, gpu_model="T4"),
]
PRICES = {"small": "0.1", "large": "0.35", "arm": "0.3", "gpu": "1.2", "gpus": "4.0"}
TARGET = RegionCatalogue(
    types={one.name: one for one in TYPES},
    prices={
        **{(name, Market.ON_DEMAND): Decimal(usd) for name, usd in PRICES.items()},
        ("gpu", Market.SPOT): Decimal("0.4"),
        ("odd", Market.SPOT): Decimal("0.2"),
    },
)


def names(order: str = "price", **need: object) -> list[str]:
    return [one.machine.name for one in search(TARGET, MachineRequirements(**need), order=order)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("need", "found"),
    [
        ({"gpus": 1}, ["odd", "gpu", "gpus"]),
        ({"gpu_model": "A10G"}, ["gpu", "gpus"]),
        ({"vcpus": 8, "gib": 33}, ["gpus"]),
        ({"arch": "arm64"}, ["arm"]),
        ({"zone": "b", "gpus": 0, "text": "large"}, ["large"]),
        ({"zone": "b", "text": "small"}, []),
        ({"text": "GPU"}, ["gpu", "gpus"]),
        ({"max_usd": Decimal("0.3")}, ["small", "odd", "arm"]),
        ({"vcpus": 1000}, []),
    ],
)
def test_search_finds_what_would_do_the_cheapest_first(
    need: dict[str, object], found: list[str]
) -> None:
    assert names(**need) == found


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("name", "arm"),
        ("vcpus", "gpus"),
        ("spot", "odd"),
        ("per_gpu", "odd"),
        ("nonsense", "small"),
    ],
)
def test_results_can_be_sorted(order: str, first: str) -> None:
    assert names(order)[0] == first


def test_what_has_no_price_at_all_comes_last() -> None:
    unpriced = RegionCatalogue(types=TARGET.types, prices={("gpus", Market.ON_DEMAND): Decimal(9)})
    assert search(unpriced, MachineRequirements())[0].machine.name == "gpus"
    assert search(unpriced, MachineRequirements())[-1].price is None


def test_saving_of_spot_is_a_part_of_the_price() -> None:
    [gpu] = search(TARGET, MachineRequirements(text="gpu", max_usd=Decimal(2)))
    assert gpu.saving == pytest.approx(2 / 3)


def test_nothing_is_found_where_nothing_is_known() -> None:
    assert search(ANYWHERE, MachineRequirements()) == []


def test_advice_counts_how_many_units_fit_on_a_machine() -> None:
    ways = recommend(
        TARGET, MachineRequirements(vcpus=4, gib=16, gpus=1, gpu_model="A10G"), units=5
    )
    said = [(w.found.machine.name, w.per_machine, w.machines, w.hourly_usd) for w in ways]
    assert said == [("gpu", 1, 5, Decimal("6.0")), ("gpus", 4, 2, Decimal("8.0"))]
    assert ways[0].per_unit == Decimal("1.2")


def test_advice_is_for_the_market_that_is_asked() -> None:
    ways = recommend(TARGET, MachineRequirements(gpus=1), units=2, market=Market.SPOT)
    assert [w.found.machine.name for w in ways] == ["odd", "gpu"]


def test_machine_with_the_same_gpus_takes_the_place_of_another() -> None:
    other = machine("theirs", 6, 24, gpus=1, gpu_model="A10G")
    assert [one.machine.name for one in equivalents(other, TARGET)] == ["gpu"]


def test_nearest_in_size_comes_first() -> None:
    other = machine("theirs", 2, 4)
    assert [one.machine.name for one in equivalents(other, TARGET)] == ["small", "large"]


def test_models_are_listed_once() -> None:
    assert models_of(TYPES) == ["A10G", "T4"]


def test_pod_shape_says_what_it_has() -> None:
    shape = shape_type("8CPU-32GB-1xT4")
    assert shape is not None
    assert (shape.vcpus, shape.memory_bytes, shape.gpus) == (8, 32 * GIB, 1)
    assert shape.gpu_model == "T4"
    assert all(shape_type(name) for name in KUBERNETES.traits.default_shapes)


@pytest.mark.parametrize("name", ["m5.large", "0CPU-1GB", "CPU-1GB", "1CPU-1GB-1xT4-"])
def test_other_names_are_no_shapes(name: str) -> None:
    assert (shape_type(name) is None) is (name != "1CPU-1GB-1xT4-")


def test_network_must_be_known_to_be_fast_enough() -> None:
    machines = (
        machine("slow", 2, 8, network_gbps=5.0),
        machine("fast", 2, 8, network_gbps=25.0),
        machine("silent", 2, 8),
    )
    target = RegionCatalogue(types={one.name: one for one in machines})
    assert [one.machine.name for one in search(target, MachineRequirements(network_gbps=10))] == [
        "fast"
    ]
    assert knows_network(target.types.values()) if target.types else False
    assert not knows_network(TYPES)


def test_price_at_the_market_that_is_asked_for_counts() -> None:
    assert names(market=Market.SPOT)[:2] == ["odd", "gpu"]
    assert names(market=Market.SPOT, max_usd=Decimal("0.3")) == ["odd"]
    assert names(market=Market.ON_DEMAND, max_usd=Decimal("0.3")) == ["small", "arm"]
    [found] = search(TARGET, MachineRequirements(text="odd", market=Market.ON_DEMAND))
    assert found.price is None
    assert found.per_cpu is None


def test_what_is_not_sold_at_spot_is_not_found_there() -> None:
    target = RegionCatalogue(types={"fixed": machine("fixed", 2, 8, has_spot=False)})
    assert search(target, MachineRequirements(market=Market.SPOT)) == []
    assert search(target, MachineRequirements(market=Market.ON_DEMAND)) != []


def test_ceiling_holds_for_the_market_of_the_advice() -> None:
    ways = recommend(
        TARGET, MachineRequirements(gpus=1, max_usd=Decimal("0.3")), units=1, market=Market.SPOT
    )
    assert [way.found.machine.name for way in ways] == ["odd"]


@pytest.mark.parametrize(("gpus", "fits"), [(0.1, 10), (0.3, 3), (0.5, 2), (1, 1)])
def test_parts_of_a_gpu_fill_it(gpus: float, fits: int) -> None:
    [way, *_] = recommend(
        TARGET, MachineRequirements(gpus=gpus, text="gpu", gpu_model="A10G"), units=1
    )
    assert (way.found.machine.name, way.per_machine) == ("gpu", fits)


def test_zones_are_those_that_offer_something() -> None:
    assert zones_of(TYPES) == ["a", "b"]
    [large] = search(TARGET, MachineRequirements(text="large"))
    assert large.zones == ["a", "b"]
    [found] = search(
        RegionCatalogue(
            types={"m": machine("m", 2, 8, zones=frozenset({"us-east1-c", "us-east1-b"}))}
        ),
        MachineRequirements(),
    )
    assert found.zone_endings == ["b", "c"]
