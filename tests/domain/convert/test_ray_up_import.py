"""`ray up` files: what they mean in Mobula, and that every key is carried over or named."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.configuration.spec import ComputeConfig
from domain.convert import Format, Imported, imported
from domain.convert.launcher.account import says_something
from domain.problems import Loc, path_of
from domain.yaml.text import dump
from domain.yaml.writing import dump_value
from tests.domain.configurations import EXAMPLES

AWS = {"type": "aws", "region": "us-east-2"}
GCP = {"type": "gcp", "region": "us-west1", "project_id": None}
AWS_HEAD = {"node_config": {"InstanceType": "m5a.xlarge"}, "resources": {"CPU": 0}}
GCP_HEAD = {"node_config": {"machineType": "n2-standard-8"}, "resources": {"CPU": 0}}


def cluster(types: dict[str, Any], provider: Any = None, **top: Any) -> Imported:
    provider = provider or AWS
    head = GCP_HEAD if provider["type"] == "gcp" else AWS_HEAD
    plain = {
        "cluster_name": "theirs",
        "provider": provider,
        "available_node_types": {"head": head, **types},
        "head_node_type": "head",
        **top,
    }
    return imported(dump_value(plain), Format.RAY_UP)


def config_of(found: Imported) -> ComputeConfig:
    assert found.config is not None, found.problems
    return found.config


def losses_of(found: Imported) -> dict[str, str]:
    return {loss.path: loss.why for loss in found.losses if loss.path != "provider.region"}


def one_machine(node_config: dict[str, Any], provider: Any = AWS, **more: Any) -> Imported:
    name = "machineType" if provider["type"] == "gcp" else "InstanceType"
    machine = {name: "n1-standard-8" if provider["type"] == "gcp" else "m5.2xlarge"}
    return cluster({"w": {"node_config": machine | node_config, **more}}, provider)


# Sizes


def test_workers_of_the_heads_type_become_a_group() -> None:
    head = {
        "node_config": {"InstanceType": "m5a.xlarge"}, "resources": {"CPU": 4},
        "min_workers": 2, "max_workers": 4,
    }  # fmt: skip
    config = config_of(cluster({"head": head}, max_workers=12))
    assert config.head_node is not None
    assert config.head_node.instance_type == "m5a.xlarge"
    [group] = config.groups
    assert (group.name, group.instance_type) == ("head", "m5a.xlarge")
    assert (group.min_nodes, group.max_nodes) == (2, 4)
    assert group.resources == {"CPU": 4}


@pytest.mark.parametrize("sizes", [{}, {"max_workers": 0}, {"min_workers": 0, "max_workers": 0}])
def test_a_heads_type_without_workers_is_no_group_and_no_loss(sizes: dict[str, int]) -> None:
    found = cluster({"head": AWS_HEAD | sizes})
    assert config_of(found).groups == ()
    assert losses_of(found) == {}


def test_minimum_of_the_heads_type_without_a_maximum_is_named() -> None:
    found = cluster({"head": AWS_HEAD | {"min_workers": 2}})
    assert config_of(found).groups == ()
    assert "available_node_types.head.max_workers" in losses_of(found)


@pytest.mark.parametrize(
    ("own", "limit", "most"),
    [(64, 12, 12), (3, 12, 3), (None, 7, 7), (64, None, 2), (None, None, 2)],
)
def test_group_has_no_more_nodes_than_the_cluster(
    own: int | None, limit: int | None, most: int
) -> None:
    sizes = {} if own is None else {"max_workers": own}
    top = {} if limit is None else {"max_workers": limit}
    found = cluster({"w": AWS_HEAD | sizes}, **top)
    assert config_of(found).groups[0].max_nodes == most
    assert losses_of(found) == {}


def test_maximum_of_several_groups_together_is_named() -> None:
    found = cluster({"a": AWS_HEAD | {"max_workers": 9}, "b": AWS_HEAD}, max_workers=5)
    assert [group.max_nodes for group in config_of(found).groups] == [5, 5]
    assert "10 nodes in total" in losses_of(found)["max_workers"]


@pytest.mark.parametrize(
    ("sizes", "top", "whose"),
    [({"max_workers": 0}, 5, "Its maximum"), ({}, 0, "The cluster's"),
     ({"max_workers": 4}, 0, "The cluster's"), ({"min_workers": 1, "max_workers": 0}, 5, "Its")],
)  # fmt: skip
def test_parked_group_is_left_out_and_named(sizes: dict[str, int], top: int, whose: str) -> None:
    found = cluster({"w": AWS_HEAD | sizes}, max_workers=top)
    assert config_of(found).groups == ()
    assert losses_of(found)["available_node_types.w"].startswith(whose)


def test_idle_times_are_those_of_the_cluster_and_of_single_groups() -> None:
    found = cluster({"w": AWS_HEAD | {"idle_timeout_s": 30}, "v": AWS_HEAD}, max_workers=4)
    config = config_of(found)
    assert (config.worker_idle_seconds, config.idle_seconds_of("w")) == (300, 30)
    half = config_of(cluster({"w": AWS_HEAD}, idle_timeout_minutes=0.5))
    assert half.worker_idle_seconds == 30


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


# Providers and older forms


@pytest.mark.parametrize("kind", ["azure", "vsphere", "kubernetes", "aliyun", "external"])
def test_other_providers_are_refused_by_name(kind: str) -> None:
    found = cluster({}, {"type": kind})
    assert found.config is None
    [problem] = found.problems
    assert (problem.path, problem.code) == ("provider.type", "ray-up-provider")
    assert kind in problem.message


def test_machines_by_address_are_a_group_of_their_number() -> None:
    text = """
