"""Files of jobs, services and workspaces: the configuration inside is read and can be changed."""

import pytest

from domain.catalogue.region import ANYWHERE
from domain.convert import Format, detect, imported
from domain.convert.workload import workload_of, workload_problem
from domain.validation import check_text
from domain.yaml.text import parse
from domain.yaml.tree import read

JOB = """\
# A nightly job.
name: nightly
compute_config:  # of the job
  # Its head.
  head_node: {instance_type: m5.2xlarge}
  worker_nodes:
    - {name: cpu, instance_type: m5.4xlarge, min_nodes: 6, max_nodes: 4}  # too few

# What runs.
entrypoint: python main.py
image_uri: anyscale/ray:2.60.0-slim
working_dir: .
max_retries: 0
"""
IN_BRACES = """\
name: web
compute_config: {head_node: {instance_type: m5.2xlarge}, worker_nodes: [], cloud: prod}
applications: [{import_path: "main:app"}]
"""
OLDER = """\
compute_config:
    head_node_type: {name: head, instance_type: m5.2xlarge}
    worker_node_types: []
project: mine
"""


@pytest.mark.parametrize("text", [JOB, IN_BRACES, OLDER, OLDER.rpartition("project")[0]])
def test_configuration_inside_is_read_at_its_lines(text: str) -> None:
    workload = workload_of(text)
    assert workload is not None
    inside, outside = read(workload.text), read(text)
    for path, mark in inside.marks.items():
        if path:
            assert outside.marks[f"compute_config.{path}"] == mark
    assert parse(workload.body).draft == parse(workload.text).draft
    assert workload.with_body(workload.body) == text
    head = imported(text).config
    assert head is not None
    assert head.head_node is not None
    assert head.head_node.instance_type == "m5.2xlarge"


def test_keys_of_the_job_are_named_and_its_image_noted() -> None:
    found = imported(JOB)
    assert detect(JOB) is Format.ANYSCALE
    assert {loss.path for loss in found.losses} == {"entrypoint", "working_dir", "max_retries"}
    assert found.notes == {"name": "nightly", "image": "anyscale/ray:2.60.0-slim"}


def test_changed_configuration_leaves_the_rest_of_the_file() -> None:
    workload = workload_of(JOB)
    assert workload is not None
    changed = workload.with_body(workload.body.replace("max_nodes: 4", "max_nodes: 6"))
    assert changed == JOB.replace("max_nodes: 4", "max_nodes: 6")


def test_configuration_in_braces_can_become_a_block() -> None:
    workload = workload_of(IN_BRACES)
    assert workload is not None
    changed = workload.with_body("head_node: {instance_type: m5.large}\nworker_nodes: []\n")
    plain = read(changed).value
    assert plain == {
        "name": "web",
        "compute_config": {"head_node": {"instance_type": "m5.large"}, "worker_nodes": []},
        "applications": [{"import_path": "main:app"}],
    }


def test_problem_stands_at_its_line_of_the_file() -> None:
    workload = workload_of(JOB)
    assert workload is not None
    lines = {problem.line for problem in check_text(workload.text, target=ANYWHERE) if problem.line}
    assert 7 in lines


def test_anchors_outside_of_the_configuration_are_followed() -> None:
    text = """\
defaults: &machine {instance_type: m5.2xlarge}
compute_config:
  head_node: *machine
  worker_nodes: []
entrypoint: a
"""
    config = imported(text).config
    assert config is not None
    assert config.head_node is not None
    assert config.head_node.instance_type == "m5.2xlarge"


@pytest.mark.parametrize(
    ("text", "code"),
    [("name: a\ncompute_config: shared:3\nentrypoint: b\n", "compute-config-by-name"),
     ("name: a\nentrypoint: b\nimage_uri: c\n", "compute-config-missing"),
     ("applications: []\n", "compute-config-missing")],
)  # fmt: skip
def test_file_without_the_configuration_itself_is_refused(text: str, code: str) -> None:
    problem = workload_problem(text)
    assert problem is not None
    assert problem.code == code
    assert workload_of(text) is None
    found = imported(text)
    assert found.config is None
    assert [one.code for one in found.problems] == [code]


@pytest.mark.parametrize(
    "text",
    ["", "[", "- 1", "head_node: {instance_type: m5.large}\n", "compute_config: {\n",
     "head_node: {}\ncompute_config: {head_node: {}}\n", "name: compute_config\n",
     "head_node: {}\ncompute_config: a\n", "a: 1\n---\ncompute_config: {}\n"],
)  # fmt: skip
def test_other_files_are_none_of_these(text: str) -> None:
    assert workload_of(text) is None
    assert workload_problem(text) is None
