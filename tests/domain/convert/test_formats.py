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
from domain.configuration.spec import ComputeConfig, MobulaBlock, WorkerGroup, canonical
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
    block = one.mobula.model_copy(
        update={"autoscaling": True, "merge_instance_config": False, "worker_idle_seconds": 60}
    )
    one = one.replace(mobula=block)
    written = exported(one, Format.ANYSCALE, ExportContext())
    assert imported(written.text, Format.ANYSCALE).config == without_ours(one)
    has_ours = one.mobula != MobulaBlock()
    assert bool(written.losses) is has_ours


@EXAMPLES
@given(configurations)
def test_own_format_carries_everything(one: ComputeConfig) -> None:
    written = exported(one, Format.MOBULA, ExportContext())
    assert imported(written.text, Format.MOBULA).config == one


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
        "provider.region", "provider.project_id", "idle_timeout_minutes",
    }  # fmt: skip
    assert found.notes == {"name": "theirs"}
    assert found.config is not None
    group = found.config.groups[0]
    assert group.market_type == "SPOT"
    assert group.advanced_instance_config == {
        "instanceProperties": {"scheduling": {"onHostMaintenance": "TERMINATE"}}
    }


@pytest.mark.parametrize(("most", "written"), [(None, 20), (7, 7), (90, 20)])
def test_maximum_of_nodes_and_speed_are_ray_ups_own(most: int | None, written: int) -> None:
    groups = (WorkerGroup(name="a", instance_type="m5.large"),) * 2
    block = MobulaBlock(max_nodes=most, upscaling_speed=1.5)
    found = exported(
        ComputeConfig(worker_nodes=groups, mobula=block), Format.RAY_UP, ExportContext()
    )
    plain = read_yaml(found.text)
    assert (plain["max_workers"], plain["upscaling_speed"]) == (written, 1.5)


def test_maximum_of_nodes_survives_the_older_schema() -> None:
    block = MobulaBlock(max_nodes=7)
    found = exported(ComputeConfig(mobula=block), Format.ANYSCALE_LEGACY, ExportContext())
    again = parse(found.text).config
    assert again is not None
    assert again.mobula.max_nodes == 7
