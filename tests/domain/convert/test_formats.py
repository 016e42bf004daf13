"""Other formats: what is written passes their own checks, and what is lost is said."""

import gzip
import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import ComputeConfig, MobulaBlock, canonical
from domain.convert import ExportContext, Format, Imported, detect, exported, imported
from domain.yaml.text import dump, parse
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK, configurations
from tests.domain.machines import AWS, GCP, KUBERNETES

ROOT = Path(__file__).parents[2]
ANYSCALE = sorted((Path(__file__).parents[1] / "anyscale").glob("*.yaml"))
WITH_IMAGE = ExportContext(name="train", image="rayproject/ray:2.60.0", ray_version="2.60.0")


def crd() -> dict[str, Any]:
    """The schema of RayCluster v1: the one that is named, else the one beside the tests."""
    if path := os.environ.get("MOBULA_RAYCLUSTER_CRD"):
        documents = list(YAML(typ="safe").load_all(Path(path).read_text(encoding="utf-8")))
        versions = documents[0]["spec"]["versions"]
        found = next(v for v in versions if v["name"] == "v1")
        return dict(found["schema"]["openAPIV3Schema"])
    packed = (ROOT / "fixtures" / "raycluster-v1-schema.json.gz").read_bytes()
    return dict(json.loads(gzip.decompress(packed)))


