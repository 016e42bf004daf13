"""What a configuration costs before it runs, and which limits hold its groups back."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.estimate import Ceiling, ceilings, estimate
from domain.offerings import InstanceType, Market
from domain.yaml.text import parse

TYPES = [
    InstanceType(name="small", vcpus=2, memory_bytes=4 * 2**30),
    InstanceType(name="large", vcpus=8, memory_bytes=32 * 2**30),
    InstanceType(name="gpu", vcpus=4, memory_bytes=16 * 2**30, gpus=1),
]
PRICES = {"small": Decimal("0.1"), "large": Decimal("0.4"), "gpu": Decimal(1)}
TARGET = RegionCatalogue(
    types={one.name: one for one in TYPES},
    prices={(name, Market.ON_DEMAND): price for name, price in PRICES.items()},
)
GROUPS = """\
head_node: {instance_type: small}
worker_nodes:
  - {name: cpu, instance_type: large, min_nodes: 1, max_nodes: 10}
  - {name: gpu, instance_type: gpu, max_nodes: 2}
"""


def config(text: str) -> ComputeConfig:
    found = parse(text).config
    assert found is not None
    return found


def priced(text: str) -> list[Decimal | None]:
    found = estimate(config(text), target=TARGET)
    return [found.least, found.at_launch, found.most]


def test_price_goes_from_the_minima_to_the_maxima() -> None:
    assert priced(GROUPS) == [Decimal("0.5"), Decimal("0.5"), Decimal("6.1")]


def test_clusters_minimum_is_started_at_launch() -> None:
    # 8 CPUs stand; 20 take two more large nodes.
    least, at_launch, _ = priced(f"{GROUPS}min_resources: {{CPU: 20}}")
    assert (least, at_launch) == (Decimal("0.5"), Decimal("1.3"))


def test_fixed_size_costs_the_same_at_least_and_at_most() -> None:
    assert len(set(priced(f"{GROUPS}mobula: {{autoscaling: false}}"))) == 1


def test_clusters_maximum_is_spent_on_the_dearest_first() -> None:
    # 16 CPUs: two GPU nodes of 4 and one large node; the head offers none while it has workers.
    *_, most = priced(f"{GROUPS}max_resources: {{CPU: 16}}")
    assert most == Decimal("0.1") + 2 * Decimal(1) + Decimal("0.4")


def test_lowest_of_several_maxima_holds() -> None:
    *_, most = priced(f"{GROUPS}max_resources: {{CPU: 1000, GPU: 1}}")
    assert most == Decimal("0.1") + 10 * Decimal("0.4") + Decimal(1)


@pytest.mark.parametrize("text", ["head_node: {instance_type: huge}", "worker_nodes: []"])
def test_unknown_price_is_not_nothing(text: str) -> None:
    assert priced(text) == [None, None, None]


def test_minimum_too_large_to_plan_while_typing_is_not_guessed() -> None:
    text = GROUPS.replace("max_nodes: 10", "max_nodes: 9007199254740992")
    _, at_launch, most = priced(f"{text}min_resources: {{CPU: 9000000}}")
    assert at_launch is None
    assert most is not None


def test_ceiling_names_the_group_and_the_resource() -> None:
    found = ceilings(config(f"{GROUPS}max_resources: {{CPU: 50}}"), target=TARGET)
    assert found == [Ceiling(group="cpu", wanted=10, allowed=6, because="CPU")]


SPOT = RegionCatalogue(
    types=TARGET.types, prices={**TARGET.prices, ("large", Market.SPOT): Decimal("0.15")}
)


def on(market: str, *, target: RegionCatalogue) -> list[Decimal | None]:
    text = GROUPS.replace("max_nodes: 10}", f"max_nodes: 10, market_type: {market}}}")
    found = estimate(config(text), target=target)
    return [found.least, found.most]


def test_spot_is_priced_as_spot() -> None:
    assert on("SPOT", target=SPOT) == [Decimal("0.25"), Decimal("3.6")]


def test_spot_with_a_fallback_is_spot_at_least_and_on_demand_at_most() -> None:
    assert on("PREFER_SPOT", target=SPOT) == [Decimal("0.25"), Decimal("6.1")]


def test_an_unknown_spot_price_is_not_guessed() -> None:
    assert on("SPOT", target=TARGET) == [None, None]


def test_a_fallback_counts_as_on_demand_where_no_spot_price_is_known() -> None:
    assert on("PREFER_SPOT", target=TARGET) == [Decimal("0.5"), Decimal("6.1")]


def test_a_cap_on_the_price_is_the_most_it_costs() -> None:
    assert priced(f"{GROUPS}mobula: {{max_usd_per_hour: 2}}")[2] == Decimal(2)


def test_a_maximum_of_nodes_counts_the_dearest_machines() -> None:
    free, limited = priced(GROUPS)[2], priced(f"{GROUPS}mobula: {{max_nodes: 2}}")[2]
    assert free is not None
    assert limited is not None
    assert limited < free
    assert priced(f"{GROUPS}mobula: {{max_nodes: 10000}}")[2] == free


def test_a_cap_below_the_minimum_does_not_make_the_minimum_cheaper() -> None:
    assert priced(f"{GROUPS}mobula: {{max_usd_per_hour: 0.1}}")[2] == Decimal("0.5")


def test_hardware_is_priced_as_the_cheapest_machine_that_has_it() -> None:
    text = "head_node: {required_resources: {CPU: 2, memory: 4Gi}}\nworker_nodes: []\n"
    assert priced(text)[0] == Decimal("0.1")


SPOT_TARGET = replace(TARGET, prices={**TARGET.prices, ("large", Market.SPOT): Decimal("0.1")})


@pytest.mark.parametrize(
    ("own", "least", "most"),
    [
        ("{}", "0.3", "1.1"),
        ("{on_demand_nodes: 1}", "0.6", "1.4"),
        ("{on_demand_percent: 50}", "0.6", "2.6"),
        ("{on_demand_nodes: 1, on_demand_percent: 100}", "0.9", "4.1"),
    ],
)
def test_floor_of_a_spot_group_is_paid_at_list_price(own: str, least: str, most: str) -> None:
    group = "{name: cpu, instance_type: large, min_nodes: 2, market_type: SPOT}"
    text = f"head_node: {{instance_type: small}}\nworker_nodes: [{group}]\n"
    found = estimate(config(f"{text}mobula: {{groups: {{cpu: {own}}}}}"), target=SPOT_TARGET)
    assert (found.least, found.most) == (Decimal(least), Decimal(most))


@pytest.mark.parametrize(
    ("spare", "price"), [("0", None), ("2", "0.8"), ("50", "4"), ("10%", "0.4"), ("100%", "2")]
)
def test_spare_nodes_are_a_line_of_their_own(spare: str, price: str | None) -> None:
    text = f"{GROUPS}mobula: {{groups: {{cpu: {{warm_spare: {spare}}}}}}}"
    assert estimate(config(text), target=TARGET).spare == (price and Decimal(price))


SLICES = """\
head_node: {instance_type: small}
worker_nodes:
  - name: tpu
    required_resources: {CPU: 8, memory: 32Gi, TPU: 4, tpu_hosts: 4}
    required_labels: {ray.io/accelerator-type: TPU-V6E, ray.io/tpu-topology: 4x4}
    min_nodes: 1
    max_nodes: 3
"""


@pytest.mark.parametrize(
    ("more", "most"),
    [("", "12.1"), ("max_resources: {TPU: 40}", "8.1"), ("mobula: {max_nodes: 9}", "8.1")],
)
def test_a_slice_costs_all_its_hosts_and_counts_with_them(more: str, most: str) -> None:
    host = InstanceType(
        name="host", vcpus=8, memory_bytes=32 * 2**30, accelerator="TPU-V6E", accelerator_units=4
    )
    target = replace(
        TARGET,
        types={**(TARGET.types or {}), "host": host},
        prices={**TARGET.prices, ("host", Market.ON_DEMAND): Decimal(1)},
    )
    found = estimate(config(SLICES + more), target=target)
    assert (found.least, found.at_launch) == (Decimal("4.1"), Decimal("4.1"))
    assert found.most == Decimal(most)
