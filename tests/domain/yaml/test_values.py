"""Single values changed in place: the text keeps every other character."""

import pytest

from domain.configuration.spec import ComputeConfig
from domain.yaml.text import parse, update_text

TEXT = """\
# ours
head_node: {instance_type: m5.large}   # small
worker_nodes:
    -   instance_type: m5.xlarge
        max_nodes:   4  # for now
    -   {instance_type: g5.xlarge, min_nodes: 1, max_nodes: 3}
"""


def changed(group: int, **values: object) -> str:
    config = parse(TEXT).config
    assert config is not None
    groups = [dict(one) for one in config.groups]
    groups[group] |= values
    return update_text(TEXT, config.replace(worker_nodes=groups))


@pytest.mark.parametrize(
    ("group", "values", "old", "new"),
    [
        (0, {"max_nodes": 12}, "max_nodes:   4  #", "max_nodes:   12  #"),
        (1, {"max_nodes": 30}, "max_nodes: 3}", "max_nodes: 30}"),
        (
            1,
            {"min_nodes": 2, "max_nodes": 5},
            "min_nodes: 1, max_nodes: 3",
            "min_nodes: 2, max_nodes: 5",
        ),
    ],
)
def test_only_the_value_changes(group: int, values: dict[str, int], old: str, new: str) -> None:
    assert changed(group, **values) == TEXT.replace(old, new)


def test_two_values_of_one_line_do_not_move_each_other() -> None:
    assert "min_nodes: 100, max_nodes: 2000}" in changed(1, min_nodes=100, max_nodes=2000)


@pytest.mark.parametrize(
    "text",
    [
        "cloud: &c aws\ncloud_resource: *c\n",
        'cloud: "aws"\ncloud_resource: b\n',
        "cloud: >-\n  aws\ncloud_resource: b\n",
        '{"cloud": aws, "cloud_resource": b}\n',
        "cloud: aws b\ncloud_resource: b\n",
    ],
)
def test_what_is_no_plain_value_is_changed_all_the_same(text: str) -> None:
    was = parse(text).config
    assert was is not None
    config = was.replace(cloud="gcp")
    assert parse(update_text(text, config)).config == config


@pytest.mark.parametrize("word", ["yes", "null", "1e3", "0x1f", "a: b", "a #b", "~", ""])
def test_words_that_yaml_reads_otherwise_stay_text(word: str) -> None:
    config = ComputeConfig(cloud=word, cloud_resource="b")
    text = update_text("cloud: aws\ncloud_resource: b\n", config)
    assert parse(text).config == config
