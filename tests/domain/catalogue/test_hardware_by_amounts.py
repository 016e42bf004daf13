"""The machines that clouds give for hardware by amounts: by size of GPU, exact pods, no bursts."""

from __future__ import annotations

import pytest

from clouds.facts import target_of_facts
from domain.catalogue.accelerators import has_model, models_of
from domain.catalogue.matching import types_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.ray_labels import ACCELERATOR
from domain.configuration.spec import NodeConfig
from domain.offerings import InstanceType, Market, ProviderKind
from domain.validation import check_text
from providers.registry import traits_of

GIB = 2**30
AWS = target_of_facts(ProviderKind.AWS, region="us-east-1")
GCP = target_of_facts(ProviderKind.GCP, region="us-central1")
PODS = RegionCatalogue(
    traits=traits_of(ProviderKind.KUBERNETES),
    types={"8CPU-32GB": InstanceType(name="8CPU-32GB", vcpus=8, memory_bytes=32 * GIB)},
)


def types(
    target: RegionCatalogue, *, model: str = "", burstable: bool = False, **hardware: object
) -> list[InstanceType]:
    labels = {ACCELERATOR: model} if model else {}
    node = NodeConfig.model_validate({"required_resources": hardware, "required_labels": labels})
    return types_for(node, target, market=Market.ON_DEMAND, burstable=burstable)


def names(target: RegionCatalogue, **hardware: object) -> list[str]:
    return [machine.name for machine in types(target, **hardware)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "model", "gpus", "cpus", "memory", "expected"),
    [
        (AWS, "A100-80G", 8, 96, "1000Gi", ["p4de.24xlarge"]),
        (AWS, "A100-40G", 8, 96, "1000Gi", ["p4d.24xlarge"]),
        (AWS, "V100-32G", 8, 96, "700Gi", ["p3dn.24xlarge"]),
        (AWS, "H100-80G", 8, 192, "2000Gi", ["p5.48xlarge"]),
        (AWS, "L40S-48G", 1, 4, "32Gi", ["g6e.xlarge", "g6e.2xlarge"]),
        (AWS, "A10G-24G", 1, 4, "16Gi", ["g5.xlarge", "g5.2xlarge"]),
        (AWS, "A100-20G", 8, 96, "1000Gi", []),
        (AWS, "L40", 1, 4, "32Gi", []),
        (GCP, "A100-80G", 1, 12, "85Gi", ["a2-ultragpu-1g"]),
        (GCP, "A100-40G", 1, 12, "85Gi", ["a2-highgpu-1g"]),
        (GCP, "A100", 1, 12, "85Gi", ["a2-highgpu-1g", "a2-ultragpu-1g"]),
    ],
)
def test_a_model_may_be_named_with_the_memory_of_one_gpu(
    target: RegionCatalogue, model: str, gpus: int, cpus: int, memory: str, expected: list[str]
) -> None:
    hardware = {"CPU": cpus, "memory": memory, "GPU": gpus}
    found = names(target, **hardware, model=model)
    assert found == expected
    assert names(target, **hardware, accelerator=model) == expected


def test_both_sizes_do_for_the_model_alone() -> None:
    found = names(AWS, CPU=96, memory="1000Gi", GPU=8, accelerator="A100")
    assert set(found) == {"p4d.24xlarge", "p4de.24xlarge"}


def test_validation_finds_the_machine_of_that_size() -> None:
    text = (
        "head_node: {instance_type: m5.2xlarge}\n"
        "worker_nodes: [{required_resources: {CPU: 96, memory: 1000Gi, GPU: 8, "
        "accelerator: A100-80G}}]\n"
    )
    assert not [problem for problem in check_text(text, target=AWS) if "type" in problem.code]


@pytest.mark.parametrize(
    ("model", "expected"),
    [("A100-80G", ["A100", "A100-80G"]), ("H100-80G", ["H100"]), ("A10G", ["A10G"])],
)
def test_ray_knows_few_models_by_their_size(model: str, expected: list[str]) -> None:
    machine = InstanceType(name="pod", vcpus=8, memory_bytes=GIB, gpus=1, gpu_model=model)
    assert models_of(machine) == expected


@pytest.mark.parametrize("model", ["TPU-V5E", "TPU-V5LITEPOD"])
def test_a_tpu_may_be_named_as_ray_does(model: str) -> None:
    host = InstanceType(
        name="host", vcpus=8, memory_bytes=GIB, accelerator="TPU-V5E", accelerator_units=4
    )
    assert has_model(host, model)
    assert not has_model(host, "TPU-V6E")


@pytest.mark.parametrize("cpus", [1, 5, 8])
def test_a_pod_has_just_what_it_requires(cpus: int) -> None:
    [pod] = types(PODS, CPU=cpus, memory=f"{4 * cpus}Gi")
    assert (pod.vcpus, pod.memory_bytes) == (cpus, 4 * cpus * GIB)
    assert pod.name == f"{cpus}CPU-{4 * cpus}GB"


def test_a_pod_with_accelerators_is_named_after_them() -> None:
    assert names(PODS, CPU=8, memory="32Gi", GPU=1, accelerator="T4") == ["8CPU-32GB-1xT4"]
    assert names(PODS, CPU=8, memory="2560Mi", GPU=2) == ["8CPU-2.5GB-2xGPU"]


@pytest.mark.parametrize(
    ("target", "hardware"),
    [
        (AWS, {"CPU": 8, "memory": "32Gi"}),
        (AWS, {"CPU": 8, "memory": "32Gi", "cpu_architecture": "arm64"}),
        (AWS, {"CPU": 2, "memory": "8Gi"}),
        (GCP, {"CPU": 2, "memory": "4Gi"}),
        (GCP, {"CPU": 2, "memory": "8Gi"}),
    ],
)
@pytest.mark.parametrize("market", Market)
def test_burstable_machines_are_not_chosen(
    target: RegionCatalogue, hardware: dict[str, object], market: Market
) -> None:
    node = NodeConfig.model_validate({"required_resources": hardware})
    found = types_for(node, target, market=market)
    assert found
    assert not any(machine.burstable for machine in found)


def test_burstable_machines_are_chosen_where_they_are_allowed() -> None:
    assert types(AWS, CPU=8, memory="32Gi", burstable=True)[0].burstable


def test_burstable_machines_are_chosen_where_nothing_else_fits() -> None:
    assert names(AWS, CPU=2, memory="1Gi")[0].startswith("t")


def test_a_burstable_machine_that_is_named_is_taken() -> None:
    node = NodeConfig(instance_type="t3.2xlarge")
    [machine] = types_for(node, AWS, market=Market.ON_DEMAND)
    assert machine.burstable


@pytest.mark.parametrize("name", ["e2-micro", "e2-small", "e2-medium", "f1-micro", "g1-small"])
def test_machines_with_a_share_of_a_core_are_burstable(name: str) -> None:
    machine = GCP.type_named(name)
    assert machine is not None
    assert machine.burstable


@pytest.mark.parametrize("name", ["e2-standard-2", "n1-standard-1", "n2-custom-4-16384"])
def test_machines_with_whole_cores_are_not(name: str) -> None:
    machine = GCP.type_named(name)
    assert machine is not None
    assert not machine.burstable
