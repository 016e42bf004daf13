"""Node selectors, affinities and tolerations of the well-known distributions of Kubernetes."""

import pytest

from domain.catalogue.node_labels import gpu_model_of
from domain.configuration.ray_labels import ACCELERATOR, TPU_TOPOLOGY
from domain.configuration.spec import MarketType
from domain.convert import ExportContext, Exported, Format, exported, imported
from domain.validation.check import validate
from tests.domain.convert.kuberay.files import LABELS, TPUS, cluster, group
from tests.domain.convert.kuberay.test_groups import only_group
from tests.domain.convert.test_formats import config, read_yaml
from tests.domain.machines import AWS, KUBERNETES

SPOT, ON_DEMAND = MarketType.SPOT, MarketType.ON_DEMAND
PREFER_SPOT = MarketType.PREFER_SPOT


def required(label: str, operator: str, values: str) -> str:
    term = f"{{key: {label}, operator: {operator}, values: {values}}}"
    rule = f"{{nodeSelectorTerms: [{{matchExpressions: [{term}]}}]}}"
    return f"affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {rule}}}}}"


def preferred(label: str, values: str) -> str:
    term = f"{{matchExpressions: [{{key: {label}, operator: In, values: {values}}}]}}"
    rule = f"[{{weight: 1, preference: {term}}}]"
    return (
        f"affinity: {{nodeAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: {rule}}}}}"
    )


def tolerates(label: str, rest: str) -> str:
    return f"tolerations: [{{key: {label}, {rest}, effect: NoSchedule}}]"


def written(text: str) -> Exported:
    found = imported(text).config
    assert found is not None
    return exported(found, Format.KUBERAY, ExportContext(image="ray:1", target=KUBERNETES))


@pytest.mark.parametrize(
    ("pod", "market"),
    [
        ("nodeSelector: {cloud.google.com/gke-spot: 'true'}", SPOT),
        ("nodeSelector: {cloud.google.com/gke-spot: true}", SPOT),
        ("nodeSelector: {cloud.google.com/gke-preemptible: 'true'}", SPOT),
        ("nodeSelector: {cloud.google.com/gke-provisioning: spot}", SPOT),
        ("nodeSelector: {cloud.google.com/gke-provisioning: standard}", ON_DEMAND),
        ("nodeSelector: {eks.amazonaws.com/capacityType: SPOT}", SPOT),
        ("nodeSelector: {eks.amazonaws.com/capacityType: ON_DEMAND}", ON_DEMAND),
        ("nodeSelector: {karpenter.sh/capacity-type: spot}", SPOT),
        ("nodeSelector: {kubernetes.azure.com/scalesetpriority: spot}", SPOT),
        ("nodeSelector: {node.kubernetes.io/lifecycle: spot}", SPOT),
        ("nodeSelector: {disktype: ssd}", ON_DEMAND),
        (required("karpenter.sh/capacity-type", "In", "[spot]"), SPOT),
        (required("karpenter.sh/capacity-type", "In", "[spot, on-demand]"), PREFER_SPOT),
        (required("cloud.google.com/gke-spot", "Exists", "[]"), SPOT),
        (preferred("eks.amazonaws.com/capacityType", "[SPOT]"), PREFER_SPOT),
        (preferred("eks.amazonaws.com/capacityType", "[ON_DEMAND]"), ON_DEMAND),
        (tolerates("cloud.google.com/gke-spot", "operator: Equal, value: 'true'"), PREFER_SPOT),
        (tolerates("kubernetes.azure.com/scalesetpriority", "value: spot"), PREFER_SPOT),
        (tolerates("kubernetes.azure.com/scalesetpriority", "operator: Exists"), PREFER_SPOT),
        ("tolerations: [{operator: Exists}]", ON_DEMAND),
    ],
)
def test_market_is_what_the_pods_select(pod: str, market: MarketType) -> None:
    text = cluster(f"[{group(pod=pod)}]")
    found = imported(text)
    assert only_group(found).market_type is market
    assert found.losses == ()
    again = written(text)
    assert only_group(imported(again.text)).market_type is market
    assert not any(loss.path.endswith("market_type") for loss in again.losses)


@pytest.mark.parametrize(("label", "market"), [("spot", SPOT), ("on-demand", ON_DEMAND)])
def test_label_tells_the_market_where_no_selector_does(label: str, market: MarketType) -> None:
    text = cluster(f"[{group(more=f'labels: {{ray.io/market-type: {label}}}')}]")
    one = only_group(imported(text))
    assert one.market_type is market
    assert one.labels == {"ray.io/market-type": label}


def test_labels_that_the_operator_needs_are_no_problem_on_kubernetes() -> None:
    found = imported(LABELS).config
    assert found is not None
    codes = {problem.code for problem in validate(found, target=KUBERNETES)}
    assert "label-set-by-ray" not in codes
    assert "label-set-by-ray" in {problem.code for problem in validate(found, target=AWS)}


