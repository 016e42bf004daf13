"""`ray up` files: what their `node_config` says of a machine."""

from typing import Any

import pytest

from tests.domain.convert.ray_up_files import (
    AWS,
    GCP,
    cluster,
    config_of,
    losses_of,
    one_machine,
)

# Machines on AWS


def test_first_of_several_subnets_is_used_and_the_others_are_named() -> None:
    found = one_machine({"SubnetIds": ["subnet-1", "subnet-2", "subnet-3"]})
    block = config_of(found).groups[0].advanced_instance_config
    assert block == {"SubnetId": "subnet-1"}
    why = losses_of(found)["available_node_types.w.node_config.SubnetIds"]
    assert "subnet-2, subnet-3" in why


@pytest.mark.parametrize("value", [["subnet-1"], "subnet-1"])
def test_one_subnet_is_no_loss(value: Any) -> None:
    found = one_machine({"SubnetIds": value})
    assert config_of(found).groups[0].advanced_instance_config == {"SubnetId": "subnet-1"}
    assert losses_of(found) == {}


def test_settings_of_ec2_stay_in_the_block() -> None:
    settings = {
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 100}}],
        "IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/ray"},
        "KeyName": "mine",
        "SecurityGroupIds": ["sg-1"],
    }
    found = one_machine(settings)
    assert config_of(found).groups[0].advanced_instance_config == settings
    assert losses_of(found) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [("ImageId", "ami-1"), ("UserData", "#!"), ("LaunchTemplate", {"LaunchTemplateId": "lt-1"}),
     ("SecurityGroups", ["default"])],
)  # fmt: skip
def test_what_the_launch_sets_on_aws_is_named(key: str, value: Any) -> None:
    found = one_machine({key: value})
    assert config_of(found).groups[0].advanced_instance_config is None
    assert set(losses_of(found)) == {f"available_node_types.w.node_config.{key}"}


def test_spot_is_a_groups_market_and_its_options_are_named() -> None:
    options = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.1"}}
    found = one_machine({"InstanceMarketOptions": options})
    [group] = config_of(found).groups
    assert group.market_type == "SPOT"
    assert group.advanced_instance_config is None
    path = "available_node_types.w.node_config.InstanceMarketOptions.SpotOptions"
    assert set(losses_of(found)) == {path}


@pytest.mark.parametrize(
    ("provider", "node_config", "key"),
    [(AWS, {"InstanceType": "m5.large", "InstanceMarketOptions": {"MarketType": "spot"}},
      "InstanceMarketOptions"),
     (GCP, {"machineType": "n2-standard-8", "scheduling": [{"preemptible": True}]}, "scheduling"),
     (GCP, {"machineType": "n2-standard-8", "scheduling": {"provisioningModel": "SPOT"}},
      "scheduling")],
)  # fmt: skip
def test_head_on_spot_is_named(provider: Any, node_config: dict[str, Any], key: str) -> None:
    found = cluster({"head": {"node_config": node_config, "resources": {}}}, provider)
    head = config_of(found).head_node
    assert head is not None
    assert head.advanced_instance_config is None
    assert "on-demand" in losses_of(found)[f"available_node_types.head.node_config.{key}"]


# Machines on Google Cloud


@pytest.mark.parametrize(
    "scheduling",
    [[{"preemptible": True}, {"onHostMaintenance": "TERMINATE"}],
     [{"onHostMaintenance": "TERMINATE"}, {"preemptible": True}],
     [{"preemptible": True, "onHostMaintenance": "TERMINATE"}],
     {"onHostMaintenance": "TERMINATE", "provisioningModel": "SPOT"}],
)  # fmt: skip
def test_scheduling_is_one_setting_however_it_is_written(scheduling: Any) -> None:
    found = one_machine({"scheduling": scheduling}, GCP)
    [group] = config_of(found).groups
    assert group.market_type == "SPOT"
    assert group.advanced_instance_config == {
        "instanceProperties": {"scheduling": {"onHostMaintenance": "TERMINATE"}}
    }
    assert losses_of(found) == {}


def test_scheduling_of_a_head_is_a_mapping() -> None:
    machine = {"machineType": "n2-standard-8", "scheduling": [{"onHostMaintenance": "MIGRATE"}]}
    config = config_of(cluster({"head": {"node_config": machine, "resources": {}}}, GCP))
    assert config.head_node is not None
    assert config.head_node.advanced_instance_config == {
        "instanceProperties": {"scheduling": {"onHostMaintenance": "MIGRATE"}}
    }


@pytest.mark.parametrize(
    ("accelerators", "resources", "gpus"),
    [([{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 4}], {}, 4),
     ([{"acceleratorType": "zones/us-west1-b/acceleratorTypes/nvidia-tesla-v100",
        "acceleratorCount": 2}], {"CPU": 8}, 2),
     ([{"acceleratorType": "nvidia-tesla-p100", "acceleratorCount": 1}], {"GPU": 1}, 1),
     ([{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 4}], {"GPU": 2}, 2)],
)  # fmt: skip
def test_attached_gpus_are_counted(
    accelerators: list[Any], resources: dict[str, int], gpus: int
) -> None:
    found = one_machine({"guestAccelerators": accelerators}, GCP, resources=resources)
    [group] = config_of(found).groups
    assert group.resources == {**resources, "GPU": gpus}
    assert group.advanced_instance_config == {
        "instanceProperties": {"guestAccelerators": accelerators}
    }
    assert losses_of(found) == {}


def test_disks_stay_without_their_machine_image() -> None:
    parameters = {"diskSizeGb": 50, "sourceImage": "projects/x/global/images/family/y"}
    disks = [{"boot": True, "initializeParams": parameters}, {"source": "mine"}]
    found = one_machine({"disks": disks}, GCP)
    block = config_of(found).groups[0].advanced_instance_config
    assert block == {
        "instanceProperties": {
            "disks": [{"boot": True, "initializeParams": {"diskSizeGb": 50}}, {"source": "mine"}]
        }
    }
    path = "available_node_types.w.node_config.disks[0].initializeParams.sourceImage"
    assert set(losses_of(found)) == {path}


def test_user_data_in_the_metadata_is_named_and_the_rest_stays() -> None:
    entries = [{"key": "user-data", "value": "#!"}, {"key": "install-nvidia-driver", "value": "1"}]
    found = one_machine({"metadata": {"items": entries}}, GCP)
    block = config_of(found).groups[0].advanced_instance_config
    assert block == {"instanceProperties": {"metadata": {"items": entries[1:]}}}
    assert set(losses_of(found)) == {"available_node_types.w.node_config.metadata.items[0]"}


def test_machine_type_may_be_a_path() -> None:
    path = "projects/p/zones/us-west1-b/machineTypes/n2-standard-4"
    found = cluster({"w": {"node_config": {"machineType": path}, "resources": {}}}, GCP)
    assert config_of(found).groups[0].instance_type == "n2-standard-4"


@pytest.mark.parametrize(
    "machine",
    [{"acceleratorType": "v4-16", "runtimeVersion": "tpu-vm-v4-base"},
     {"acceleratorConfig": {"type": "V4", "topology": "2x2x1"}, "runtimeVersion": "x"}],
)  # fmt: skip
def test_tpu_machine_is_refused(machine: dict[str, Any]) -> None:
    found = cluster({"tpu": {"node_config": machine, "resources": {"TPU": 1}}}, GCP)
    [problem] = [one for one in found.problems if one.code == "tpu-machine"]
    assert problem.path == "available_node_types.tpu.node_config"
    assert "TPU" in problem.message
