"""RayClusters that are written: room for the kubelet, the image, the version of Ray."""

import pytest

from domain.catalogue.pod_shapes import shape_type
from domain.convert import ExportContext, Format, exported, losses_of_notes
from domain.convert.kuberay.room import pod_room
from domain.offerings import InstanceType
from domain.quantities import GIB
from tests.domain.convert.test_formats import config, read_yaml
from tests.domain.machines import AWS, KUBERNETES

HEAD = "head_node: {instance_type: m5.2xlarge}\nworker_nodes: []\n"


@pytest.mark.parametrize(
    ("cpus", "gib", "pod_cpus", "pod_gib"),
    [(2, 4, 1, 2), (4, 16, 3, 12), (8, 32, 7, 27), (16, 64, 15, 57), (96, 384, 95, 368)],
)
def test_pod_leaves_room_for_the_kubelet(cpus: int, gib: int, pod_cpus: int, pod_gib: int) -> None:
    room = pod_room(InstanceType(name="m", vcpus=cpus, memory_bytes=gib * GIB))
    assert (room.vcpus, room.memory_bytes / GIB) == (pod_cpus, pod_gib)


@pytest.mark.parametrize(("cpus", "gib"), [(0.25, 0.5), (1, 1), (1, 2), (2, 0.5), (448, 24_576)])
def test_room_is_some_of_any_machine(cpus: float, gib: float) -> None:
    machine = InstanceType(name="m", vcpus=cpus, memory_bytes=int(gib * GIB))
    room = pod_room(machine)
    assert 0 < room.vcpus < machine.vcpus
    assert 0 < room.memory_bytes < machine.memory_bytes


def test_pod_of_a_machine_asks_for_less_than_the_machine() -> None:
    found = exported(config(HEAD), Format.KUBERAY, ExportContext(target=AWS))
    spec = read_yaml(found.text)["spec"]["headGroupSpec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"] == {"cpu": "7", "memory": "27Gi"}
    why = {loss.path: loss.why for loss in found.losses}["head_node.instance_type"]
    assert "7 CPU and 27Gi of 8 CPU and 32Gi" in why


@pytest.mark.parametrize(
    "node", ["instance_type: 8CPU-32GB", "required_resources: {CPU: 8, memory: 32Gi}"]
)
def test_pod_whose_size_is_given_has_just_that(node: str) -> None:
    assert shape_type("8CPU-32GB") is not None
    text = f"head_node: {{{node}}}\nworker_nodes: []\n"
    found = exported(config(text), Format.KUBERAY, ExportContext(target=KUBERNETES))
    spec = read_yaml(found.text)["spec"]["headGroupSpec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"] == {"cpu": "8", "memory": "32Gi"}


@pytest.mark.parametrize(
    ("image", "version", "written_image", "written_version"),
    [
        ("", "", "rayproject/ray:latest", None),
        ("", "2.52.0", "rayproject/ray:2.52.0", "2.52.0"),
        ("rayproject/ray:2.46.0-py311-gpu", "", "rayproject/ray:2.46.0-py311-gpu", "2.46.0"),
        ("registry.example.com/ray-ml:2.46.0", "", "registry.example.com/ray-ml:2.46.0", "2.46.0"),
        ("registry.example.com/own:3.1.0", "", "registry.example.com/own:3.1.0", None),
        ("own:1", "2.46.0", "own:1", "2.46.0"),
    ],
)
def test_image_and_version_of_ray_go_together(
    image: str, version: str, written_image: str, written_version: str | None
) -> None:
    setting = ExportContext(image=image, ray_version=version, target=AWS)
    found = exported(config(HEAD), Format.KUBERAY, setting)
    spec = read_yaml(found.text)["spec"]
    head = spec["headGroupSpec"]["template"]["spec"]["containers"][0]
    assert (head["image"], spec.get("rayVersion")) == (written_image, written_version)
    assert any(loss.path == "mobula.image" for loss in found.losses) is not bool(image)


@pytest.mark.parametrize(
    ("notes", "names_image", "paths"),
    [
        ({"image": "ray:1", "ray_version": "2.46.0"}, False, {"image", "rayVersion"}),
        ({"image": "ray:1", "ray_version": "2.46.0"}, True, {"rayVersion"}),
        ({"image": "ray:2.46.0", "ray_version": "2.46.0"}, True, set()),
        ({"name": "a"}, False, set()),
    ],
)
def test_image_and_version_are_named_where_a_format_has_no_place_for_them(
    notes: dict[str, str], names_image: bool, paths: set[str]
) -> None:
    found = losses_of_notes(notes, names_image=names_image)
    assert {loss.path for loss in found} == paths
