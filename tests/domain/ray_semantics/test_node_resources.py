"""What Ray gives a node by its hardware, and what work may therefore ask for."""

from __future__ import annotations

import pytest

from clouds.facts import target_of_facts
from domain.catalogue.accelerators import slice_of
from domain.catalogue.node_resources import effective_resources, machine_of
from domain.catalogue.region import ANYWHERE
from domain.configuration.ray_labels import ACCELERATOR, TPU_TOPOLOGY
from domain.configuration.spec import HeadNode, NodeConfig, WorkerGroup
from domain.demand import Demand, Shape
from domain.offerings import ProviderKind
from domain.planner import plan
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse

AWS = target_of_facts(ProviderKind.AWS, region="us-east-1")
GCP = target_of_facts(ProviderKind.GCP, region="us-central1")


def given(node: NodeConfig, *, is_head: bool = False) -> dict[str, float]:
    """What Ray adds to a node of AWS, Google Cloud or by its amounts."""
    machine = machine_of(node, AWS) or machine_of(node, GCP)
    assert machine is not None
    every = effective_resources(node, machine, is_head=is_head, has_workers=True)
    return {name: n for name, n in every.items() if name not in {"CPU", "GPU", "memory"}}


@pytest.mark.parametrize(
    ("instance_type", "models"),
    [
        ("g5.2xlarge", ["A10G"]),
        ("g6.2xlarge", ["L4"]),
        ("g4dn.xlarge", ["T4"]),
        ("g6e.xlarge", ["L40S"]),
        ("p4d.24xlarge", ["A100", "A100-40G"]),
        ("p4de.24xlarge", ["A100", "A100-80G"]),
        ("p5.48xlarge", ["H100"]),
        ("a2-highgpu-1g", ["A100", "A100-40G"]),
        ("a2-ultragpu-1g", ["A100", "A100-80G"]),
        ("g2-standard-8", ["L4"]),
    ],
)
def test_a_gpu_node_has_one_of_each_name_of_its_model(
    instance_type: str, models: list[str]
) -> None:
    expected = {f"accelerator_type:{model}": 1.0 for model in models}
    assert given(WorkerGroup(instance_type=instance_type)) == expected


@pytest.mark.parametrize(
    ("instance_type", "cores"), [("inf2.24xlarge", 12), ("trn1.32xlarge", 32), ("inf1.xlarge", 4)]
)
def test_a_neuron_node_has_its_cores_and_their_model(instance_type: str, cores: float) -> None:
    assert given(WorkerGroup(instance_type=instance_type)) == {
        "neuron_cores": cores,
        "accelerator_type:aws-neuron-core": 1,
    }


def test_a_tpu_host_has_its_chips_and_their_model() -> None:
    by_type = WorkerGroup(instance_type="ct6e-standard-4t")
    by_amounts = WorkerGroup.model_validate({
        "required_resources": {"CPU": 24, "memory": "200G", "TPU": 4, "tpu_hosts": 4},
        "required_labels": {ACCELERATOR: "TPU-V6E", TPU_TOPOLOGY: "4x4"},
    })  # fmt: skip
    expected = {"TPU": 4, "accelerator_type:TPU-V6E": 1}
    assert given(by_type) == given(by_amounts) == expected


def test_hardware_by_amounts_has_the_model_that_it_names() -> None:
    hardware = {"CPU": 8, "memory": "32Gi", "GPU": 1}
    by_field = WorkerGroup.model_validate(
        {"required_resources": {**hardware, "accelerator": "A100-80G"}}
    )
    by_label = WorkerGroup.model_validate(
        {"required_resources": hardware, "required_labels": {ACCELERATOR: "A100-80G"}}
    )
    expected = {"accelerator_type:A100": 1.0, "accelerator_type:A100-80G": 1.0}
    for node in (by_field, by_label):
        machine = machine_of(node, ANYWHERE)
        assert machine is not None
        offered = effective_resources(node, machine, is_head=False, has_workers=True)
        assert expected.items() <= offered.items()


@pytest.mark.parametrize(
    ("resources", "model"),
    [({"neuron_cores": 2}, "aws-neuron-core"), ({"HPU": 8}, "Intel-GAUDI")],
)
def test_a_pod_that_lists_an_accelerator_has_its_model(
    resources: dict[str, float], model: str
) -> None:
    node = WorkerGroup.model_validate(
        {"required_resources": {"CPU": 8, "memory": "32Gi"}, "resources": resources}
    )
    assert given(node) == {**resources, f"accelerator_type:{model}": 1}


def test_hidden_gpus_have_no_model() -> None:
    hidden = WorkerGroup(instance_type="g5.2xlarge", resources={"GPU": 0})
    assert given(hidden) == {}
    assert given(HeadNode(instance_type="g5.2xlarge"), is_head=True) == {}


def test_what_a_configuration_lists_replaces_what_ray_would_give() -> None:
    node = WorkerGroup(instance_type="g5.2xlarge", resources={"accelerator_type:A10G": 2})
    assert given(node) == {"accelerator_type:A10G": 2}


@pytest.mark.parametrize(
    ("model", "topology", "head"),
    [
        ("TPU-V6E", "4x4", "TPU-v6e-16-head"),
        ("TPU-V5E", "2x4", "TPU-v5litepod-8-head"),
        ("TPU-V4", "2x2x2", "TPU-v4-16-head"),
        ("TPU-V5P", "2x2x4", "TPU-v5p-32-head"),
        ("TPU-V6E", "", ""),
    ],
)
def test_a_slice_is_named_by_generation_and_cores(model: str, topology: str, head: str) -> None:
    assert slice_of({ACCELERATOR: model, TPU_TOPOLOGY: topology}, hosts=2).head == head


GROUPS = """\
head_node: {instance_type: m5.2xlarge, resources: {CPU: 0}}
worker_nodes:
  - {name: a10g, instance_type: g5.2xlarge, max_nodes: 10}
  - {name: l4, instance_type: g6.2xlarge, max_nodes: 10}
"""


def test_work_that_names_a_model_starts_nodes_that_have_it() -> None:
    config = parse(GROUPS).config
    assert config is not None
    work = Shape(resources={"CPU": 1, "GPU": 1, "accelerator_type:A10G": 0.001}, count=5)
    answer = plan(request_from_spec(config, demand=Demand(shapes=(work,)), target=AWS))
    assert [(launch.instance_type, launch.count) for launch in answer.launches] == [
        ("g5.2xlarge", 5)
    ]
    assert answer.unserved == ()


def test_work_for_the_head_alone_waits_for_no_worker() -> None:
    config = parse(GROUPS).config
    assert config is not None
    work = Shape(resources={"node:__internal_head__": 0.001}, count=3)
    answer = plan(request_from_spec(config, demand=Demand(shapes=(work,)), target=AWS))
    assert answer.is_empty
    assert answer.unserved == ()
