"""Whole files of KubeRay: what is found in them, what is left out, what comes back."""

import kubernetes_validate
import pytest

from domain.configuration.diff import changes
from domain.convert import ExportContext, Format, Imported, detect, exported, imported
from domain.problems import has_errors
from domain.validation.check import validate
from domain.yaml.manifest_words import manifest_scalar
from domain.yaml.manifests import read_manifests
from tests.domain.convert.kuberay import files
from tests.domain.convert.test_formats import RAY_CLUSTER, read_yaml
from tests.domain.machines import KUBERNETES

EVERY_FILE = pytest.mark.parametrize("text", files.ALL.values(), ids=files.ALL.keys())


def lost(found: Imported) -> dict[str, str]:
    return {loss.path: loss.why for loss in found.losses}


@EVERY_FILE
def test_file_becomes_a_valid_configuration(text: str) -> None:
    assert detect(text) is Format.KUBERAY
    found = imported(text)
    assert found.config is not None
    assert not has_errors(found.problems)
    problems = validate(found.config, target=KUBERNETES)
    assert [problem for problem in problems if has_errors([problem])] == []


@EVERY_FILE
def test_what_was_imported_is_a_ray_cluster_again(text: str) -> None:
    before = imported(text).config
    assert before is not None
    setting = ExportContext(name="x", image="ray:1", target=KUBERNETES)
    manifest = read_yaml(exported(before, Format.KUBERAY, setting).text)
    assert [error.message for error in RAY_CLUSTER.iter_errors(manifest)] == []
    spec = manifest["spec"]
    for pod in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        whole = {"apiVersion": "v1", "kind": "Pod", **pod["template"]}
        kubernetes_validate.validate(whole, kubernetes_validate.latest_version(), strict=True)
    after = imported(exported(before, Format.KUBERAY, setting).text).config
    assert after is not None
    different = {change.path.rpartition(".")[2] for change in changes(before, after)}
    # A cluster without the autoscaler is written with the size that it keeps.
    assert different <= (set() if before.mobula.autoscaling else {"max_nodes"})


def test_other_objects_are_named_as_left_out() -> None:
    named = lost(imported(files.SIDECARS))
    assert named["ConfigMap/scripts"] == "Only the cluster is imported."
    assert "PersistentVolumeClaim/redis-data" in named


def test_cluster_is_found_in_a_list() -> None:
    items = [read_yaml(files.CODE.removesuffix("---\n")), read_yaml(files.LABELS)]
    found = imported(str({"apiVersion": "v1", "kind": "List", "items": items}).replace("'", '"'))
    assert found.config is not None
    assert len(found.config.groups) == 3
    assert "ConfigMap/scripts" in lost(found)


def test_first_of_two_clusters_is_read_unless_another_is_named() -> None:
    text = f"{files.cluster()}---\n{files.LABELS}"
    first, second = imported(text), imported(text, name="labels")
    assert first.notes["name"] == "small"
    assert "--name" in lost(first)["RayCluster/labels"]
    assert second.notes["name"] == "labels"
    assert "RayCluster/small" in lost(second)


def test_cluster_of_a_cron_job_is_read_and_its_schedule_named() -> None:
    found = imported(files.CRON_JOB)
    named = lost(found)
    assert found.config is not None
    assert {"spec.schedule", "spec.timeZone", "spec.jobTemplate.entrypoint"} <= named.keys()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (files.CODE.removesuffix("---\n"), "it has ConfigMap/scripts"),
        ("apiVersion: ray.io/v1\nkind: RayCluster\nspec: {}\n", "spec.headGroupSpec is missing"),
        (
            "apiVersion: ray.io/v1\nkind: RayJob\nspec: {clusterSelector: {ray.io/cluster: a}}\n",
            "clusterSelector",
        ),
        (f"{files.cluster()}---\na: [\n", "This is not YAML"),
    ],
)
def test_file_without_a_cluster_says_what_it_has(text: str, word: str) -> None:
    found = imported(text)
    assert found.config is None
    assert word in found.problems[0].message


def test_empty_options_are_no_losses() -> None:
    named = lost(imported(files.CODE_AND_MODES))
    options = {path.rpartition(".")[2] for path in named if "autoscalerOptions" in path}
    assert options == {"imagePullPolicy", "resources"}


def test_container_of_ray_keeps_the_references_to_it() -> None:
    found = imported(files.SIDECARS).config
    assert found is not None
    assert "'containerName': 'ray'" in str(found.head_node)
    text = exported(found, Format.KUBERAY, ExportContext(image="ray:1")).text
    assert "containerName: ray-head" in text


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("0777", 511), ("0o777", 511), ("0x1F", 31), ("0b11", 3), ("-0b11", -3), ("1_000", 1000),
        ("+12", 12), ("08", 8.0), ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("yes", True),
        ("Off", False), ("y", True), ("N", False), ("oN", "oN"), ("1e3", 1000.0), (".5", 0.5),
        ("2020-01-02", "2020-01-02"), ("~", None), ("1.2.3", "1.2.3"), ("500m", "500m"),
    ],
)  # fmt: skip
def test_words_are_read_as_kubernetes_reads_them(word: str, value: object) -> None:
    found = manifest_scalar(word)
    assert found == value
    assert type(found) is type(value)


def test_modes_are_written_as_the_numbers_that_they_are() -> None:
    found = imported(files.CODE_AND_MODES).config
    assert found is not None
    written = exported(found, Format.KUBERAY, ExportContext(image="ray:1")).text
    assert "defaultMode: 493" in written
    assert "mode: 292" in written


@pytest.mark.parametrize("name", ["n", "Y", "on", "0X1F", "1_0"])
def test_words_that_kubernetes_reads_otherwise_are_written_in_quotes(name: str) -> None:
    before = imported(
        files.cluster(f"[{files.group().replace('groupName: g', f'groupName: {name!r}')}]")
    )
    assert before.config is not None
    assert before.config.groups[0].name == name
    text = exported(before.config, Format.MOBULA, ExportContext()).text
    assert f'name: "{name}"' in text


def test_keys_that_are_no_text_become_text() -> None:
    (tree,) = read_manifests("yes: 1\n8080: 2\n'on': 3\n")
    assert tree.value == {"true": 1, "8080": 2, "on": 3}
