"""What hardware costs that has no list price: pods of any size, GPUs beside the machine."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clouds.facts import target_of_facts
from domain.catalogue.node_resources import machine_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.demand import Demand, Shape
from domain.estimate import estimate, unpriced
from domain.offerings import InstanceType, ProviderKind
from domain.planner import plan
from domain.planner.request.from_spec import request_from_spec
from domain.pricing import RateCard
from domain.yaml.text import parse
from providers.registry import traits_of

GIB = 2**30
CARD = RateCard(
    usd_per_cpu_hour=Decimal("0.10"),
    usd_per_gib_hour=Decimal("0.01"),
    usd_per_gpu_hour=Decimal(1),
)
SHAPES = {"8CPU-32GB": InstanceType(name="8CPU-32GB", vcpus=8, memory_bytes=32 * GIB)}
PODS = """\
head_node: {required_resources: {CPU: 4, memory: 16Gi}}
worker_nodes:
  - {name: five, required_resources: {CPU: 5, memory: 20Gi}, max_nodes: 4}
  - {name: one, required_resources: {CPU: 1, memory: 2Gi}, min_nodes: 1, max_nodes: 4}
"""
AWS = target_of_facts(ProviderKind.AWS, region="us-east-1")
GCP = target_of_facts(ProviderKind.GCP, region="us-west1")


def pods(*, declared: bool, card: RateCard | None = CARD) -> RegionCatalogue:
    return RegionCatalogue(
        traits=traits_of(ProviderKind.KUBERNETES), types=SHAPES if declared else None, card=card
    )


def read(text: str) -> ComputeConfig:
    config = parse(text).config
    assert config is not None
    return config


@pytest.mark.parametrize("declared", [True, False])
def test_pods_cost_what_their_resources_cost(declared: bool) -> None:
    costs = estimate(read(PODS), target=pods(declared=declared))
    assert costs.least == Decimal("0.56") + Decimal("0.12")
    assert costs.most == Decimal("0.56") + 4 * Decimal("0.70") + 4 * Decimal("0.12")


def test_without_a_rate_card_the_price_of_pods_is_unknown() -> None:
    assert estimate(read(PODS), target=pods(declared=True, card=None)).least is None


def test_work_that_is_larger_than_the_pod_waits_whatever_shapes_are_declared() -> None:
    demand = Demand(shapes=(Shape(resources={"CPU": 8}, count=2),))
    answer = plan(request_from_spec(read(PODS), demand=demand, target=pods(declared=True)))
    assert sum(unserved.count for unserved in answer.unserved) == 2


def test_work_that_fits_the_pod_starts_pods_of_that_size_at_their_price() -> None:
    demand = Demand(shapes=(Shape(resources={"CPU": 5}, count=2),))
    answer = plan(request_from_spec(read(PODS), demand=demand, target=pods(declared=True)))
    fives = [launch for launch in answer.launches if launch.group == "five"]
    assert [(launch.instance_type, launch.count, launch.hourly_usd) for launch in fives] == [
        ("5CPU-20GB", 2, Decimal("0.70"))
    ]


def attached(block: dict[str, object], *, gpus: int | None = 4) -> WorkerGroup:
    resources = {} if gpus is None else {"GPU": gpus}
    return WorkerGroup.model_validate({
        "name": "gpu",
        "instance_type": "n1-standard-8",
        "resources": resources,
        "advanced_instance_config": block,
    })  # fmt: skip


T4 = {"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 4}
LONG = "projects/p/zones/us-west1-b/acceleratorTypes/nvidia-tesla-v100"
BLOCKS = [
    ({"guestAccelerators": [T4]}, 4, "T4"),
    ({"instanceProperties": {"guestAccelerators": [T4]}}, 4, "T4"),
    ({"guestAccelerators": [{"acceleratorType": LONG, "acceleratorCount": 2}]}, 2, "V100"),
    (
        {
            "instance_properties": {
                "guest_accelerators": [
                    {"accelerator_type": "nvidia-tesla-p4-vws", "accelerator_count": 1}
                ]
            }
        },
        1,
        "P4",
    ),
]


@pytest.mark.parametrize(("block", "gpus", "model"), BLOCKS)
def test_attached_gpus_are_counted_and_never_cost_nothing(
    block: dict[str, object], gpus: int, model: str
) -> None:
    group = attached(block, gpus=None)
    machine = machine_of(group, GCP)
    assert machine is not None
    assert (machine.gpus, machine.gpu_model, machine.vcpus) == (gpus, model, 8)
    config = read("head_node: {instance_type: n2-standard-8}\n").replace(worker_nodes=(group,))
    assert estimate(config, target=GCP).most is None
    assert unpriced(config, GCP) == ["n1-standard-8"]
    demand = Demand(
        shapes=(Shape(resources={"GPU": 1, f"accelerator_type:{model}": 0.001}, count=1),)
    )
    [launch] = plan(request_from_spec(config, demand=demand, target=GCP)).launches
    assert launch.hourly_usd is None


@pytest.mark.parametrize(
    "block", [{}, {"guestAccelerators": []}, {"guestAccelerators": [{"acceleratorCount": "x"}]}]
)
def test_a_machine_without_attached_gpus_has_its_list_price(block: dict[str, object]) -> None:
    config = read("head_node: {instance_type: n2-standard-8}\n")
    config = config.replace(worker_nodes=(attached(block, gpus=None),))
    assert estimate(config, target=GCP).most is not None


BURSTS = """\
head_node: {required_resources: {CPU: 8, memory: 32Gi}}
worker_nodes: [{name: steady, required_resources: {CPU: 8, memory: 32Gi}, max_nodes: 1}]
"""


def test_the_estimate_takes_burstable_machines_only_where_they_are_allowed() -> None:
    steady = estimate(read(BURSTS), target=AWS)
    bursts = estimate(read(f"{BURSTS}mobula: {{allow_burstable: true}}\n"), target=AWS)
    assert steady.most is not None
    assert bursts.most is not None
    assert bursts.most < steady.most


def test_the_plan_takes_burstable_machines_only_where_they_are_allowed() -> None:
    demand = Demand(shapes=(Shape(resources={"CPU": 8}, count=1),))
    types = []
    for text in (BURSTS, f"{BURSTS}mobula: {{allow_burstable: true}}\n"):
        answer = plan(request_from_spec(read(text), demand=demand, target=AWS))
        types += [launch.instance_type for launch in answer.launches]
    assert types == ["m5a.2xlarge", "t3a.2xlarge"]
