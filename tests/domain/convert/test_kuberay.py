"""RayCluster resources: the pods, the groups, and what comes back."""

import pytest

from domain.configuration.spec import ComputeConfig, MobulaBlock
from domain.convert import ExportContext, Format, exported, imported
from tests.domain.configurations import GPU_WITH_FALLBACK
from tests.domain.convert.test_formats import ANYSCALE, WITH_IMAGE, config, read_yaml
from tests.domain.machines import AWS


def test_pods_ask_for_what_the_machine_has_and_keep_the_patch() -> None:
    text = (ANYSCALE[0].parent / "03_kubernetes_declarative.yaml").read_text(encoding="utf-8")
    manifest = read_yaml(exported(config(text), Format.KUBERAY, WITH_IMAGE).text)
    groups = {one["groupName"]: one for one in manifest["spec"]["workerGroupSpecs"]}
    spec = groups["l4-workers"]["template"]["spec"]
    container = spec["containers"][0]
    assert container["resources"]["limits"] == {"cpu": "7", "memory": "24Gi", "nvidia.com/gpu": "1"}
    assert container["volumeMounts"] == [{"name": "datasets", "mountPath": "/mnt/pvc-data"}]
    assert spec["nodeSelector"] == {"disktype": "ssd"}
    arm = groups["arm-workers"]["template"]["spec"]
    assert arm["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
    shape = groups["helm-shape"]["template"]["spec"]["containers"][0]["resources"]
    assert shape["requests"] == {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "1"}


def test_ray_cluster_comes_back_but_for_what_was_named() -> None:
    text = (ANYSCALE[0].parent / "03_kubernetes_declarative.yaml").read_text(encoding="utf-8")
    before = config(text)
    written = exported(before, Format.KUBERAY, WITH_IMAGE)
    again = imported(written.text).config
    assert again is not None
    assert [g.name for g in again.groups] == [g.name for g in before.groups]
    for old, new in zip(before.groups, again.groups, strict=True):
        assert (new.min_nodes, new.max_nodes) == (old.min_nodes, old.max_nodes)
    l4 = again.group("l4-workers")
    assert l4 is not None
    assert l4.required_resources == before.groups[1].required_resources
    assert l4.advanced_instance_config == before.groups[1].advanced_instance_config
    named = {loss.path for loss in written.losses}
    assert {"cloud", "cloud_resource", "max_resources.CPU", "worker_nodes[0].market_type"} <= named


def test_image_of_a_ray_cluster_is_told_apart() -> None:
    found = imported(exported(config(GPU_WITH_FALLBACK), Format.KUBERAY, WITH_IMAGE).text)
    assert found.notes == {
        "name": "train",
        "image": "rayproject/ray:2.60.0",
        "ray_version": "2.60.0",
    }


COLLIDING = """\
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - {name: A_b, instance_type: m5.4xlarge, max_nodes: 2}
  - {name: a-b, instance_type: m5.4xlarge, max_nodes: 3}
  - {name: ray.head.default, instance_type: m5.4xlarge, max_nodes: 4}
"""


def test_groups_whose_names_become_the_same_stay_apart() -> None:
    written = exported(config(COLLIDING), Format.KUBERAY, ExportContext(target=AWS))
    groups = read_yaml(written.text)["spec"]["workerGroupSpecs"]
    assert [one["groupName"] for one in groups] == ["a-b", "a-b-2", "ray-head-default"]
    assert {"worker_nodes[0].name", "worker_nodes[1].name"} <= {one.path for one in written.losses}


def test_group_named_like_the_head_does_not_replace_it() -> None:
    written = exported(config(COLLIDING), Format.RAY_UP, ExportContext(target=AWS))
    types = read_yaml(written.text)["available_node_types"]
    assert types["ray.head.default"]["node_config"]["InstanceType"] == "m5.2xlarge"
    assert types["ray.head.default-2"]["max_workers"] == 4
    assert "worker_nodes[2].name" in {one.path for one in written.losses}


def test_ray_gets_object_store_memory_as_a_parameter_and_no_reservations() -> None:
    text = GPU_WITH_FALLBACK.replace(
        "licence: 1", "object_store_memory: 1000, system_reserved_cpu_millicpu: 500"
    )
    written = exported(config(text), Format.KUBERAY, WITH_IMAGE)
    group = read_yaml(written.text)["spec"]["workerGroupSpecs"][1]
    assert group["rayStartParams"] == {"object-store-memory": "1000"}
    assert group["resources"] == {"CPU": "8", "GPU": "1"}
    lost = {one.path for one in written.losses}
    assert "worker_nodes[1].resources.system_reserved_cpu_millicpu" in lost


def test_model_of_a_gpu_is_named_where_no_selector_is_known() -> None:
    text = "head_node: {required_resources: {CPU: 8, memory: 32Gi, GPU: 1, accelerator: T4}}\n"
    written = exported(config(f"{text}worker_nodes: []\n"), Format.KUBERAY, WITH_IMAGE)
    lost = {one.path: one.why for one in written.losses}
    assert "T4" in lost["head_node.required_resources.accelerator"]


@pytest.mark.parametrize(
    ("speed", "mode"), [(None, None), (1, "Conservative"), (3, "Conservative")]
)
def test_upscaling_speed_is_the_conservative_mode(speed: int | None, mode: str | None) -> None:
    block = MobulaBlock(upscaling_speed=speed)
    found = exported(ComputeConfig(mobula=block), Format.KUBERAY, ExportContext())
    options = read_yaml(found.text)["spec"]["autoscalerOptions"]
    assert options.get("upscalingMode") == mode
    lost = [loss.path for loss in found.losses if "upscaling" in loss.path]
    assert lost == (["mobula.upscaling_speed"] if speed == 3 else [])


def test_without_autoscaling_the_upscaling_speed_is_lost() -> None:
    block = MobulaBlock(upscaling_speed=1, autoscaling=False)
    found = exported(ComputeConfig(mobula=block), Format.KUBERAY, ExportContext())
    assert "mobula.upscaling_speed" in {loss.path for loss in found.losses}
