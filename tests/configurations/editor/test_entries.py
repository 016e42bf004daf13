"""The editor's section on scaling: schedules, rules, budgets, forecast, and each group's own."""

from __future__ import annotations

from typing import Any

import pytest

from configurations.editor.entries import MOST_ENTRIES
from domain.configuration.spec import ConsolidationMode, ForecastMode
from domain.objective import Objective
from domain.yaml.text import dump, parse
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import Editor

pytestmark = pytest.mark.django_db

CRON = """\
  scaling:
    schedules:
      - {name: office hours, group: cpu, min_nodes: 2, cron: 0 8 * * mon-fri, minutes: 600}
"""
WEEK = """\
  scaling:
    schedules:
      - {group: cpu, min_nodes: 2, days: [sat, sun], start: "10:00", end: "02:00"}
"""


def with_block(block: str) -> str:
    return f"{TEXT.partition('mobula:')[0]}mobula:\n{block}"


def test_a_configuration_without_scaling_shows_folded_lines_and_changes_nothing(
    editor: Editor,
) -> None:
    page = editor.page
    for words in ("Schedules</strong>", "Rules</strong>", "Disruption budgets</strong>"):
        assert words in page.text
    assert "s0-group" not in page.fields
    assert (page.fields["forecast_mode"], page.fields["consolidation"]) == ("off", "recommend")
    assert "scaling" not in editor.check(**{"g0-max_nodes": "5"}).fields["text"]


def test_schedule_is_added_with_what_can_be_saved_at_once(editor: Editor) -> None:
    page = editor.check(do="add:schedules")
    [schedule] = page.config.mobula.scaling.schedules
    assert (schedule.group, schedule.min_nodes) == ("cpu", 1)
    assert (schedule.cron, schedule.minutes) == ("0 8 * * mon-fri", 600)
    assert page.text.count("08:00\N{EN DASH}18:00") == 5
    assert editor.post(message="In the day.").status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("name", "days", "name: days"),
        ("min_nodes", "3", "min_nodes: 3"),
        ("cron", "30 7 * * *", "cron: 30 7 * * *"),
        ("minutes", "90", "minutes: 90"),
        ("time_zone", "Europe/Berlin", "time_zone: Europe/Berlin"),
    ],
)
def test_field_of_a_schedule_reaches_the_yaml_and_comes_back(
    editor: Editor, field: str, value: str, written: str
) -> None:
    before = editor.check(text=with_block(CRON)).config
    page = editor.check(**{f"s0-{field}": value})
    assert written in page.fields["text"]
    assert page.fields[f"s0-{field}"] == value
    again = editor.check(text=page.fields["text"])
    assert again.fields[f"s0-{field}"] == value
    assert again.config != before


def test_window_of_weekdays_has_boxes_for_the_days(editor: Editor) -> None:
    page = editor.check(text=with_block(WEEK))
    assert "s0-cron" not in page.fields
    assert (page.fields["s0-sat"], page.fields["s0-start"]) == ("on", "10:00")
    page = editor.check(**{"s0-sat": None, "s0-mon": "on", "s0-end": "03:00"})
    [schedule] = page.config.mobula.scaling.schedules
    assert (schedule.days, schedule.end) == (("mon", "sun"), "03:00")
    page = editor.check(**{"s0-mon": None, "s0-sun": None})
    assert page.config.mobula.scaling.schedules[0].days == ()
    assert "also needs days" in page.text


def test_another_kind_of_window_begins_with_the_usual_one(editor: Editor) -> None:
    editor.check(text=with_block(CRON))
    page = editor.check(**{"s0-when": "week"})
    [schedule] = page.config.mobula.scaling.schedules
    assert (schedule.cron, schedule.minutes, len(schedule.days)) == ("", None, 5)
    assert (page.fields["s0-start"], page.fields["s0-end"]) == ("08:00", "18:00")
    page = editor.check(**{"s0-when": "cron"})
    [schedule] = page.config.mobula.scaling.schedules
    assert (schedule.days, schedule.cron, schedule.minutes) == ((), "0 8 * * mon-fri", 600)
    assert (schedule.name, schedule.min_nodes) == ("office hours", 2)


