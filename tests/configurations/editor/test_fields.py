"""The tables of fields: each row is on the page, is bound both ways, and shows its problems."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import pytest

from configurations.editor import begin
from configurations.editor.field_errors import place
from configurations.editor.fields import (
    BUDGET,
    CLUSTER,
    FOLDS,
    GROUP,
    GROUP_SETTINGS,
    HEAD,
    RULE,
    SCHEDULE,
    SECTIONS,
)
from configurations.editor.forms.base import EditorForm, as_posted
from configurations.editor.forms.cluster import (
    BudgetForm,
    ConfigForm,
    GroupForm,
    HeadForm,
    RuleForm,
    ScheduleForm,
)
from configurations.editor.lists.environments import read_environments, read_overrides
from configurations.editor.lists.forms import EnvironmentForm, MountForm, OverrideForm, RankForm
from configurations.editor.state import Edit
from configurations.editor.tables.lists import ENVIRONMENT, MOUNT, OVERRIDE, RANK
from configurations.editor.tables.ranks import read_ranks
from configurations.editor.tables.shapes import Environment, Override, Rank
from configurations.editor.tables.table import Row, Table
from domain.configuration.spec import (
    Budget,
    ComputeConfig,
    GroupSettings,
    HeadNode,
    Mount,
    Rule,
    Schedule,
    WorkerGroup,
)
from domain.problems import error, warning
from domain.yaml.text import dump, parse
from tests.configurations.editor_page import Editor
from tests.domain.convert import every_field as every

WINDOW: dict[str, Any] = {
    **every.SCHEDULE, **every.WEEKLY, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
}  # fmt: skip
SCALING: dict[str, Any] = {
    "schedules": [WINDOW],
    "rules": [every.RULE],
    "budgets": [
        {key: WINDOW[key] for key in WINDOW if key not in {"group", "min_nodes"}}
        | {"nodes": "10%", "reasons": ["idle", "consolidation", "spot_return", "outdated"]}
    ],
    "forecast": every.FORECAST,
    "objective": "steady",
    "consolidation": "act",
}
OVERRIDE_PATCH: dict[str, Any] = {
    "name": "gpu",
    "min_nodes": 2,
    "max_nodes": 40,
    "instance_type": "large",
    "market_type": "SPOT",
    "labels": {"tier": "prod"},
}
OVERLAY: dict[str, Any] = {
    "cloud": "paper",
    "zones": ["a"],
    "worker_nodes": [OVERRIDE_PATCH],
    "flags": {"instance_selection_strategy": "relaxed"},
    "mobula": {
        "image": "ray:2",
        "idle_minutes": 5,
        "max_lifetime_minutes": 50,
        "max_usd_per_hour": 9.5,
        "max_nodes": 20,
    },
}
ORDER: list[dict[str, Any]] = [
    {
        "ranker_type": "custom_group_order",
        "ranker_config": {
            "group_order": ["gpu/spot", ["gpu", "cpu/on-demand"]],
            "enable_replacement": True,
        },
    },
]
WHOLE: dict[str, Any] = {
    **every.CLUSTER,
    "flags": {**every.CLUSTER["flags"], "instance_ranking_strategy": ORDER},
    "head_node": every.NODE,
    "worker_nodes": [{**every.GROUP, "flags": {**every.NODE["flags"], "cloud": "a"}}],
    "mobula": {
        "image": "ray:1",
        "autoscaling": False,
        "idle_minutes": 7,
        "max_lifetime_minutes": 70,
        "worker_idle_seconds": 77,
        "max_usd_per_hour": 2.5,
        "max_nodes": 30,
        "upscaling_speed": 1.5,
        "merge_instance_config": True,
        "allow_burstable": True,
        "mounts": [{"storage": "data", "path": "/mnt/data", "access": "write"}],
        "environments": {"prod": OVERLAY},
        "scaling": SCALING,
        "groups": {"gpu": every.SETTINGS},
    },
}
CONFIG = parse(json.dumps(WHOLE)).draft or ComputeConfig()


class Place(NamedTuple):
    """A table, where it begins in a configuration, and what is there; `blank` sets nothing."""

    table: Table
    form: type[EditorForm]
    path: str
    root: Any
    blank: Any


_SCALING = CONFIG.mobula.scaling
PLACES = {
    "cluster": Place(CLUSTER, ConfigForm, "", CONFIG, ComputeConfig()),
    "head": Place(HEAD, HeadForm, "head_node", CONFIG.head_node, HeadNode()),
    "group": Place(GROUP, GroupForm, "worker_nodes[0]", CONFIG.groups[0], WorkerGroup()),
    "settings": Place(
        GROUP_SETTINGS, GroupForm, "mobula.groups.gpu", CONFIG.settings_of("gpu"), GroupSettings()
    ),
    "schedule": Place(
        SCHEDULE, ScheduleForm, "mobula.scaling.schedules[0]", _SCALING.schedules[0], Schedule()
    ),
    "budget": Place(BUDGET, BudgetForm, "mobula.scaling.budgets[0]", _SCALING.budgets[0], Budget()),
    "rule": Place(RULE, RuleForm, "mobula.scaling.rules[0]", _SCALING.rules[0], Rule()),
    "mount": Place(MOUNT, MountForm, "mobula.mounts[0]", CONFIG.mobula.mounts[0], Mount()),
    "environment": Place(
        ENVIRONMENT,
        EnvironmentForm,
        "mobula.environments.prod",
        read_environments(CONFIG)[0],
        Environment(),
    ),
    "override": Place(
        OVERRIDE,
        OverrideForm,
        "mobula.environments.prod.worker_nodes[0]",
        read_overrides(CONFIG)[0],
        Override(),
    ),
    "rank": Place(
        RANK,
        RankForm,
        "flags.instance_ranking_strategy[0].ranker_config.group_order[1][1]",
        (read_ranks(CONFIG) or [])[2],
        Rank(),
    ),
}
ROWS = [(place, row) for place in PLACES.values() for row in place.table.rows]
IDS = [f"{key}.{row.name}" for key, place in PLACES.items() for row in place.table.rows]


@pytest.mark.parametrize(("place", "row"), ROWS, ids=IDS)
def test_row_is_bound_both_ways(place: Place, row: Row) -> None:
    shown = place.table.shown(place.root)[row.name]
    assert shown != place.table.shown(place.blank)[row.name], "the example sets nothing here"
    posted = as_posted({row.name: shown})
    form = place.form({"min_nodes": "", "max_nodes": "", "nodes": "", **posted})
    value = form.fields[row.name].clean(posted.get(row.name))
    written = type(place.blank).model_validate(place.table.written(place.blank, {row.name: value}))
    assert place.table.shown(written)[row.name] == shown
    again = type(place.blank).model_validate(place.table.written(written, {row.name: value}))
    assert again == written


@pytest.mark.parametrize("key", PLACES)
def test_names_are_given_once_and_each_field_stands_in_one_section(key: str) -> None:
    place = PLACES[key]
    assert len(place.table.by_name) == len(place.table.rows)
    form = place.form({"min_nodes": "", "max_nodes": "", "nodes": ""})
    names = [field.name for fields in form.by_section.values() for field, _ in fields]
    assert sorted(names) == sorted(form.fields)
    assert {form.section_of(row.name) for row in place.table.rows} <= SECTIONS.keys()
    assert set(FOLDS.values()) <= SECTIONS.keys()


@pytest.mark.django_db
def test_every_row_is_on_the_page(editor: Editor) -> None:
    text = "".join(editor.check(text=dump(config)).text for config in _shown_configs())
    names = {name.rpartition("-")[2] for name in re.findall(r'name="([\w-]+)"', text)}
    assert {row.name for _, row in ROWS} <= names


def _shown_configs() -> list[ComputeConfig]:
    """With either of the fields that say how many nodes a group has."""
    by_demand = CONFIG.replace(mobula={**dict(CONFIG.mobula), "autoscaling": True})
    return [CONFIG, by_demand]


@pytest.mark.django_db
@pytest.mark.parametrize("severe", [True, False], ids=["error", "warning"])
def test_problem_at_the_path_of_a_row_is_shown_at_its_field(
    research: Any, driver: Any, image: Any, severe: bool
) -> None:
    without, by_demand = (begin(dump(config), team=research) for config in _shown_configs())
    for key, (at, row) in zip(IDS, ROWS, strict=True):
        edit = without if row.name == "nodes" else by_demand
        path = _path(at, row)
        place(edit, [(error if severe else warning)(path, "odd", f"Odd {key}.")])
        if at.table is RANK and row.name != "group":
            continue  # an entry is one word: what is wrong with it is shown at its group
        finding, form = edit.findings[-1], _forms(edit)[key.partition(".")[0]]
        assert finding.field_id == form[row.name].auto_id, key
        assert finding.section == form.section_of(row.name), key
        shown = form.errors.get(row.name, []) if severe else form.notes.get(row.name, [])
        assert any(f"Odd {key}." in str(problem) for problem in shown), key


def _path(at: Place, row: Row) -> str:
    """Where the row's value stands: rows of a mapping begin with the name of that mapping."""
    own = re.sub(r"^(overlay|patch)\b\.?", "", row.path)
    own = own or ("zone" if row.name == "other" else "")
    is_whole = at.table is RANK or (row.path == "name" and at.table is ENVIRONMENT)
    return ".".join(part for part in (at.path, "" if is_whole else own) if part)


def _forms(edit: Edit) -> dict[str, EditorForm]:
    entries = {"schedule": edit.schedules, "budget": edit.budgets, "rule": edit.rules}
    group = edit.rows[0].form
    return {
        "cluster": edit.form,
        "head": edit.head,
        "group": group,
        "settings": group,
        "mount": edit.forms.lists["mounts"][0].form,
        "environment": edit.forms.lists["environments"][0].form,
        "override": edit.forms.lists["overrides"][0].form,
        "rank": edit.forms.lists["ranks"][2].form,
        **{key: rows[0].form for key, rows in entries.items()},
    }
