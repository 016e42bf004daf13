"""`mobula validate|convert|price|diff`: the same answers as the pages, without a server."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mobula.cli import main
from tests.domain.convert.kuberay import files

AWS = """\
cloud: prod
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - {name: cpu, instance_type: m5.4xlarge, min_nodes: 1, max_nodes: 4}
mobula:
  image: ray:1
  environments: {prod: {worker_nodes: [{name: cpu, max_nodes: 0}]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "aws.yaml"
    path.write_text(AWS.replace("max_nodes: 0", "max_nodes: 9"))
    return path


def test_types_are_checked_against_the_provider(file: Path, capsys: object) -> None:
    assert main(["validate", str(file), "--provider", "aws", "--region", "us-west-2"]) == 0
    assert main(["validate", str(file), "--provider", "gcp"]) == 1
    assert main(["validate", str(file), "--provider", "aws", "--region", "moon-1"]) == 2


def test_environment_is_checked_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prod.yaml"
    path.write_text(AWS.replace("max_nodes: 0", "zones: []"))
    assert main(["validate", str(path), "--environment", "dev"]) == 1
    assert "environments.prod" in capsys.readouterr().out


def test_environment_that_there_is_not_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(file), "--environment", "moon"]) == 2
    assert "unknown environment 'moon': use one of dev, test, prod" in capsys.readouterr().err


def test_environment_of_any_name_is_checked_where_the_file_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "eu.yaml"
    path.write_text(AWS.replace("{prod: ", "{prod-EU_1: "))
    assert main(["validate", str(path), "--environment", "prod-EU_1"]) == 1
    assert "worker_nodes[0]" in capsys.readouterr().out
    assert main(["validate", str(path), "--environment", "prod-US"]) == 2
    assert "use one of dev, test, prod, prod-EU_1." in capsys.readouterr().err


def test_price_of_several_resources_says_that_it_is_the_firsts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "several.yaml"
    one = "{cloud_resource: NAME, head_node: {instance_type: m5.2xlarge}, worker_nodes: []}"
    path.write_text(f"configs: [{one.replace('NAME', 'a')}, {one.replace('NAME', 'b')}]\n")
    assert main(["price", str(path), "--provider", "aws"]) == 0
    assert "only the first cloud resource is priced" in capsys.readouterr().err


def test_fixes_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("head_node: {instance_typ: a}  # why\nworker_nodes: []\n")
    assert main(["validate", str(path), "--fix"]) == 1
    out = capsys.readouterr().out
    assert "head_node: {instance_type: a}" in out
    assert "# why" in out
    assert "instance_typ:" in path.read_text()


def test_fixes_are_written_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("head_node: {instance_typ: a}  # why\nworker_nodes: []\n")
    assert main(["validate", str(path), "--write"]) == 2
    assert main(["validate", str(path)]) == 1
    assert "--fix: " in capsys.readouterr().out
    main(["validate", str(path), "--fix", "--write"])
    assert path.read_text().startswith("head_node: {instance_type: a} # why")
    assert main(["validate", str(path)]) == 0


def test_conversion_goes_to_the_output_and_losses_beside_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(file), "--to", "kuberay", "--provider", "aws"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("apiVersion: ray.io/v1")
    assert "Not carried over: mobula.environments" in err


def test_conversion_comes_back(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["convert", str(file), "--to", "ray-up", "--provider", "aws"])
    file.write_text(capsys.readouterr().out)
    assert main(["convert", str(file), "--to", "mobula"]) == 0
    assert "instance_type: m5.4xlarge" in capsys.readouterr().out
    assert main(["convert", str(file), "--to", "ray-up", "--provider", "aws"]) == 0
    assert "cluster_name: ray-cluster" in capsys.readouterr().out


def test_what_is_no_cluster_is_not_converted(file: Path, capsys: object) -> None:
    file.write_text("kind: RayCluster\n")
    assert main(["convert", str(file), "--to", "mobula"]) == 1
    assert main(["convert", str(file.parent / "none"), "--to", "mobula"]) == 2


def test_image_and_version_of_ray_are_kept_or_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = files.cluster(spec='rayVersion: "2.46.0"').replace("ray:1", "registry/own:r7")
    file.write_text(text)
    assert main(["convert", str(file), "--to", "mobula"]) == 0
    named = capsys.readouterr().err
    assert "image: registry/own:r7: register the image" in named
    assert "rayVersion: Ray 2.46.0" in named
    assert main(["convert", str(file), "--to", "anyscale"]) == 0
    assert "image: registry/own:r7" in capsys.readouterr().err
    assert main(["convert", str(file), "--to", "kuberay"]) == 0
    written = capsys.readouterr()
    assert "image: registry/own:r7" in written.out
    assert "rayVersion: 2.46.0" in written.out
    assert "register the image" not in written.err
    assert main(["convert", str(file), "--to", "ray-up"]) == 0
    written = capsys.readouterr()
    assert "image: registry/own:r7" in written.out
    assert "rayVersion: Ray 2.46.0" in written.err


