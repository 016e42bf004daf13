"""`ray up` files: the sizes, providers and older forms, and what they mean in Mobula."""

from typing import Any

import pytest

from domain.convert import imported
from tests.domain.convert.ray_up_files import AWS_HEAD, cluster, config_of, losses_of

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


def test_maximum_of_several_groups_together_is_the_cluster_s() -> None:
    found = cluster({"a": AWS_HEAD | {"max_workers": 9}, "b": AWS_HEAD}, max_workers=5)
    config = config_of(found)
    assert [group.max_nodes for group in config.groups] == [5, 5]
    assert config.mobula.max_nodes == 5
    assert "max_workers" not in losses_of(found)


def test_upscaling_speed_is_kept() -> None:
    assert config_of(cluster({"a": AWS_HEAD}, upscaling_speed=2.5)).mobula.upscaling_speed == 2.5
    assert config_of(cluster({"a": AWS_HEAD})).mobula.upscaling_speed is None
    assert "upscaling_speed" in losses_of(cluster({"a": AWS_HEAD}, upscaling_speed="fast"))


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
