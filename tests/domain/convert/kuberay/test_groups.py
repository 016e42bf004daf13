"""Worker groups of KubeRay: sizes, quantities, start parameters, accelerators."""

from decimal import Decimal

import pytest

from domain.configuration.spec import WorkerGroup
from domain.convert import ExportContext, Format, Imported, exported, imported
from domain.convert.kuberay.quantities import amount, same, whole
from tests.domain.convert.kuberay.files import cluster, group
from tests.domain.convert.test_formats import read_yaml
from tests.domain.machines import KUBERNETES

FIXED = "enableInTreeAutoscaling: false"


def only_group(found: Imported) -> WorkerGroup:
    assert found.config is not None, found.problems
    assert found.problems == ()
    (one,) = found.config.groups
    return one


def lost(found: Imported) -> dict[str, str]:
    return {loss.path.removeprefix("spec."): loss.why for loss in found.losses}


@pytest.mark.parametrize(
    ("replicas", "least", "most", "size"),
    [(5, 1, 3, 3), (0, 2, 4, 2), (2, 1, 3, 2), (3, 4, 2, 2), (0, 0, 5, 0)],
)
def test_fixed_size_is_kept_within_its_bounds(
    replicas: int, least: int, most: int, size: int
) -> None:
    bounds = f"replicas: {replicas}, minReplicas: {least}, maxReplicas: {most}"
    one = only_group(imported(cluster(f"[{group(bounds=bounds)}]", spec=FIXED)))
    assert (one.min_nodes, one.max_nodes) == (size, most)


def test_replicas_count_for_nothing_with_the_autoscaler() -> None:
    bounds = "replicas: 4, minReplicas: 1, maxReplicas: 5"
    one = only_group(imported(cluster(f"[{group(bounds=bounds)}]")))
    assert (one.min_nodes, one.max_nodes) == (1, 5)


def test_group_that_can_have_no_nodes_is_left_out_and_named() -> None:
    bounds = "minReplicas: 0, maxReplicas: 0, idleTimeoutSeconds: 5"
    found = imported(cluster(f"[{group(bounds=bounds)}]"))
    assert found.config is not None
    assert found.config.groups == ()
    assert "left out" in lost(found)["workerGroupSpecs[0].maxReplicas"]


def test_suspended_group_starts_with_no_nodes() -> None:
    bounds = "replicas: 3, minReplicas: 2, maxReplicas: 5, suspend: true"
    found = imported(cluster(f"[{group(bounds=bounds)}]", spec=FIXED))
    assert only_group(found).min_nodes == 0
    assert "workerGroupSpecs[0].suspend" in lost(found)


def test_suspended_cluster_is_named() -> None:
    assert "suspend" in lost(imported(cluster(spec="suspend: true")))


def test_replica_of_several_hosts_without_tpus_counts_its_hosts() -> None:
    bounds = "minReplicas: 1, maxReplicas: 3, numOfHosts: 2"
    found = imported(cluster(f"[{group(bounds=bounds)}]"))
    one = only_group(found)
    assert (one.min_nodes, one.max_nodes) == (2, 6)
    assert "workerGroupSpecs[0].numOfHosts" in lost(found)


def test_slice_of_tpus_counts_as_one() -> None:
    bounds = "minReplicas: 1, maxReplicas: 3, numOfHosts: 4"
    limits = "cpu: '24', memory: 200G, google.com/tpu: '4'"
    one = only_group(imported(cluster(f"[{group(bounds=bounds, limits=limits)}]")))
    assert one.required_resources is not None
    assert (one.min_nodes, one.max_nodes, one.required_resources.tpu_hosts) == (1, 3, 4)


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("500m", "0.5"), (2, "2"), ("2000m", "2"), (1.5, "1.5"), ("1e3", "1000"), ("1E3", "1000"),
        ("1E", "1e18"), ("2Ei", str(2 * 2**60)), ("4096Mi", str(4 * 2**30)), ("1k", "1000"),
        ("100u", "0.0001"), ("1n", "1e-9"), (".5", "0.5"), ("5.", "5"), ("1e-3", "0.001"),
        ("-1", "-1"), ("+1Ki", "1024"),
    ],
)  # fmt: skip
def test_quantity_is_its_amount(quantity: object, number: str) -> None:
    assert amount(quantity) == Decimal(number)


@pytest.mark.parametrize("text", ["4GB", "many", "", "1Mib", "Ki", "1 G i", None, True, [], "²"])
def test_what_is_no_quantity_has_no_amount(text: object) -> None:
    assert amount(text) is None


def test_amounts_are_compared_and_rounded_up() -> None:
    assert same("2000m", 2)
    assert same("4Gi", "4294967296")
    assert not same("4Gi", "4G")
    assert whole("1001m") == 2
    assert whole("-1") is None
    assert whole("9E") is None


SAME = """\
{name: w, image: 'ray:1', resources: {
  limits: {cpu: 2000m, memory: 4Gi, nvidia.com/gpu: '1'},
  requests: {cpu: 2, memory: 4294967296, nvidia.com/gpu: 1}}}"""


def test_requests_of_the_same_amounts_as_the_limits_are_no_loss() -> None:
    text = cluster(
        f"[{{groupName: g, maxReplicas: 2, template: {{spec: {{containers: [{SAME}]}}}}}}]"
    )
    assert imported(text).losses == ()


