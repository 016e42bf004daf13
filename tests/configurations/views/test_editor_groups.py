"""Worker groups in the template editor: added, copied, moved, removed, and very many of them."""

from __future__ import annotations

import pytest

from configurations.models import Version
from tests.configurations.editor_page import Editor, Page

pytestmark = pytest.mark.django_db


def test_idle_time_of_a_group_follows_its_name(editor: Editor) -> None:
    editor.check(**{"g0-idle_seconds": "90"})
    page = editor.check(**{"g0-name": "train"})
    assert list(page.config.mobula.groups) == ["train"]
    assert editor.check(**{"g0-idle_seconds": ""}).config.mobula.groups == {}


def names(page: Page) -> list[str]:
    return [group.name for group in page.config.groups]


def test_groups_are_added_copied_moved_and_removed(editor: Editor) -> None:
    page = editor.check(**{"g0-labels": "a=b"})
    assert names(editor.check(do="copy:g0")) == ["cpu", "cpu-2"]
    assert names(editor.check(do="copy:g0")) == ["cpu", "cpu-3", "cpu-2"]
    assert names(editor.check(do="add")) == ["cpu", "cpu-3", "cpu-2", "workers"]
    keys = editor.page.fields["rows"]
    assert names(editor.check(do=f"up:{keys[3]}")) == ["cpu", "cpu-3", "workers", "cpu-2"]
    assert names(editor.check(do=f"down:{keys[0]}")) == ["cpu-3", "cpu", "workers", "cpu-2"]
    page = editor.check(do=f"remove:{keys[1]}")
    assert names(page) == ["cpu", "workers", "cpu-2"]
    assert [group.labels for group in page.config.groups] == [{"a": "b"}, {}, {"a": "b"}]


def test_group_actions_that_make_no_sense_change_nothing(editor: Editor) -> None:
    for odd in ("", "up", "up:g0", "down:g0", "remove:g9", "fly:g0", "copy:"):
        assert names(editor.check(do=odd)) == ["cpu"]


def test_group_actions_work_without_scripts_and_save_nothing(editor: Editor) -> None:
    response = editor.post(do="add", message="Half a thought")
    assert response.status_code == 200
    page = Page(response.text)
    assert names(page) == ["cpu", "workers"]
    assert page.fields["message"] == "Half a thought"
    assert Version.objects.count() == 1


def test_last_group_can_be_removed(editor: Editor) -> None:
    page = editor.check(do="remove:g0")
    assert page.config.worker_nodes == ()
    assert "No workers" in page.text


def test_without_autoscaling_one_number_is_the_size(editor: Editor) -> None:
    page = editor.check(autoscaling=None)
    assert "g0-min_nodes" not in page.fields
    assert page.fields["g0-nodes"] == "1"
    page = editor.check(**{"g0-nodes": "3"})
    assert (page.config.groups[0].min_nodes, page.config.groups[0].max_nodes) == (3, 3)
    page = editor.check(autoscaling="on")
    assert (page.fields["g0-min_nodes"], page.fields["g0-max_nodes"]) == ("3", "3")


def many(count: int) -> str:
    """A configuration of so many groups, each with a label and a flag."""
    rest = "instance_type: small, flags: {pricing_weight: 2}"
    groups = "".join(f"  - {{name: g-{n}, labels: {{n: n-{n}}}, {rest}}}\n" for n in range(count))
    return f"cloud: paper\nhead_node: {{instance_type: small}}\nworker_nodes:\n{groups}"


def test_fields_that_a_large_page_leaves_out_are_kept(editor: Editor) -> None:
    page = editor.check(text=many(60))
    assert "g7-labels" not in page.fields
    page = editor.check(**{"g7-max_nodes": "3", "g8-name": "other"})
    groups = page.config.groups
    assert (groups[7].max_nodes, groups[8].name) == (3, "other")
    assert [group.labels["n"] for group in groups] == [f"n-{n}" for n in range(60)]
    assert all(group.flags == {"pricing_weight": 2} for group in groups)


def test_fields_that_a_large_page_leaves_out_are_asked_for(editor: Editor) -> None:
    editor.check(text=many(60))
    page = editor.check(do="more:g7")
    assert page.fields["g7-labels"] == "n=n-7"
    page = editor.check(**{"g7-labels": "n=seven"})
    assert page.config.groups[7].labels == {"n": "seven"}
    assert page.fields["g7-labels"] == "n=seven"


def test_group_that_a_large_page_copies_has_all_of_it(editor: Editor) -> None:
    editor.check(text=many(11))
    groups = editor.check(do="copy:g3").config.groups
    assert groups[4].labels == {"n": "n-3"}