def test_spot_group_is_written_with_the_label_of_its_market() -> None:
    hardware = "required_resources: {CPU: 2, memory: 4Gi}"
    text = (
        f"head_node: {{{hardware}}}\nworker_nodes: [{{name: a, {hardware}, market_type: SPOT}}]\n"
    )
    manifest = read_yaml(exported(config(text), Format.KUBERAY, ExportContext()).text)
    assert manifest["spec"]["workerGroupSpecs"][0]["labels"] == {"ray.io/market-type": "spot"}


@pytest.mark.parametrize(
    ("selector", "model"),
    [
        ("cloud.google.com/gke-accelerator: nvidia-l4", "L4"),
        ("cloud.google.com/gke-accelerator: nvidia-h100-mega-80gb", "H100"),
        ("cloud.google.com/gke-accelerator: nvidia-tesla-a100", "A100"),
        ("cloud.google.com/gke-accelerator: nvidia-a100-80gb", "A100-80G"),
        ("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB", "A100-40G"),
        ("nvidia.com/gpu.product: Tesla-T4", "T4"),
        ("nvidia.com/gpu.product: NVIDIA-L40S", "L40S"),
        ("karpenter.k8s.aws/instance-gpu-name: a10g", "A10G"),
        ("k8s.amazonaws.com/accelerator: nvidia-tesla-v100", "V100"),
        ("gpu.nvidia.com/class: H100_NVLINK_80GB", "H100"),
    ],
)
def test_model_of_a_gpu_is_told_by_its_selector(selector: str, model: str) -> None:
    limits = "cpu: 4, memory: 16Gi, nvidia.com/gpu: 1"
    text = cluster(f"[{group(limits=limits, pod=f'nodeSelector: {{{selector}}}')}]")
    found = imported(text)
    hardware = only_group(found).required_resources
    assert hardware is not None
    assert hardware.accelerator == model
    again = written(text)
    assert imported(again.text).config == found.config
    assert not any("accelerator" in loss.path for loss in again.losses)
    assert found.config is not None
    codes = {problem.code for problem in validate(found.config, target=KUBERNETES)}
    assert "accelerator-selector" not in codes


@pytest.mark.parametrize("value", ["present", "true", "nvidia", "Quadro-RTX-6000", ""])
def test_values_without_a_known_model_tell_none(value: str) -> None:
    assert gpu_model_of(value) is None


def test_topology_and_type_of_tpus_are_fields_and_selectors_again() -> None:
    found = imported(TPUS).config
    assert found is not None
    one, two = found.groups
    assert one.required_labels == {ACCELERATOR: "TPU-V6E", TPU_TOPOLOGY: "2x4"}
    assert two.required_labels == {ACCELERATOR: "TPU-V4", TPU_TOPOLOGY: "2x2x2"}
    assert two.required_resources is not None
    assert (two.required_resources.TPU, two.required_resources.tpu_hosts) == (4, 2)
    manifest = read_yaml(written(TPUS).text)
    pods = [one["template"]["spec"] for one in manifest["spec"]["workerGroupSpecs"]]
    assert pods[1]["nodeSelector"] == {
        "cloud.google.com/gke-tpu-accelerator": "tpu-v4-podslice",
        "cloud.google.com/gke-tpu-topology": "2x2x2",
    }
    assert not any("required_labels" in loss.path for loss in written(TPUS).losses)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("tpu-v3-device", "TPU-V3"), ("tpu-v5-lite-device", "TPU-V5LITEPOD"),
        ("tpu-v5-lite-podslice", "TPU-V5LITEPOD"), ("tpu-v5p-slice", "TPU-V5P"),
        ("tpu7x", "TPU-V7X"),
    ],
)  # fmt: skip
def test_every_kind_of_tpu_keeps_its_selector(name: str, model: str) -> None:
    pod = (
        f"nodeSelector: {{cloud.google.com/gke-tpu-accelerator: {name}, "
        "cloud.google.com/gke-tpu-topology: 2x2}"
    )
    text = cluster(f"[{group(limits='cpu: 4, memory: 16Gi, google.com/tpu: 4', pod=pod)}]")
    assert only_group(imported(text)).required_labels[ACCELERATOR] == model
    assert f"gke-tpu-accelerator: {name}" in written(text).text


@pytest.mark.parametrize("name", ["arm64", "amd64"])
def test_architecture_is_a_field(name: str) -> None:
    text = cluster(f"[{group(pod=f'nodeSelector: {{kubernetes.io/arch: {name}}}')}]")
    one = only_group(imported(text))
    assert one.required_resources is not None
    assert one.required_resources.cpu_architecture == {"amd64": "x86_64"}.get(name, name)
    assert one.advanced_instance_config is None


def test_zone_that_every_pod_selects_is_the_clusters() -> None:
    zone = "nodeSelector: {topology.kubernetes.io/zone: us-west1-a}"
    text = cluster(f"[{group(pod=zone)}]")
    assert only_group(imported(text)).advanced_instance_config is not None
    found = imported(
        text.replace("spec: {containers: [{name: h", f"spec: {{{zone}, containers: [{{name: h")
    )
    assert found.config is not None
    assert found.config.zones == ("us-west1-a",)
    assert only_group(found).advanced_instance_config is None