def test_one_of_several_clusters_is_chosen_by_its_name(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{files.CODE}{files.cluster()}---\n{files.LABELS}")
    assert main(["convert", str(file), "--to", "mobula"]) == 0
    assert "RayCluster/labels: The file has 2 clusters" in capsys.readouterr().err
    assert main(["convert", str(file), "--to", "mobula", "--name", "labels"]) == 0
    written = capsys.readouterr()
    assert "name: large-cpu" in written.out
    assert "ConfigMap/scripts: Only the cluster is imported." in written.err


def test_price_is_that_of_the_region(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", str(file), "--provider", "aws", "--region", "us-east-1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["minimum"] == "1.152"  # 0.384 for the head, 0.768 for the worker
    assert main(["price", str(file), "--provider", "aws"]) == 0
    assert "$1.152/h" in capsys.readouterr().out


def test_machine_without_a_price_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", str(file)]) == 1  # this machine has no m5
    shown = capsys.readouterr()
    assert "unknown" in shown.out
    assert "no price is known for m5.2xlarge" in shown.err


@pytest.mark.parametrize(
    "command", [["validate"], ["price"], ["convert", "--to", "kuberay"], ["diff", "-"]]
)
def test_what_cannot_be_read_is_named_with_the_reason(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(AWS.encode())))
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\x00\xfe")
    for file, why in (
        (tmp_path / "none", "no such file"),
        (tmp_path, "Is a directory"),
        (binary, "not UTF-8 text"),
    ):
        assert main([*command, str(file)]) == 2
        assert f"mobula: {file} cannot be read: {why}." in capsys.readouterr().err
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(AWS.encode())))


@pytest.mark.parametrize(
    "wrong",
    [["convert", "x"], ["validate"], ["price", "x", "--provider", "azure"], ["diff", "x"],
     ["convert", "x", "--to", "terraform"], ["validate", "x", "--colour"]],
)  # fmt: skip
def test_wrong_options_are_refused_with_the_usage(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert "usage: mobula" in capsys.readouterr().err


def test_standard_input_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "-", "-"]) == 2
    assert "only one of the files" in capsys.readouterr().err


def test_difference_has_its_effect(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = file.parent / "other.yaml"
    other.write_text(file.read_text().replace("max_nodes: 4", "max_nodes: 6"))
    assert main(["diff", str(file), str(other), "--provider", "kubernetes"]) == 1
    assert "[live] Group cpu: Maximum nodes: 4 → 6" in capsys.readouterr().out
    assert main(["diff", str(file), str(file)]) == 0
    assert main(["diff", str(file), str(file.parent / "none")]) == 2


JOB = """\
name: nightly  # of ours
compute_config:
  head_node: {instance_type: m5.2xlarge}
  worker_nodes:
    - {name: cpu, instance_type: m5.4xlarge, min_nodes: 5, max_nodes: 4}
entrypoint: python main.py
"""


def test_configuration_inside_a_job_is_checked_at_its_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    assert main(["validate", str(path), "--provider", "aws"]) == 1
    shown = capsys.readouterr()
    assert f"{path}:5:" in shown.out
    assert "worker_nodes[0].max_nodes" in shown.out
    assert "not `name`, `entrypoint`" in shown.err


def test_fixes_of_a_configuration_inside_a_job_keep_the_job(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(JOB.replace("max_nodes: 4", 'max_nodes: "6"'))
    main(["validate", str(path), "--fix", "--write"])
    assert path.read_text() == JOB.replace("max_nodes: 4", "max_nodes: 6")


def test_suggestions_are_printed_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    main(["validate", str(path), "--fix", "--write"])
    assert path.read_text() == JOB
    line = next(n for n, x in enumerate(JOB.splitlines(), start=1) if "max_nodes" in x)
    err = capsys.readouterr().err
    assert f"Not fixed: {path}:{line}:" in err
    assert "Suggestion: Set to 5." in err


@pytest.mark.parametrize("command", [["validate"], ["price", "--provider", "aws"]])
def test_named_configuration_of_a_job_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("name: a\ncompute_config: shared:1\nentrypoint: b\n")
    assert main([*command, str(path)]) == 2
    assert "name of a saved configuration: 'shared:1'" in capsys.readouterr().err


def test_configuration_inside_a_job_is_priced_planned_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job, demand = tmp_path / "job.yaml", tmp_path / "demand.txt"
    job.write_text(JOB.replace("max_nodes: 4", "max_nodes: 6"))
    demand.write_text("1 x CPU:2\n")
    other = tmp_path / "other.yaml"
    other.write_text(
        "head_node: {instance_type: m5.2xlarge}\n"
        "worker_nodes: [{name: cpu, instance_type: m5.4xlarge, min_nodes: 5, max_nodes: 6}]\n"
    )
    assert main(["price", str(job), "--provider", "aws"]) == 0
    assert main(["plan", str(job), "--provider", "aws", "--demand", str(demand)]) == 0
    assert main(["diff", str(job), str(other)]) == 0
    capsys.readouterr()
