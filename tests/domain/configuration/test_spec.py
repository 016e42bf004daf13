from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from domain.catalogue.node_resources import effective_resources
from domain.configuration.spec import (
    ComputeConfig,
    HeadNode,
    WorkerGroup,
    canonical,
    digest,
)
from tests.domain.configurations import EXAMPLES, configurations
from tests.domain.machines import GIB, MACHINES

BIG, _, WITH_GPU = (MACHINES.types or {}).values()


def config(**values: Any) -> ComputeConfig:
    return ComputeConfig.model_validate(values)


def test_what_is_left_out_has_anyscales_defaults_and_ours() -> None:
    group = WorkerGroup(instance_type="m5.4xlarge")
    assert (group.min_nodes, group.max_nodes, group.market_type) == (0, 10, "ON_DEMAND")
    ours = ComputeConfig().mobula
    assert (ours.autoscaling, ours.idle_minutes, ours.max_lifetime_minutes) == (True, 30, 480)


def test_a_group_without_a_name_is_called_after_its_machine() -> None:
    assert WorkerGroup(instance_type="m5.4xlarge").name == "m5.4xlarge"
    hardware = {"CPU": 8, "memory": "32Gi", "GPU": 1}
    labels = {"ray.io/accelerator-type": "A10G"}
    group = WorkerGroup.model_validate({"required_resources": hardware, "required_labels": labels})
    assert group.name == "FP-8CPU-32GB-1GPU-A10G"


def test_zero_minutes_mean_never() -> None:
    assert config(mobula={"idle_minutes": 0}).mobula.idle_minutes is None


def test_a_configuration_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValidationError):
        ComputeConfig().cloud = "other"  # type: ignore[misc]


def test_replacing_a_field_checks_it_and_keeps_the_rest() -> None:
    changed = config(cloud="a", zones=["z"]).replace(cloud="b")
    assert (changed.cloud, changed.zones) == ("b", ("z",))
    with pytest.raises(ValidationError):
        changed.replace(cloud=7)


def test_idle_workers_follow_our_block_then_the_flag_then_the_default() -> None:
    flag = {"idle_termination_seconds": 120}
    assert config().worker_idle_seconds == 60
    assert config(flags=flag).worker_idle_seconds == 120
    assert config(flags=flag, mobula={"worker_idle_seconds": 30}).worker_idle_seconds == 30


def test_the_digest_does_not_depend_on_how_the_same_is_said() -> None:
    said = config(
        head_node={"required_resources": {"CPU": 8, "memory": "32Gi"}},
        max_resources={"CPU": 64, "GPU": 1.0},
        min_resources=None,
        worker_nodes=[{"instance_type": "m5.4xlarge", "name": "m5.4xlarge", "max_nodes": 10}],
        mobula={"idle_minutes": 0},
    )
    otherwise = config(
        mobula={"idle_minutes": None, "autoscaling": True},
        worker_nodes=[{"instance_type": "m5.4xlarge"}],
        max_resources={"GPU": 1, "CPU": 64.0},
        head_node={"required_resources": {"memory": 32 * GIB, "CPU": 8}},
    )
    assert digest(said) == digest(otherwise)


def test_the_digest_of_a_stored_version_never_changes() -> None:
    stored = config(head_node={"instance_type": "m5.2xlarge"}, worker_nodes=[])
    assert canonical(stored) == {
        "head_node": {"instance_type": "m5.2xlarge"},
        "worker_nodes": [],
    }
    assert digest(stored) == "e6ffa53923b4f966de09f558574ddd6857dc07867f7319d3bcc431743884c0b7"


@pytest.mark.parametrize(
    "different",
    [{"worker_nodes": None}, {"worker_nodes": [{"instance_type": "a"}]}, {"zones": ["a"]},
     {"head_node": {"instance_type": "m5.2xlarge", "advanced_instance_config": {}}},
     {"flags": {"a": True}}, {"flags": {"a": 1}}, {"mobula": {"idle_minutes": 31}}],
)  # fmt: skip
def test_the_digest_tells_different_configurations_apart(different: dict[str, Any]) -> None:
    first = {"head_node": {"instance_type": "m5.2xlarge"}, "worker_nodes": []}
    assert digest(config(**first)) != digest(config(**{**first, **different}))
    assert digest(config(flags={"a": True})) != digest(config(flags={"a": 1}))


@EXAMPLES
@given(configurations)
def test_the_canonical_form_says_the_whole_configuration(any_config: ComputeConfig) -> None:
    again = ComputeConfig.model_validate(canonical(any_config))
    assert again == any_config
    assert digest(again) == digest(any_config)


def test_a_worker_offers_its_machine_and_what_it_reports_besides() -> None:
    group = WorkerGroup(instance_type="g5.2xlarge", resources={"licence": 1, "CPU": 4})
    offered = effective_resources(group, WITH_GPU, is_head=False, has_workers=True)
    assert offered == {
        "CPU": 4,
        "GPU": 1,
        "memory": 32 * GIB,
        "licence": 1,
        "accelerator_type:A10G": 1,
    }


@pytest.mark.parametrize(
    ("resources", "has_workers", "cpus"),
    [({}, True, 0), ({}, False, 8), ({"CPU": 2}, True, 2), ({"CPU": 0}, False, 0)],
)
def test_a_head_takes_work_only_if_alone_or_told_to(
    resources: dict[str, float], has_workers: bool, cpus: float
) -> None:
    head = HeadNode(instance_type="m5.2xlarge", resources=resources)
    offered = effective_resources(head, BIG, is_head=True, has_workers=has_workers)
    assert offered == {"CPU": cpus, "memory": 32 * GIB}


def test_a_head_with_workers_keeps_its_gpu_free() -> None:
    head = HeadNode(instance_type="g5.2xlarge")
    assert effective_resources(head, WITH_GPU, is_head=True, has_workers=True)["GPU"] == 0


def test_what_is_held_back_for_the_system_is_no_resource_of_ray() -> None:
    group = WorkerGroup(instance_type="a", resources={"system_reserved_cpu_millicpu": 500})
    offered = effective_resources(group, BIG, is_head=False, has_workers=True)
    assert set(offered) == {"CPU", "memory"}