def test_mistake_in_a_schedule_shows_beside_its_field(editor: Editor) -> None:
    editor.check(text=with_block(CRON))
    page = editor.check(**{"s0-cron": "0 25 * * *", "s0-time_zone": "Europe/Berln"})
    assert 'id="id_s0-cron_error"' in page.text
    assert "Did you mean `Europe/Berlin`?" in page.text
    assert 'id="id_s0-time_zone_error"' in page.text
    assert "Next five windows" not in page.text
    page = editor.check(**{"s0-min_nodes": "many"})
    assert "Schedule 1: Min nodes: Enter a whole number." in page.text


def test_both_kinds_of_a_window_are_shown_where_both_are_written(editor: Editor) -> None:
    both = CRON.replace("minutes: 600", "minutes: 600, days: [mon]")
    page = editor.check(text=with_block(both))
    assert {"s0-cron", "s0-start"} <= page.fields.keys()
    assert "not both" in page.text


def test_rows_are_removed_and_the_others_stay(editor: Editor) -> None:
    for _ in range(3):
        editor.check(do="add:rules")
    editor.check(**{"r0-name": "one", "r1-name": "two", "r2-name": "three"})
    page = editor.check(do="remove:r1")
    assert [rule.name for rule in page.config.mobula.scaling.rules] == ["one", "three"]
    page = editor.check(do="remove:r0")
    page = editor.check(do=f"remove:{page.fields['rules']}")
    assert page.config.mobula.scaling.rules == ()


def test_rows_are_added_without_scripts_and_nothing_is_saved(editor: Editor) -> None:
    response = editor.post(do="add:budgets", message="Half a thought")
    assert response.status_code == 200
    assert "nodes: 10%" in response.text


def test_rule_is_an_expression_of_several_lines(editor: Editor) -> None:
    editor.check(do="add:rules")
    page = editor.check(**{"r0-expression": "queue > 10\r\n  ? 4\r\n  : 0"})
    [rule] = page.config.mobula.scaling.rules
    assert (rule.group, rule.expression) == ("cpu", "queue > 10\n  ? 4\n  : 0")
    assert editor.check(text=page.fields["text"]).config == page.config
    page = editor.check(**{"r0-expression": "queu > 10 ? 4 : 0"})
    assert "queu is not available here" in page.text
    assert 'id="id_r0-expression_error"' in page.text


def test_budget_has_nodes_reasons_and_perhaps_a_window(editor: Editor) -> None:
    page = editor.check(do="add:budgets")
    assert "b0-cron" not in page.fields
    page = editor.check(**{"b0-nodes": "2", "b0-spot_return": "on", "b0-idle": "on"})
    [budget] = page.config.mobula.scaling.budgets
    assert (budget.nodes, budget.reasons) == (2, ("idle", "spot_return"))
    page = editor.check(**{"b0-when": "cron"})
    assert page.config.mobula.scaling.budgets[0].minutes == 600
    page = editor.check(**{"b0-when": ""})
    assert page.config.mobula.scaling.budgets == (budget,)
    assert "Write a number of nodes" in editor.check(**{"b0-nodes": "110%"}).text


def test_forecast_consolidation_and_objective_are_chosen(editor: Editor) -> None:
    before = editor.page.config.mobula
    page = editor.check(
        forecast_mode="forecast_only",
        forecast_quantile="0.9",
        forecast_error="25",
        consolidation="act",
        objective="steady",
    )
    scaling = page.config.mobula.scaling
    assert scaling.objective is Objective.STEADY
    assert scaling.forecast.mode is ForecastMode.FORECAST_ONLY
    assert (scaling.forecast.quantile, scaling.forecast.max_error_percent) == (0.9, 25)
    assert scaling.consolidation is ConsolidationMode.ACT
    page = editor.check(forecast_mode="off", forecast_quantile="0.75", forecast_error="40")
    assert editor.check(consolidation="recommend", objective="cost").config.mobula == before


