from typing import Any

import pytest
from hypothesis import given

from domain.configuration.diff import changes, sentence
from domain.configuration.spec import ComputeConfig, digest
from tests.domain.configurations import EXAMPLES, configurations

GROUPS = [{"name": "cpu", "instance_type": "m5.4xlarge"}, {"name": "gpu", "instance_type": "g5"}]


def config(**values: Any) -> ComputeConfig:
    return ComputeConfig.model_validate({"worker_nodes": GROUPS, **values})


def only_change(new: ComputeConfig) -> tuple[str, str, object, object]:
    [change] = changes(config(), new)
    return change.path, change.label, change.old, change.new


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ({"cloud": "b"}, ("cloud", "Cloud", None, "b")),
        ({"zones": ["a", "b"]}, ("zones", "Zones", None, ["a", "b"])),
        ({"max_resources": {"GPU": 4}}, ("max_resources.GPU", "Cluster maximum GPU", None, 4.0)),
        ({"flags": {"x": {"y": 1}}}, ("flags.x", "Flag x", None, {"y": 1})),
        (
            {"mobula": {"idle_minutes": 0}},
            ("mobula.idle_minutes", "Terminate when idle for (minutes)", 30, 0),
        ),
        (
            {"head_node": {"instance_type": "m5"}},
            ("head_node.instance_type", "Head: Instance type", None, "m5"),
        ),
        (
            {"worker_nodes": [GROUPS[0], {**GROUPS[1], "max_nodes": 3}]},
            ("worker_nodes[gpu].max_nodes", "Group gpu: Maximum nodes", 10, 3),
        ),
        (
            {"worker_nodes": [{**GROUPS[0], "labels": {"a": "b"}}, GROUPS[1]]},
            ("worker_nodes[cpu].labels.a", "Group cpu: Label a", None, "b"),
        ),
        (
            {"worker_nodes": [GROUPS[1], GROUPS[0]]},
            ("worker_nodes", "Order of the groups", ["cpu", "gpu"], ["gpu", "cpu"]),
        ),
        (
            {"worker_nodes": GROUPS[:1]},
            ("worker_nodes[gpu]", "Group gpu", {"name": "gpu", "instance_type": "g5"}, None),
        ),
        (
            {"worker_nodes": [*GROUPS, {"instance_type": "x"}]},
            ("worker_nodes[x]", "Group x", None, {"name": "x", "instance_type": "x"}),
        ),
    ],
)
def test_a_change_is_told_with_its_path_in_words_and_both_values(
    values: dict[str, Any], change: tuple[str, str, object, object]
) -> None:
    assert only_change(config(**values)) == change


def test_a_new_name_is_a_group_gone_and_a_group_come() -> None:
    renamed = config(worker_nodes=[GROUPS[0], {**GROUPS[1], "name": "big"}])
    assert [(c.path, c.old is None) for c in changes(config(), renamed)] == [
        ("worker_nodes[gpu]", False),
        ("worker_nodes[big]", True),
    ]


def test_true_and_one_are_different_and_one_and_one_point_zero_are_not() -> None:
    assert changes(config(flags={"a": 1}), config(flags={"a": 1.0})) == []
    [change] = changes(config(flags={"a": 1}), config(flags={"a": True}))
    assert (change.path, change.label) == ("flags.a", "Flag a")
    assert (change.old, change.new) == (1, True)


def test_a_flag_that_is_null_is_not_a_flag_left_out() -> None:
    assert [change.path for change in changes(config(), config(flags={"a": None}))] == ["flags.a"]


def test_two_groups_of_one_name_are_told_apart() -> None:
    double = config(worker_nodes=[GROUPS[0], {**GROUPS[0], "max_nodes": 2}])
    assert changes(double, double) == []
    [change] = changes(double, config(worker_nodes=[GROUPS[0], GROUPS[0]]))
    assert change.path == "worker_nodes[cpu#2].max_nodes"


def test_groups_left_out_and_an_empty_list_of_groups_differ() -> None:
    [change] = changes(config(worker_nodes=None), config(worker_nodes=[]))
    assert (change.path, change.old, change.new) == ("worker_nodes", None, [])


@EXAMPLES
@given(configurations, configurations)
def test_there_are_changes_exactly_if_the_digests_differ(
    old: ComputeConfig, new: ComputeConfig
) -> None:
    assert changes(old, old) == []
    assert (changes(old, new) == []) is (digest(old) == digest(new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"cloud": "a"}, {"cloud": "b"}, "Cloud: a → b"),
        ({}, {"zones": ["x", "y"]}, "Zones: not set → x, y"),
        ({}, {"mobula": {"autoscaling": False}}, "Autoscaling: on → off"),
        ({"max_resources": {"CPU": 4}}, {}, "Cluster maximum CPU: 4 → not set"),
        ({}, {"worker_nodes": [{"name": "gpu", "instance_type": "x"}]}, "Group gpu added"),
        ({"worker_nodes": [{"name": "gpu", "instance_type": "x"}]}, {}, "Group gpu removed"),
    ],
)
def test_change_reads_as_a_sentence(
    old: dict[str, object], new: dict[str, object], words: str
) -> None:
    before, after = ComputeConfig.model_validate(old), ComputeConfig.model_validate(new)
    assert [sentence(change) for change in changes(before, after)][:1] == [words]