def strict(schema: Any) -> Any:
    """The schema as Kubernetes reads it: unknown fields are refused, int-or-string is either."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if found.pop("x-kubernetes-int-or-string", False):
        return {"type": ["integer", "string"]}
    keeps = found.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(found.get("properties"), dict) and not keeps:
        found.setdefault("additionalProperties", False)
    return found


def ray_cluster_checks() -> jsonschema.Draft7Validator:
    schema = crd()
    schema["properties"]["metadata"] = {"type": "object"}
    found = strict({**schema, "properties": {**schema["properties"]}})
    found["properties"]["metadata"] = {"type": "object"}
    return jsonschema.Draft7Validator(found)


def ray_up_checks() -> jsonschema.Draft7Validator:
    ray = find_spec("ray")
    assert ray is not None
    assert ray.origin is not None
    path = Path(ray.origin).parent / "autoscaler" / "ray-schema.json"
    return jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


RAY_CLUSTER, RAY_UP = ray_cluster_checks(), ray_up_checks()


def read_yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)


def config(text: str) -> ComputeConfig:
    found = parse(text).config
    assert found is not None, parse(text).problems
    return found


def without_ours(one: ComputeConfig) -> ComputeConfig:
    return one.replace(mobula=MobulaBlock())


def test_schema_of_the_cluster_does_refuse_what_is_wrong() -> None:
    text = exported(config(GPU_WITH_FALLBACK), Format.KUBERAY, WITH_IMAGE).text
    manifest = read_yaml(text)
    manifest["spec"]["workerGroupSpecs"][0]["maxReplica"] = 3
    assert list(RAY_CLUSTER.iter_errors(manifest))


@pytest.mark.parametrize("path", ANYSCALE, ids=lambda path: path.stem)
def test_anyscales_examples_survive_their_own_format(path: Path) -> None:
    before = config(path.read_text(encoding="utf-8"))
    written = exported(before, Format.ANYSCALE, ExportContext())
    assert written.losses == ()
    again = imported(written.text, Format.ANYSCALE).config
    assert again == before
    assert exported(before, Format.ANYSCALE, ExportContext()).text == dump(before)


@pytest.mark.parametrize("path", ANYSCALE, ids=lambda path: path.stem)
def test_examples_survive_the_older_schema_but_for_what_is_named(path: Path) -> None:
    before = config(path.read_text(encoding="utf-8"))
    written = exported(before, Format.ANYSCALE_LEGACY, ExportContext())
    assert {loss.path for loss in written.losses} <= {"cloud_resource"}
    again = imported(written.text, detect(written.text)).config
    assert again is not None
    assert canonical(without_ours(again).replace(cloud_resource=None)) == canonical(
        without_ours(before).replace(cloud_resource=None)
    )


@pytest.mark.parametrize("path", ANYSCALE, ids=lambda path: path.stem)
@pytest.mark.parametrize("target", [ANYWHERE, AWS, KUBERNETES], ids=["any", "aws", "kubernetes"])
def test_examples_are_valid_ray_clusters(path: Path, target: Any) -> None:
    setting = ExportContext(name="A name", image="ray:1", ray_version="2.60.0", target=target)
    text = exported(config(path.read_text(encoding="utf-8")), Format.KUBERAY, setting).text
    assert [error.message for error in RAY_CLUSTER.iter_errors(read_yaml(text))] == []
    assert detect(text) is Format.KUBERAY


@pytest.mark.parametrize("path", ANYSCALE, ids=lambda path: path.stem)
@pytest.mark.parametrize("target", [ANYWHERE, AWS, GCP], ids=["any", "aws", "gcp"])
def test_examples_are_valid_for_ray_up(path: Path, target: Any) -> None:
    setting = ExportContext(name="train", image="ray:1", target=target)
    text = exported(config(path.read_text(encoding="utf-8")), Format.RAY_UP, setting).text
    assert [error.message for error in RAY_UP.iter_errors(read_yaml(text))] == []
    assert detect(text) is Format.RAY_UP


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


def test_ray_up_comes_back_but_for_what_was_named() -> None:
    text = (ANYSCALE[0].parent / "01_aws_gpu_spot_fallback.yaml").read_text(encoding="utf-8")
    before = config(text)
    written = exported(before, Format.RAY_UP, ExportContext(name="train", target=AWS))
    again = imported(written.text).config
    assert again is not None
    assert again.zones == before.zones
    for old, new in zip(before.groups, again.groups, strict=True):
        assert (new.name, new.instance_type) == (old.name, old.instance_type)
        assert (new.min_nodes, new.max_nodes, new.labels) == (
            old.min_nodes,
            old.max_nodes,
            old.labels,
        )
    assert {"worker_nodes[0].market_type", "cloud"} <= {loss.path for loss in written.losses}


def test_cluster_inside_a_job_is_read() -> None:
    manifest = read_yaml(exported(config(GPU_WITH_FALLBACK), Format.KUBERAY, WITH_IMAGE).text)
    job = {"kind": "RayJob", "spec": {"rayClusterSpec": manifest["spec"]}}
    found = imported(json.dumps(job), Format.KUBERAY)
    assert found.config is not None
    assert len(found.config.groups) == 3


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    "text",
    ["", "[", "a", "- 1", "{}", "spec: 3", "kind: RayCluster\nspec: {headGroupSpec: 1}",
     "cluster_name: a\nhead_node_type: [1]", "available_node_types: {a: 1}\nhead_node_type: a",
     "spec: {headGroupSpec: {template: {spec: {containers: [1, {resources: {limits: 3}}]}}}}"],
)  # fmt: skip
def test_junk_is_a_problem_and_never_an_exception(form: Format, text: str) -> None:
    assert isinstance(imported(text, form), Imported)
    assert isinstance(imported(text), Imported)


@EXAMPLES
@given(configurations, st.sampled_from([ANYWHERE, AWS, GCP, KUBERNETES]))
def test_any_configuration_is_written_and_read_in_every_format(
    one: ComputeConfig, target: Any
) -> None:
    for form in Format:
        written = exported(one, form, ExportContext(name="x", target=target))
        assert isinstance(imported(written.text, form), Imported)


@EXAMPLES
@given(configurations)
def test_anyscale_carries_all_but_our_block(one: ComputeConfig) -> None:
    written = exported(one, Format.ANYSCALE, ExportContext())
    assert imported(written.text, Format.ANYSCALE).config == without_ours(one)
    has_ours = one.mobula != MobulaBlock()
    assert bool(written.losses) is has_ours


@EXAMPLES
@given(configurations)
def test_own_format_carries_everything(one: ComputeConfig) -> None:
    written = exported(one, Format.MOBULA, ExportContext())
    assert imported(written.text, Format.MOBULA).config == one


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


def test_ray_up_gets_half_minutes_whole_resources_and_the_idle_time_of_a_group() -> None:
    text = GPU_WITH_FALLBACK.replace("licence: 1", "licence: 1.5")
    text += "  worker_idle_seconds: 90\n  groups: {train: {worker_idle_seconds: 20}}\n"
    written = exported(config(text), Format.RAY_UP, ExportContext(target=AWS))
    plain = read_yaml(written.text)
    assert plain["idle_timeout_minutes"] == 1.5
    assert plain["available_node_types"]["train"]["idle_timeout_s"] == 20
    assert plain["available_node_types"]["train"]["resources"]["licence"] == 1
    assert "worker_nodes[1].resources.licence" in {one.path for one in written.losses}
    again = imported(written.text).config
    assert again is not None
    assert again.idle_seconds_of("train") == 20
    assert again.worker_idle_seconds == 90


THEIRS = """\
apiVersion: ray.io/v1
kind: RayJob
metadata: {name: nightly, namespace: ml}
spec:
  entrypoint: python train.py
  rayClusterSpec:
    enableInTreeAutoscaling: true
    autoscalerOptions: {upscalingMode: Conservative, idleTimeoutSeconds: 30}
    headGroupSpec:
      serviceType: NodePort
      rayStartParams: {}
      template:
        spec:
          containers:
            - {name: ray-head, image: "ray:1", resources: {limits: {cpu: 1500m, memory: 4Gi}}}
    workerGroupSpecs:
      - groupName: a
        rayStartParams: {resources: '"{\\"licence\\": 2}"', num-cpus: many}
        resources: {memory: 4Gi}
        template:
          spec:
            affinity:
              nodeAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                  nodeSelectorTerms:
                    - matchExpressions:
                        - {key: topology.kubernetes.io/zone, operator: In, values: [zone-a]}
            containers:
              - name: ray-worker
                image: ray:2
                resources:
                  requests: {cpu: "2", memory: 4Gi, vpc.amazonaws.com/efa: "1"}
                  limits: {cpu: "4", memory: 4Gi, vpc.amazonaws.com/efa: "1"}
