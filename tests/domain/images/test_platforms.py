"""Whether an image is built for the machines of each group."""

from __future__ import annotations

import pytest

from domain.images.platforms import machines_wanted, wrong_platforms
from domain.problems import Problem, Severity
from domain.yaml.text import parse
from tests.domain.machines import AWS, KUBERNETES, LOCAL

AMD = {"os": "linux", "architecture": "amd64", "variant": ""}
ARM = {"os": "linux", "architecture": "arm64", "variant": "v8"}
BOTH_GROUPS = """\
head_node: {instance_type: m5.large}
worker_nodes:
  - {name: cheap, instance_type: m7g.4xlarge}
  - {instance_type: m5.4xlarge}
"""


def found(text: str, *platforms: dict[str, str], target: object = AWS) -> list[Problem]:
    config = parse(text).config
    assert config is not None
    return list(wrong_platforms(config, target=target, image="train:3", platforms=platforms))


def test_group_on_arm_needs_an_image_for_arm() -> None:
    [problem] = found(BOTH_GROUPS, AMD)
    assert problem.path == "worker_nodes[0]"
    assert problem.severity is Severity.WARNING
    assert problem.message == (
        "Group cheap runs on m7g.4xlarge, which needs linux/arm64; train:3 has only linux/amd64."
    )
    assert problem.hint == (
        "Choose a machine type with x86_64, or an image version built for linux/arm64."
    )
    assert found(BOTH_GROUPS, AMD, ARM) == []


def test_image_for_arm_alone_fits_neither_head_nor_other_groups() -> None:
    problems = found(BOTH_GROUPS, ARM)
    assert [problem.path for problem in problems] == ["head_node", "worker_nodes[1]"]
    assert problems[0].message == (
        "The head node runs on m5.large, which needs linux/amd64; train:3 has only linux/arm64/v8."
    )
    assert problems[1].message.startswith("Group m5.4xlarge runs on m5.4xlarge")


def test_required_hardware_is_looked_up_as_a_machine_is() -> None:
    text = (
        "worker_nodes:\n"
        "  - name: arm\n"
        "    required_resources: {CPU: 16, memory: 64Gi, cpu_architecture: arm64}\n"
    )
    [problem] = found(text, AMD)
    assert "Group arm runs on m7g.4xlarge" in problem.message


@pytest.mark.parametrize(
    ("platforms", "target"),
    [
        ((), AWS),  # nobody knows what the image is built for
        ((AMD,), LOCAL),  # nothing is pulled
        ((ARM,), KUBERNETES),  # the nodes that a size goes to are not known
    ],
)
def test_nothing_is_said_of_what_is_not_known(
    platforms: tuple[dict[str, str], ...], target: object
) -> None:
    text = "worker_nodes:\n  - name: one\n    required_resources: {CPU: 8, memory: 32Gi}\n"
    assert found(text, *platforms, target=target) == []


def test_pods_that_ask_for_an_architecture_need_it() -> None:
    text = (
        "worker_nodes:\n"
        "  - name: one\n"
        "    required_resources: {CPU: 8, memory: 32Gi, cpu_architecture: arm64}\n"
    )
    assert len(found(text, AMD, target=KUBERNETES)) == 1


def test_windows_is_no_linux() -> None:
    assert len(found(BOTH_GROUPS, {"os": "windows", "architecture": "amd64"}, ARM)) == 2


@pytest.mark.parametrize(
    ("machines", "target", "wanted"),
    [
        (("m5.large", "m5.4xlarge"), AWS, "cpu"),
        (("m5.large", "g5.2xlarge"), AWS, "gpu"),
        (("m7g.4xlarge", "m7g.4xlarge"), AWS, "arm64"),
        (("m5.large", "m7g.4xlarge"), AWS, ""),
        (("m5.large", "x9.unknown"), AWS, ""),
        (("8CPU-32GB", "8CPU-32GB"), LOCAL, ""),
    ],
)
def test_what_a_base_image_must_be_for(
    machines: tuple[str, str], target: object, wanted: str
) -> None:
    head, worker = machines
    text = f"head_node: {{instance_type: {head}}}\nworker_nodes: [{{instance_type: {worker}}}]\n"
    config = parse(text).config
    assert config is not None
    assert machines_wanted(config, target=target) == wanted