OWN: list[tuple[str, str, dict[str, Any]]] = [
    ("idle_seconds", "90", {"worker_idle_seconds": 90}),
    ("warm_spare", "1", {"warm_spare": 1}),
    ("warm_spare", "10%", {"warm_spare": "10%"}),
    ("on_demand_nodes", "2", {"on_demand_nodes": 2}),
    ("on_demand_percent", "25", {"on_demand_percent": 25}),
    ("fallback_types", "large, gpu", {"fallback_types": ["large", "gpu"]}),
    ("consolidation", "off", {"consolidation": "off"}),
]


@pytest.mark.parametrize(("field", "value", "written"), OWN)
def test_setting_of_a_group_reaches_the_yaml_and_goes_again(
    editor: Editor, field: str, value: str, written: dict[str, Any]
) -> None:
    before = editor.page.config
    page = editor.check(**{f"g0-{field}": value})
    wanted = parse(f"mobula: {{groups: {{cpu: {written}}}}}").config
    assert wanted is not None
    assert page.config.mobula.groups == wanted.mobula.groups
    again = editor.check(text=dump(page.config))
    assert again.fields[f"g0-{field}"] == value
    assert editor.check(**{f"g0-{field}": ""}).config == before


def test_settings_of_a_group_do_not_disturb_each_other(editor: Editor) -> None:
    editor.check(**{"g0-warm_spare": "1", "g0-idle_seconds": "90"})
    page = editor.check(**{"g0-idle_seconds": ""})
    assert page.config.mobula.groups["cpu"].warm_spare == 1
    page = editor.check(**{"g0-warm_spare": "90"})
    assert 'id="id_g0-warm_spare_error"' in page.text


def test_group_takes_its_schedules_rules_and_settings_to_its_new_name(editor: Editor) -> None:
    rule = "    rules: [{group: cpu, expression: queue}]\n"
    editor.check(text=with_block(f"{CRON}{rule}  groups: {{cpu: {{warm_spare: 1}}}}\n"))
    for _ in range(2):
        page = editor.check(**{"g0-name": "train"})
        scaling = page.config.mobula.scaling
        assert (scaling.schedules[0].group, scaling.rules[0].group) == ("train", "train")
        assert list(page.config.mobula.groups) == ["train"]
        assert page.fields["s0-group"] == "train"


def test_schedules_of_another_group_stay_with_it(editor: Editor) -> None:
    editor.check(text=with_block(CRON))
    editor.check(do="copy:g0")
    page = editor.check(**{"s0-group": "cpu-2"})
    page = editor.check(**{"g0-name": "train"})
    assert page.config.mobula.scaling.schedules[0].group == "cpu-2"


def test_list_that_is_too_long_for_the_form_is_kept(editor: Editor) -> None:
    line = "      - {group: cpu, min_nodes: 2, cron: 0 8 * * *, minutes: 60}\n"
    many = f"  scaling:\n    schedules:\n{line * (MOST_ENTRIES + 1)}"
    page = editor.check(text=with_block(many))
    assert "change them in the YAML" in page.text
    page = editor.check(**{"g0-max_nodes": "5"}, do="add:schedules")
    assert len(page.config.mobula.scaling.schedules) == MOST_ENTRIES + 1


def test_odd_actions_and_keys_change_nothing(editor: Editor) -> None:
    before = editor.check(text=with_block(CRON)).config
    for odd in ("add:rule", "remove:s9", "remove:r0", "up:s0", "add:"):
        assert editor.check(do=odd).config.mobula == before.mobula
    assert editor.check(schedules="s0,s0,x,s-1,r0,s²").config == before
    assert editor.check(**{"s0-at": "²"}).config == before
