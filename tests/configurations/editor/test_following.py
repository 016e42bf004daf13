"""A group is renamed or removed: what speaks of it follows, wherever that stands."""

from __future__ import annotations

import pytest

from domain.configuration.following import followed, in_words
from domain.yaml.text import parse
from tests.configurations.editor_page import Editor

TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
worker_nodes:
  - name: cpu  # the small ones
    instance_type: 2CPU-4GB
    max_nodes: 4
  - name: gpu
    instance_type: 2CPU-4GB
    max_nodes: 2
flags:
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config:
        group_order: [cpu/spot, [gpu, cpu]]  # cheap first
mobula:
  groups:
    cpu:
      warm_spare: 1
  scaling:
    schedules:
      - group: cpu
        min_nodes: 2
        cron: 0 8 * * mon-fri
        minutes: 60
    rules:
      - group: gpu
        expression: "queue > 1 ? 1 : 0"
      - group: cpu
        expression: "queue > 2 ? 1 : 0"
  environments:
    prod:
      worker_nodes:
        - name: cpu  # more there
          max_nodes: 40
      mobula:
        groups:
          cpu: {warm_spare: 2}
"""


@pytest.mark.django_db
def test_everything_follows_a_renamed_group(editor: Editor) -> None:
    editor.check(text=TEXT)
    page = editor.check(**{"g0-name": "small"})
    assert page.fields["text"] == TEXT.replace("cpu", "small").replace("  #", " #")
    assert page.fields["s0-group"] == "small"
    assert 'id="groups-removed"' not in page.text


@pytest.mark.django_db
def test_a_name_is_typed_through_that_of_another_group(editor: Editor) -> None:
    editor.check(text=TEXT.replace("gpu", "c"))
    for name in ("c", "cp", "cpu-x"):
        page = editor.check(**{"g0-name": name})
    rules = page.config.mobula.scaling.rules
    assert [rule.group for rule in rules] == ["c", "cpu-x"]
    assert list(page.config.mobula.groups) == ["cpu-x"]
    assert [group.name for group in page.config.groups] == ["cpu-x", "c"]


@pytest.mark.django_db
def test_all_that_speaks_of_a_removed_group_goes_and_is_named(editor: Editor) -> None:
    editor.check(text=TEXT)
    page = editor.check(do="remove:g0")
    assert "cpu" not in page.fields["text"]
    assert "# cheap first" in page.fields["text"]
    for words in ("Removed: cpu.", "1 schedule", "1 rule", "2 entries of the group order"):
        assert words in page.text
    assert [rule.group for rule in page.config.mobula.scaling.rules] == ["gpu"]
    page = editor.check(**{"g1-max_nodes": "3"})
    assert 'id="groups-removed"' not in page.text


@pytest.mark.django_db
def test_a_copy_has_the_settings_of_its_group_and_nothing_follows_it(editor: Editor) -> None:
    editor.check(text=TEXT)
    page = editor.check(do="copy:g0")
    assert sorted(page.config.mobula.groups) == ["cpu", "cpu-2"]
    assert [one.group for one in page.config.mobula.scaling.schedules] == ["cpu"]
    page = editor.check(do="remove:g1" if page.fields["g1-name"] == "cpu-2" else "remove:g2")
    assert page.config.mobula.groups.keys() == {"cpu"}


def test_an_order_that_lists_nothing_any_more_goes() -> None:
    config = parse(TEXT).draft
    assert config is not None
    changed, gone = followed(config, {"cpu": None, "gpu": None})
    assert changed.flags == {}
    assert changed.mobula.environments == {"prod": {}}
    assert in_words(gone).startswith("1 schedule, 2 rules")
    assert followed(config, {}) == (config, {})
