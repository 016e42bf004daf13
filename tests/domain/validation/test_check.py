"""What the examples of docs/configuration.md do not show: places, limits between rules, silence."""

from typing import Any

import pytest

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.problems import Problem, Severity
from domain.validation import check_text, validate
from tests.domain.configurations import GPU_WITH_FALLBACK
from tests.domain.machines import GIB, MACHINES

HEAD = {"instance_type": "m5.2xlarge"}


def problems(*, target: RegionCatalogue = MACHINES, **values: Any) -> list[Problem]:
    whole = {"head_node": HEAD, "worker_nodes": [], **values}
    return validate(ComputeConfig.model_validate(whole), target=target)


def found(**values: Any) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in problems(**values)]


def group(**values: Any) -> dict[str, Any]:
    return {"instance_type": "m5.4xlarge", **values}


# Each is refused by Anyscale's own checks; the second column is where.
REJECTED = [
    ("head_node: {resources: {CPU: 8}}", "head_node.instance_type"),
    (
        "worker_nodes: [{instance_type: m5.4xlarge, min_nodes: 5, max_nodes: 2}]",
        "worker_nodes[0].max_nodes",
    ),
    (
        "worker_nodes: [{instance_type: m5.4xlarge, market_type: spot}]",
        "worker_nodes[0].market_type",
    ),
    ('max_resources: {CPU: "400"}', "max_resources.CPU"),
    (
        "head_node: {required_resources: {CPU: 8, memory: 32}}",
        "head_node.required_resources.memory",
    ),
    (
        "head_node: {required_resources: {CPU: 4, memory: 16Gi}, resources: {CPU: 8}}",
        "head_node.resources.CPU",
    ),
    ("cloud: c\nconfigs: []", "configs"),
    ("worker_nodes: [{instance_type: m5.4xlarge, max_nodes: 0}]", "worker_nodes[0].max_nodes"),
]


@pytest.mark.parametrize(("text", "path"), REJECTED)
def test_what_anyscale_rejects_is_an_error_at_its_place(text: str, path: str) -> None:
    errors = [p for p in check_text(text, target=ANYWHERE) if p.severity is Severity.ERROR]
    assert [problem.path for problem in errors] == [path]


def test_a_good_configuration_has_nothing_wrong() -> None:
    assert check_text(GPU_WITH_FALLBACK, target=ANYWHERE) == []


def test_mistakes_of_form_and_of_meaning_are_reported_together_in_the_order_of_lines() -> None:
    text = (
        "head_node:\n"
        "  instance_type: m5.2xlrage\n"
        "worker_nodes:\n"
        "  - instance_type: m5.4xlarge\n"
        "    min_nodes: 7\n"
        "    max_nodes: 3\n"
        "    market: spot\n"
        "zones: []\n"
        "mobula: {image: ray}\n"
    )
    found = check_text(text, target=MACHINES)
    assert [(p.line, p.column, p.path, p.code) for p in found] == [
        (2, 3, "head_node.instance_type", "unknown-instance-type"),
        (6, 5, "worker_nodes[0].max_nodes", "max-below-min"),
        (7, 5, "worker_nodes[0].market", "unknown-key"),
        (8, 1, "zones", "zones-empty"),
        (9, 10, "mobula.image", "image-form"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "worker_nodes: [{instance_type: a, min_nodes: 50, max_nodes: many}]",
        "worker_nodes: [{instance_type: 7}]",
        "worker_nodes: [{required_resources: 7}]",
        "head_node: 7\nworker_nodes: []\nmin_resources: {GPU: 1}",
        "worker_nodes: 7",
        "head_node: {required_resources: {CPU: many, memory: 1Gi}}\nworker_nodes: []",
    ],
)
def test_what_could_not_be_read_is_not_called_missing_as_well(text: str) -> None:
    errors = [p for p in check_text(text, target=ANYWHERE) if p.severity is Severity.ERROR]
    assert len(errors) == 1


def test_a_problem_of_a_missing_key_stands_at_what_is_around_it() -> None:
    problem = check_text("cloud: a\nhead_node:\n  labels: {}\n", target=ANYWHERE)[0]
    assert (problem.path, problem.line) == ("head_node.instance_type", 2)


def test_types_are_taken_on_trust_when_no_catalogue_is_given() -> None:
    values = {"head_node": {"instance_type": "?"}, "min_resources": {"GPU": 1}}
    assert found(target=ANYWHERE, **values) == []


