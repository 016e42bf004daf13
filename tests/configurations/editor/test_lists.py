"""Rows of the editor: preference order, mounts, environments and their group overrides."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Team
from promotions.environments import saved_environments
from promotions.models import Environment
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import Editor

pytestmark = pytest.mark.django_db

ORDER = """\
flags:
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config:
        group_order:
          - cpu/spot  # cheap
          - [cpu, other]
"""
PROD = """\
  environments:
    prod:
      worker_nodes:
        - {name: cpu, max_nodes: 40, labels: {tier: prod}}  # more at night
      mobula: {idle_minutes: 5}
      head_node: {instance_type: large}
"""


def order_of(config: Any) -> Any:
    [ranker] = config.flags["instance_ranking_strategy"]
    return ranker["ranker_config"]["group_order"]


def test_order_of_preference_is_added_moved_and_removed_in_rows(editor: Editor) -> None:
    editor.check(do="copy:g0")
    page = editor.check(do="add:ranks")
    assert order_of(page.config) == ["cpu"]
    assert order_of(editor.check(do="add:ranks").config) == ["cpu", "cpu-2"]
    assert order_of(editor.check(do="up:k1").config) == ["cpu-2", "cpu"]
    keys = editor.page.fields["ranks"].split(",")
    page = editor.check(**{f"{keys[1]}-tied": "on", f"{keys[1]}-market": "spot"})
    assert order_of(page.config) == [["cpu-2", "cpu/spot"]]
    page = editor.check(replace_by_rank="on")
    assert "enable_replacement: true" in page.fields["text"]
    assert page.fields["more_flags"] == ""
    for key in page.fields["ranks"].split(","):
        page = editor.check(do=f"remove:{key}")
    assert "instance_ranking_strategy" not in page.config.flags


def test_order_in_the_yaml_is_shown_and_keeps_its_comments(editor: Editor) -> None:
    page = editor.check(text=TEXT + ORDER)
    assert [page.fields[f"k{n}-group"] for n in range(3)] == ["cpu", "cpu", "other"]
    assert (page.fields["k0-market"], page.fields["k2-tied"]) == ("spot", "on")
    assert 'id="id_k2-group_error"' in page.text  # there is no such group
    page = editor.check(**{"k0-market": "on-demand"})
    assert "cpu/on-demand # cheap" in page.fields["text"]


@pytest.mark.parametrize(
    "ranking",
    ["price", "[{ranker_type: price}]", "[{ranker_type: custom_group_order, more: 1}]"],
)
def test_ranking_that_rows_cannot_show_stays_in_the_box(editor: Editor, ranking: str) -> None:
    page = editor.check(text=f"{TEXT}flags: {{instance_ranking_strategy: {ranking}}}\n")
    assert "ranks" not in page.fields
    assert "instance_ranking_strategy" in page.fields["more_flags"]
    before = page.config.flags
    assert editor.check(**{"g0-max_nodes": "9"}).config.flags == before


def test_mounts_are_rows_and_their_mistakes_show_beside_them(editor: Editor) -> None:
    page = editor.check(do="add:mounts")
    assert 'id="id_m0-storage_error"' in page.text
    page = editor.check(**{"m0-storage": "data", "m0-path": "data", "m0-access": "write"})
    [mount] = page.config.mobula.mounts
    assert (mount.storage, mount.access) == ("data", "write")
    assert 'id="id_m0-path_error"' in page.text
    editor.check(do="add:mounts")
    page = editor.check(**{"m1-storage": "models", "m1-path": "/mnt/models"})
    page = editor.check(do="down:m0")
    assert [one.storage for one in page.config.mobula.mounts] == ["models", "data"]
    page = editor.check(do="remove:m0")
    assert [one.storage for one in page.config.mobula.mounts] == ["models"]


def test_environment_is_a_row_with_its_groups_and_other_keys(editor: Editor) -> None:
    page = editor.check(text=TEXT + PROD)
    assert (page.fields["e0-name"], page.fields["e0-idle_minutes"]) == ("prod", "5")
    assert page.fields["e0-other"] == "head_node:\n  instance_type: large\n"
    assert (page.fields["v0-group"], page.fields["v0-max_nodes"]) == ("cpu", "40")
    assert page.fields["v0-other"] == "labels:\n  tier: prod\n"
    page = editor.check(**{"v0-max_nodes": "50", "e0-max_nodes": "60"})
    overlay = page.config.mobula.environments["prod"]
    assert overlay["worker_nodes"] == [{"name": "cpu", "max_nodes": 50, "labels": {"tier": "prod"}}]
    assert overlay["mobula"] == {"idle_minutes": 5, "max_nodes": 60}
    assert "# more at night" in page.fields["text"]
    page = editor.check(**{"e0-idle_minutes": "", "e0-max_nodes": "", "v0-other": ""})
    assert page.config.mobula.environments["prod"] == {
        "worker_nodes": [{"name": "cpu", "max_nodes": 50}],
        "head_node": {"instance_type": "large"},
    }


def test_environments_are_added_by_name_and_never_overwrite_each_other(editor: Editor) -> None:
    for _ in range(2):
        page = editor.check(do="add:environments")
    assert list(page.config.mobula.environments) == ["dev", "test"]
    page = editor.check(do="add:overrides:e0")
    page = editor.check(do="add:overrides:e1")
    page = editor.check(**{"v0-max_nodes": "1", "v1-max_nodes": "2", "e1-zones": "a, b"})
    assert page.config.mobula.environments == {
        "dev": {"worker_nodes": [{"name": "cpu", "max_nodes": 1}]},
        "test": {"worker_nodes": [{"name": "cpu", "max_nodes": 2}], "zones": ["a", "b"]},
    }
    page = editor.check(**{"e1-name": "dev"})
    assert list(page.config.mobula.environments) == ["dev", "dev-2"]
    assert "Team Research has no environment" in page.text
    page = editor.check(do="remove:e0")
    assert list(page.config.mobula.environments) == ["dev"]
    assert editor.check(**{"g0-max_nodes": "7"}).config.groups[0].max_nodes == 7


def test_mistake_in_an_override_shows_beside_its_field(editor: Editor) -> None:
    editor.check(text=TEXT + PROD)
    page = editor.check(**{"v0-other": "max_node: 3"})
    assert 'id="id_v0-other_error"' in page.text
    page = editor.check(**{"e0-idle_minutes": "soon"})
    assert "Environment 1: Terminate when idle (minutes): Enter a whole number." in page.text
    assert page.config.mobula.environments["prod"]["mobula"] == {"idle_minutes": 5}


def test_environments_of_the_team_are_offered_and_others_are_warned_of(
    editor: Editor, research: Team
) -> None:
    saved_environments(research)
    Environment.objects.create(team=research, name="prod_EU", position=3)
    Environment.objects.filter(team=research, name="dev").delete()
    page = editor.check(do="add:environments")
    assert list(page.config.mobula.environments) == ["test"]
    for name in ("test", "prod", "prod_EU"):
        assert f'<option value="{name}"' in page.text
    page = editor.check(**{"e0-name": "prod_EU"})
    assert list(page.config.mobula.environments) == ["prod_EU"]
    assert "has no environment" not in page.text
    page = editor.check(text=f"{TEXT}  environments: {{prod_E: {{cloud: paper}}}}\n")
    assert "Team Research has no environment" in page.text
    assert "Did you mean" in page.text
    page = editor.check(text=f"{TEXT}  environments: {{moon: {{cloud: paper}}}}\n")
    assert "Its environments are test, prod, prod_EU." in page.text