cluster_name: mine
provider: {type: local, head_ip: 10.0.0.1, worker_ips: [10.0.0.2, 10.0.0.3]}
auth: {ssh_user: me}
head_node: {}
"""
    found = imported(text)
    [group] = config_of(found).groups
    assert (group.min_nodes, group.max_nodes) == (2, 2)
    assert {"provider.head_ip", "provider.worker_ips", "auth"} <= set(losses_of(found))


def test_form_before_node_types_is_read() -> None:
    text = """
cluster_name: old
min_workers: 1
max_workers: 3
docker: {image: "rayproject/ray:2.9.0", container_name: ray, run_options: []}
provider: {type: aws, region: us-west-2}
head_node: {InstanceType: m5.large, ImageId: ami-1}
worker_nodes: {InstanceType: r5.large, InstanceMarketOptions: {MarketType: spot}}
setup_commands: []
file_mounts: {}
"""
    found = imported(text)
    config = config_of(found)
    assert config.head_node is not None
    assert config.head_node.instance_type == "m5.large"
    [group] = config.groups
    assert (group.instance_type, group.market_type) == ("r5.large", "SPOT")
    assert (group.min_nodes, group.max_nodes) == (1, 3)
    assert found.notes == {"image": "rayproject/ray:2.9.0", "name": "old"}
    assert set(losses_of(found)) == {"head_node.ImageId", "head_node"}


@pytest.mark.parametrize(("kind", "machine"), [("aws", "m5.large"), ("gcp", "n1-standard-2")])
def test_file_without_node_types_has_rays_own(kind: str, machine: str) -> None:
    found = imported(f"cluster_name: minimal\nprovider: {{type: {kind}, region: r}}\n")
    config = config_of(found)
    assert config.head_node is not None
    assert config.head_node.instance_type == machine
    assert [group.instance_type for group in config.groups] == [machine]
    assert {problem.code for problem in found.problems} == {"ray-up-default-type"}


@pytest.mark.parametrize(
    ("docker", "image", "lost"),
    [({"image": "a"}, "a", set()), ({"head_image": "a", "worker_image": "a"}, "a", set()),
     ({"image": "a", "worker_image": "b"}, "a", {"docker.worker_image"}),
     ({"head_image": "a", "worker_image": "b"}, "", {"docker.head_image", "docker.worker_image"}),
     ({"image": "", "run_options": []}, "", set())],
)  # fmt: skip
def test_image_is_the_clusters(docker: dict[str, Any], image: str, lost: set[str]) -> None:
    found = cluster({}, docker=docker)
    assert found.notes.get("image", "") == image
    assert set(losses_of(found)) == lost


# Every key is carried over or named

names = st.text("abcdefgh", min_size=3, max_size=6).map(lambda word: f"word-{word}")
node_config_keys = st.sampled_from([
    "ImageId", "SubnetIds", "SubnetId", "KeyName", "UserData", "IamInstanceProfile", "disks",
    "metadata", "scheduling", "InstanceMarketOptions", "guestAccelerators", "labels", "anything",
])  # fmt: skip
values = st.recursive(
    names, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2)
)
spots = st.sampled_from([
    {}, {"scheduling": [{"preemptible": True}, {"automaticRestart": "word-restart"}]},
    {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "word-price"}}},
    {"disks": [{"initializeParams": {"sourceImage": "word-image", "diskType": "word-disk"}}]},
    {"metadata": {"items": [{"key": "user-data", "value": "word-user"}, {"key": "word-key"}]}},
])  # fmt: skip
node_keys = st.sampled_from([
    "labels", "docker", "priority", "worker_setup_commands", "initialization_commands", "unknown",
])  # fmt: skip
node_types = st.fixed_dictionaries(
    {
        "node_config": st.builds(
            lambda some, more: {"InstanceType": "m5.large", **some, **more},
            st.dictionaries(node_config_keys, values, max_size=4),
            spots,
        ),
    },
    optional={
        "resources": st.dictionaries(names, st.integers(1, 9), max_size=2),
        "min_workers": st.integers(0, 3),
        "max_workers": st.integers(0, 3),
    },
).flatmap(lambda node: st.dictionaries(node_keys, values, max_size=3).map(lambda d: {**d, **node}))
top_keys = st.sampled_from([
    "docker", "auth", "file_mounts", "setup_commands", "upscaling_speed", "head_node",
    "worker_nodes", "initial_workers", "something",
])  # fmt: skip
files = st.builds(
    lambda top, types, kind, place, most: {
        **top, "provider": {**place, "type": kind}, "max_workers": most,
        "available_node_types": types, "head_node_type": "a",
    },
    st.dictionaries(top_keys, values, max_size=4),
    st.fixed_dictionaries({"a": node_types}, optional={"b": node_types, "c": node_types}),
    st.sampled_from(["aws", "gcp", "local"]),
    st.dictionaries(names, values, max_size=2),
    st.integers(0, 9),
)  # fmt: skip


def said(value: Any, loc: Loc = ()) -> Iterator[tuple[str, str]]:
    """Every word of a file, as a value or as a key, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key.startswith("word") and says_something(item):
                yield key, path_of((*loc, key))
            yield from said(item, (*loc, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from said(item, (*loc, index))
    elif isinstance(value, str) and value.startswith("word"):
        yield value, path_of(loc)


@EXAMPLES
@given(files)
def test_every_key_is_carried_over_or_named(file: dict[str, Any]) -> None:
    found = imported(dump_value(file), Format.RAY_UP)
    carried = dump(found.config) if found.config else ""
    carried += " ".join(found.notes.values())
    named = [loss.path for loss in found.losses] + [problem.path for problem in found.problems]
    words = " ".join([loss.why for loss in found.losses] + [p.path for p in found.problems])
    for word, path in said(file):
        is_named = word in words or any(is_below(path, other) for other in named)
        assert word in carried or is_named, (path, named)


@EXAMPLES
@given(files)
def test_nothing_is_named_that_the_file_does_not_say(file: dict[str, Any]) -> None:
    found = imported(dump_value(file), Format.RAY_UP)
    assert len({(loss.path, loss.why) for loss in found.losses}) == len(found.losses)
    for loss in found.losses:
        top = loss.path.partition(".")[0].partition("[")[0]
        assert top in file, loss


def is_below(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))