def test_an_unknown_type_is_led_to_a_known_one() -> None:
    problem = problems(head_node={"instance_type": "M5.2XLARGE"})[0]
    assert (problem.code, problem.hint) == ("unknown-instance-type", "Did you mean `m5.2xlarge`?")


def test_pretending_more_gpus_than_a_named_type_has_is_only_a_warning() -> None:
    problem = problems(head_node={**HEAD, "resources": {"GPU": 2}})[0]
    assert problem.code == "logical-exceeds-physical"
    assert problem.severity is Severity.WARNING
    assert problem.message == "The node reports 2 GPU, but its machine has 0 GPU."


def test_the_second_group_of_a_name_is_pointed_to_the_first() -> None:
    groups = [group(name="a"), group(name="b"), group(name="a")]
    problem = problems(worker_nodes=groups)[0]
    assert (problem.path, problem.code) == ("worker_nodes[2].name", "duplicate-group-name")
    assert "worker_nodes[0]" in problem.hint


def test_a_group_may_hold_exactly_the_clusters_maximum() -> None:
    limits = {"max_resources": {"CPU": 32}, "min_resources": {"CPU": 32}}
    assert found(worker_nodes=[group(min_nodes=2, max_nodes=2)], **limits) == []


def test_the_head_counts_towards_the_maximum_once_it_takes_work() -> None:
    head = {**HEAD, "resources": {"CPU": 8}}
    values = {"worker_nodes": [group(min_nodes=2, max_nodes=2)], "max_resources": {"CPU": 32}}
    assert found(**values) == []
    assert ("max_resources.CPU", "minima-exceed-maximum") in found(head_node=head, **values)


def test_the_effective_maximum_of_a_group_is_told_with_its_reason() -> None:
    groups = [{"instance_type": "g5.2xlarge", "max_nodes": 10}]
    problem = problems(worker_nodes=groups, max_resources={"GPU": 6})[0]
    assert (problem.path, problem.severity) == ("worker_nodes[0].max_nodes", Severity.HINT)
    assert problem.message == "At most 6 nodes can run because of max_resources.GPU."


def test_a_maximum_that_an_unknown_machine_may_fit_into_says_nothing() -> None:
    assert found(
        target=ANYWHERE, worker_nodes=[group()], max_resources={"CPU": 1}
    ) == []  # fmt: skip


def test_with_autoscaling_off_only_the_sizes_count() -> None:
    fixed = {"mobula": {"autoscaling": False}, "max_resources": {"CPU": 32}}
    assert found(worker_nodes=[group(min_nodes=2)], **fixed) == []
    short = {**fixed, "min_resources": {"CPU": 32}}
    assert found(worker_nodes=[group(min_nodes=1)], **short) == [
        ("min_resources.CPU", "minimum-out-of-reach")
    ]


@pytest.mark.parametrize(
    ("label", "value", "is_taken"),
    [
        ("stage", "a" * 63, True),
        ("stage", "", True),
        ("ray.io/accelerator-type", "L4", True),
        ("stage", "a b", False),
        ("stage", "-a", False),
        ("/a", "b", False),
        ("", "b", False),
        ("a/", "b", False),
        ("a" * 64, "b", False),
    ],
)
def test_labels_are_checked_as_ray_checks_them(label: str, value: str, is_taken: bool) -> None:
    assert (found(head_node={**HEAD, "labels": {label: value}}) == []) is is_taken


def test_a_key_that_needs_brackets_gets_them_in_the_path() -> None:
    head = {**HEAD, "labels": {"a.b/c": "?"}}
    assert found(head_node=head) == [('head_node.labels["a.b/c"]', "label-characters")]


@pytest.mark.parametrize(
    ("image", "is_one"),
    [("ray-ml:3", True), ("team/ray:2.60.0-gpu", True), ("ray", False), ("ray:", False),
     (":3", False), ("a:b:c", False), ("ray ml:3", False), ("", False)],
)  # fmt: skip
def test_an_image_is_a_name_and_a_version(image: str, is_one: bool) -> None:
    assert (found(mobula={"image": image}) == []) is is_one


def test_declared_hardware_is_served_by_a_type_with_exactly_its_gpus() -> None:
    asked = {"CPU": 4, "memory": 16 * GIB}
    assert found(head_node={"required_resources": {**asked, "GPU": 1}}) == []
    assert found(head_node={"required_resources": {**asked, "GPU": 2}}) == [
        ("head_node.required_resources", "no-type-fits")
    ]