@pytest.mark.parametrize(
    ("limits", "gpus", "resources"),
    [
        ("nvidia.com/gpu: 2", 2, {}),
        ("amd.com/gpu: 8", 8, {}),
        ("metax-tech.com/gpu: 4", 4, {}),
        ("nvidia.com/mig-2g.20gb: 1", 1, {}),
        ("nvidia.com/mig-1g.5gb.shared: 2", 2, {}),
        ("nvidia.com/gpu.shared: 1", 1, {}),
        ("gpu.intel.com/i915: 1", 1, {}),
        ("gpu.intel.com/xe: 2", 2, {}),
        ("amd.com/gpu: 0", None, {}),
        ("aws.amazon.com/neuroncore: 2", None, {"neuron_cores": 2}),
        ("aws.amazon.com/neuron: 6", None, {"neuron_cores": 12}),
        ("aws.amazon.com/neurondevice: 1", None, {"neuron_cores": 2}),
        ("aws.amazon.com/neuroncore: 4, aws.amazon.com/neuron: 2", None, {"neuron_cores": 4}),
        ("habana.ai/gaudi: 8", None, {"HPU": 8}),
        ("huawei.com/Ascend910: 4", None, {"NPU": 4}),
        ("furiosa.ai/rngd: 2", None, {"FURIOSA": 2}),
        ("vpc.amazonaws.com/efa: 1", None, {}),
    ],
)
def test_accelerators_are_what_ray_gets_by_them(
    limits: str, gpus: int | None, resources: dict[str, float]
) -> None:
    found = imported(cluster(f"[{group(limits=f'cpu: 4, memory: 16Gi, {limits}')}]"))
    one = only_group(found)
    assert one.required_resources is not None
    assert gpus == one.required_resources.GPU
    assert one.resources == resources
    assert found.config is not None
    setting = ExportContext(image="ray:1", target=KUBERNETES)
    manifest = read_yaml(exported(found.config, Format.KUBERAY, setting).text)
    pod = manifest["spec"]["workerGroupSpecs"][0]["template"]["spec"]["containers"][0]
    written = {key: str(value) for key, value in pod["resources"]["limits"].items()}
    wanted = dict(part.split(": ") for part in limits.split(", "))
    assert written == {"cpu": "4", "memory": "16Gi", **wanted}


def test_neuron_devices_are_counted_by_their_machine() -> None:
    node = "nodeSelector: {node.kubernetes.io/instance-type: inf1.6xlarge}"
    limits = "cpu: 8, memory: 16Gi, aws.amazon.com/neuron: 4"
    found = imported(cluster(f"[{group(limits=limits, pod=node)}]"))
    assert only_group(found).resources == {"neuron_cores": 16}
    assert found.losses == ()


def test_second_kind_of_gpu_is_named() -> None:
    limits = "cpu: 8, memory: 16Gi, nvidia.com/mig-1g.5gb: 2, nvidia.com/mig-2g.10gb: 1"
    found = imported(cluster(f"[{group(limits=limits)}]"))
    one = only_group(found)
    assert one.required_resources is not None
    assert one.required_resources.GPU == 2
    assert "workerGroupSpecs[0].template.resources.nvidia.com/mig-2g.10gb" in lost(found)


@pytest.mark.parametrize(
    "written",
    [
        """'"{\\"licence\\": 2, \\"TPU-v4-16-head\\": 1}"'""",
        """'''{"licence": 2, "TPU-v4-16-head": 1}'''""",
        """'{"licence": 2, "TPU-v4-16-head": 1}'""",
    ],
)
def test_custom_resources_are_read_in_any_quotes(written: str) -> None:
    found = imported(cluster(f"[{group(more=f'rayStartParams: {{resources: {written}}}')}]"))
    assert only_group(found).resources == {"licence": 2, "TPU-v4-16-head": 1}
    assert found.losses == ()


def test_start_parameters_become_resources_and_labels() -> None:
    params = (
        "rayStartParams: {num-cpus: '3', num-gpus: '0', memory: '1e9', object-store-memory: 2Gi, "
        "labels: 'stage=train, zone=a', block: 'true', log-color: auto}"
    )
    more = f"{params}, labels: {{stage: serve}}, resources: {{CPU: '2'}}"
    found = imported(cluster(f"[{group(more=more)}]"))
    one = only_group(found)
    assert one.resources == {
        "CPU": 2, "GPU": 0, "memory": 10**9, "object_store_memory": 2 * 2**30,
    }  # fmt: skip
    assert one.labels == {"stage": "serve", "zone": "a"}
    assert lost(found).keys() == {"workerGroupSpecs[0].rayStartParams.log-color"}


def test_pods_without_limits_get_a_size_that_is_named() -> None:
    found = imported(cluster(f"[{group(limits='')}]"))
    hardware = only_group(found).required_resources
    assert hardware is not None
    assert (hardware.CPU, hardware.memory) == (1, 4 * 2**30)
    assert {path.rpartition(".")[2] for path in lost(found)} == {"cpu", "memory"}


def test_gpus_that_only_start_parameters_set_are_hardware() -> None:
    found = imported(cluster(f"[{group(more='resources: {GPU: 1}')}]"))
    hardware = only_group(found).required_resources
    assert hardware is not None
    assert hardware.GPU == 1
    assert "workerGroupSpecs[0].template.resources" in lost(found)
