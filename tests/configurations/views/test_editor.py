"""The template editor: form and YAML are two views of one configuration, and none of it is lost."""

from __future__ import annotations

import pytest

from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import Editor

pytestmark = pytest.mark.django_db


def test_form_shows_what_the_text_says(editor: Editor) -> None:
    fields = editor.page.fields
    assert fields["text"] == TEXT
    assert (fields["cloud"], fields["head-size"], fields["g0-name"]) == ("paper", "small", "cpu")
    assert (fields["g0-min_nodes"], fields["g0-max_nodes"], fields["idle_minutes"]) == (
        "0",
        "4",
        "30",
    )


def test_nothing_changes_while_nothing_is_edited(editor: Editor) -> None:
    before = editor.page.fields
    assert editor.check().fields == before


def test_click_on_a_fix_mends_the_text_and_keeps_its_comments(editor: Editor) -> None:
    broken = TEXT.replace("    max_nodes: 4", "    max_nodes: 4  # no more\n    market_type: spot")
    page = editor.check(text=broken)
    assert 'value="fix:0"' in page.text
    page = editor.check(do="fix:0")
    assert "market_type: SPOT" in page.fields["text"]
    assert "# no more" in page.fields["text"]


def test_one_click_makes_all_fixes(editor: Editor) -> None:
    broken = TEXT.replace("max_nodes: 4", 'max_node: 4\n    market_type: spot\n    min_nodes: "1"')
    page = editor.check(text=broken)
    page = editor.check(do="fix:all")
    assert page.config.groups[0].model_dump(include={"min_nodes", "max_nodes"}) == {
        "min_nodes": 1,
        "max_nodes": 4,
    }


@pytest.mark.parametrize("action", ["fix:99", "fix:", "fix:x", "part:9", "part:", "nonsense:"])
def test_action_that_makes_no_sense_changes_nothing(editor: Editor, action: str) -> None:
    before = editor.page.fields["text"]
    assert editor.check(do=action).fields["text"] == before


SEVERAL = """\
cloud: paper
configs:
  - cloud_resource: west
    head_node: {instance_type: small}
    worker_nodes: [{name: cpu, instance_type: small}]
  - cloud_resource: east
    head_node: {instance_type: large}
    worker_nodes: []
"""


def test_each_cloud_resource_is_edited_by_itself(editor: Editor) -> None:
    page = editor.check(text=SEVERAL)
    assert page.fields["head-size"] == "small"
    page = editor.check(do="part:1")
    assert (page.fields["head-size"], page.fields["part"]) == ("large", "1")
    page = editor.check(**{"head-size": "gpu", "idle_minutes": "7"})
    west, east = page.config.resource_configs
    assert (west.head_node.instance_type, east.head_node.instance_type) == ("small", "gpu")
    assert west.mobula.idle_minutes == 7


def test_yaml_reaches_the_form(editor: Editor) -> None:
    page = editor.check(text=TEXT.replace("max_nodes: 4", "max_nodes: 7"))
    assert page.fields["g0-max_nodes"] == "7"


def test_comments_and_unknown_keys_survive_a_change_in_the_form(editor: Editor) -> None:
    text = TEXT.replace("max_nodes: 4", "max_nodes: 4  # enough\n    colour: blue")
    editor.check(text=text)
    page = editor.check(**{"g0-max_nodes": "5"})
    assert "max_nodes: 5  # enough" in page.fields["text"]
    assert "colour: blue" in page.fields["text"]


def test_both_views_changed_at_once_are_brought_together(editor: Editor) -> None:
    text = TEXT.replace("idle_minutes: 30", "idle_minutes: 10")
    page = editor.check(text=text, **{"g0-max_nodes": "8"})
    assert page.config.mobula.idle_minutes == 10
    assert page.config.groups[0].max_nodes == 8
    assert (page.fields["idle_minutes"], page.fields["g0-max_nodes"]) == ("10", "8")


@pytest.mark.parametrize("broken", ["head_node: [", TEXT.replace("max_nodes: 4", "max_nodes: x")])
def test_yaml_that_cannot_be_read_is_kept_and_so_is_the_form(editor: Editor, broken: str) -> None:
    page = editor.check(text=broken)
    assert page.fields["text"] == broken
    assert "cannot be read at the moment" in page.text
    page = editor.check(**{"g0-min_nodes": "1"})
    assert page.fields["text"] == broken
    assert page.fields["g0-min_nodes"] == "1"
    page = editor.check(text=TEXT.replace("idle_minutes: 30", "idle_minutes: 3"))
    assert (page.config.groups[0].min_nodes, page.config.mobula.idle_minutes) == (1, 3)


def test_all_problems_show_at_once_in_field_line_and_list(editor: Editor) -> None:
    page = editor.check(**{"g0-min_nodes": "9", "head-size": "huge", "image": "ray:99"})
    marked = page.text[page.text.index('id="yaml-problems"') :]
    for message in ("Minimum exceeds maximum (9 &gt; 4).", "huge", "ray:99"):
        assert page.text.count(message) >= 2
    assert '"line": 7' in marked
    assert 'id="id_g0-max_nodes_error"' in page.text
    assert 'href="#id_g0-max_nodes"' in page.text
    assert 'data-go-to-line="7"' in page.text
