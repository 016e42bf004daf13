"""Every field of Anyscale's format passes through the form: shown there, and kept by an edit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.yaml.text import dump, parse
from tests.configurations.editor_page import Editor
from tests.domain.convert.test_formats import read_yaml
from tests.domain.every_field import (
    CLUSTER,
    FLAGS,
    GROUP,
    NODE,
    OLDER_FLAGS,
    SCALING,
    SETTINGS,
    at,
    fields,
    own_fields,
)

pytestmark = pytest.mark.django_db

WHOLE: dict[str, Any] = {
    **CLUSTER,
    "head_node": NODE,
    "worker_nodes": [GROUP],
    "flags": {**FLAGS, **OLDER_FLAGS},
    "mobula": {"scaling": SCALING, "groups": {"gpu": SETTINGS}},
}
WITHOUT_CLOUD = {key: value for key, value in WHOLE.items() if key not in {"cloud", "mobula"}}


def test_every_field_is_kept_when_another_is_edited_in_the_form(editor: Editor) -> None:
    before = parse(json.dumps(WHOLE)).config
    assert before is not None
    assert editor.check(text=dump(before)).config == before
    edited = editor.check(**{"idle_minutes": "7", "g0-max_nodes": "8", "head-labels": "a=b"}).config
    plain = read_yaml(dump(edited))
    assert edited.mobula.idle_minutes == 7
    wanted = {
        **WHOLE,
        "head_node": {**NODE, "labels": {"a": "b"}},
        "worker_nodes": [{**GROUP, "max_nodes": 8}],
    }
    for name, _, path in fields():
        if not name.startswith("configs."):
            assert at(plain, path) == at(wanted, path), name
    for name, _, path in own_fields():
        assert at(plain, path) == at(wanted, path), name
    again = editor.check(text=dump(edited)).config
    assert again == edited


def test_every_field_of_one_of_several_resources_is_kept_as_well(editor: Editor) -> None:
    configs = [WITHOUT_CLOUD, {"cloud_resource": "east"}]
    several = {"cloud": "research", "configs": configs, "mobula": WHOLE["mobula"]}
    before = parse(json.dumps(several)).config
    assert before is not None
    assert editor.check(text=dump(before)).config == before
    plain = read_yaml(dump(editor.check(**{"g0-min_nodes": "2"}).config))
    assert plain["configs"][0]["worker_nodes"][0]["min_nodes"] == 2
    assert plain["mobula"] == WHOLE["mobula"]
    for key, value in WITHOUT_CLOUD.items():
        assert key == "worker_nodes" or plain["configs"][0][key] == value, key


# What the form shows of a group's or the head's hardware.
SHOWN: list[tuple[str, str, dict[str, Any]]] = [
    *(
        (f"g0-need_{word}", shown, {"worker_nodes": [{"required_resources": {key: value}}]})
        for word, key, value, shown in (
            ("cpu", "CPU", 8, "8"), ("memory", "memory", "32Gi", "32Gi"), ("gpu", "GPU", 1, "1"),
            ("accelerator", "accelerator", "L4", "L4"), ("tpu", "TPU", 4, "4"),
            ("tpu_hosts", "tpu_hosts", 1, "1"), ("arch", "cpu_architecture", "arm64", "arm64"),
        )
    ),
    ("head-need_tpu", "4", {"head_node": {"required_resources": {"TPU": 4}}}),
    ("g0-deployment", "id: dep-1\n", {"worker_nodes": [{"cloud_deployment": {"id": "dep-1"}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "shown", "document"), SHOWN, ids=[one[0] for one in SHOWN])
def test_field_is_shown_and_what_is_typed_there_reaches_the_yaml(
    editor: Editor, field: str, shown: str, document: dict[str, Any]
) -> None:
    config = parse(json.dumps(document)).config
    assert config is not None
    page = editor.check(text=dump(config))
    assert page.fields[field] == shown
    assert editor.check(**{field: ""}).config != config
    assert editor.check(**{field: shown}).config == config