"""


def test_all_that_a_foreign_cluster_says_is_read_or_named() -> None:
    found = imported(THEIRS)
    assert {loss.path.removeprefix("spec.rayClusterSpec.") for loss in found.losses} == {
        "metadata.namespace",
        "spec.entrypoint",
        "autoscalerOptions.upscalingMode",
        "headGroupSpec",
        "headGroupSpec.serviceType",
        "headGroupSpec.template.resources.cpu",
        "workerGroupSpecs[0].maxReplicas",
        "workerGroupSpecs[0].resources.CPU",
        "workerGroupSpecs[0].template.image",
        "workerGroupSpecs[0].template.resources.requests.cpu",
    }
    assert found.config is not None
    group = found.config.groups[0]
    assert group.resources == {"licence": 2, "memory": 4 * 2**30}
    block = group.advanced_instance_config or {}
    assert block["spec"]["containers"][0]["resources"]["limits"] == {"vpc.amazonaws.com/efa": "1"}


def test_zones_of_one_group_bind_neither_the_head_nor_the_others() -> None:
    found = imported(THEIRS).config
    assert found is not None
    assert found.zones is None
    assert "zone-a" in str(found.groups[0].advanced_instance_config)


def test_market_of_a_launchers_machine_is_read_from_its_block() -> None:
    text = """
cluster_name: theirs
provider: {type: gcp, region: us-west1, project_id: mine}
max_workers: 3
idle_timeout_minutes: soon
head_node_type: head
available_node_types:
  head: {node_config: {machineType: n2-standard-8}, resources: {CPU: 0}}
  a:
    max_workers: 9
    node_config:
      machineType: n2-standard-8
      scheduling: [{preemptible: true, onHostMaintenance: TERMINATE}]
"""
    found = imported(text)
    assert {loss.path for loss in found.losses} == {
        "provider.region", "provider.project_id", "max_workers", "idle_timeout_minutes",
    }  # fmt: skip
    assert found.notes == {"name": "theirs"}
    assert found.config is not None
    group = found.config.groups[0]
    assert group.market_type == "SPOT"
    assert group.advanced_instance_config == {
        "instanceProperties": {"scheduling": {"onHostMaintenance": "TERMINATE"}}
    }
