"""Checks of scaling that the examples of the page on configurations do not show."""

from typing import Any

import pytest

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.problems import Problem, Severity
from domain.validation import check_text
from domain.validation.scaling.scaling import MOST_ENTRIES
from domain.yaml.fixes import apply_all
from domain.yaml.text import parse
from tests.domain.machines import AWS, KUBERNETES, MACHINES

HEAD = "head_node: {instance_type: m5.2xlarge}\n"
GROUPS = "worker_nodes: [{name: cpu, instance_type: m5.4xlarge}]\n"


def found(block: str, groups: str = GROUPS, target: RegionCatalogue = ANYWHERE) -> list[Problem]:
    return check_text(f"{HEAD}{groups}mobula: {block}\n", target=target)


def codes(block: str, groups: str = GROUPS, target: RegionCatalogue = ANYWHERE) -> list[str]:
    return [problem.code for problem in found(block, groups, target)]


def schedule(rest: str) -> str:
    return f"{{scaling: {{schedules: [{{group: cpu, min_nodes: 2, {rest}}}]}}}}"


@pytest.mark.parametrize(
    "rest",
    [
        'cron: "0 8 * * mon-fri", minutes: 600, time_zone: Europe/Berlin',
        'cron: "*/5 * * * *", minutes: 1',
        'cron: "0 0 1 1 *", minutes: 10080',
        'days: [mon], start: "08:00", end: "18:00"',
        'days: [mon], start: "22:00", end: "06:00"',
        'days: [mon], start: "8:00", end: "9:00"',
    ],
)
def test_window_that_makes_sense_is_free_of_problems(rest: str) -> None:
    assert codes(schedule(rest)) == []


@pytest.mark.parametrize(
    ("rest", "code", "path"),
    [
        ('cron: "0 8 * *", minutes: 60', "bad-cron", "cron"),
        ('cron: "0 8 30 2 *", minutes: 60', "bad-cron", "cron"),
        ('cron: "² * * * *", minutes: 60', "bad-cron", "cron"),
        ('days: [mon], start: "08:00"', "window-incomplete", "end"),
        ('start: "08:00", end: "09:00"', "window-incomplete", "days"),
        ('days: [mon], start: "24:00", end: "09:00"', "bad-time-of-day", "start"),
        ('days: [mon], start: "08:00", end: "noon"', "bad-time-of-day", "end"),
        (
            'cron: "0 8 * * *", minutes: 1, time_zone: ../etc/passwd',
            "unknown-time-zone",
            "time_zone",
        ),
        ('cron: "0 8 * * *", minutes: 1, time_zone: ""', "unknown-time-zone", "time_zone"),
        ("minutes: 60", "window-missing", ""),
    ],
)
def test_problem_of_a_window_is_at_its_field(rest: str, code: str, path: str) -> None:
    [problem] = found(schedule(rest))
    at = f"mobula.scaling.schedules[0].{path}".rstrip(".")
    assert (problem.code, problem.path, problem.severity) == (code, at, Severity.ERROR)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"8"', "08:00"),
        ('"0830"', "08:30"),
        ('"8h"', "08:00"),
        ('"8.15"', "08:15"),
        ('"24:00"', "00:00"),
    ],
)
def test_time_of_day_as_people_write_it_is_mended(written: str, meant: str) -> None:
    text = f"{HEAD}{GROUPS}mobula: {schedule(f'days: [mon], start: {written}, end: "09:00"')}\n"
    config = parse(apply_all(text, check_text(text, target=ANYWHERE))).config
    assert config is not None
    assert config.mobula.scaling.schedules[0].start == meant


def test_time_zone_that_was_meant_is_proposed() -> None:
    [problem] = found(schedule('cron: "0 8 * * *", minutes: 60, time_zone: europe/berlin'))
    assert problem.hint == "Did you mean `Europe/Berlin`?"
    assert problem.fix is not None


def test_value_that_cannot_be_read_is_not_also_called_missing() -> None:
    assert codes(schedule("cron: 8, minutes: 60")) == ["not-text"]
    assert codes(schedule('days: [monday], start: "08:00", end: "09:00"')) == ["unknown-choice"]


@pytest.mark.parametrize("text", ["10 %", "-1", "1.5", "101%", "ten", "[]", "true", "null"])
@pytest.mark.parametrize(
    "place", ["groups: {cpu: {warm_spare: X}}", "scaling: {budgets: [{nodes: X}]}"]
)
def test_neither_nodes_nor_a_percentage(text: str, place: str) -> None:
    assert "nodes-or-percent" in codes("{" + place.replace("X", text) + "}")


@pytest.mark.parametrize("word", ["off", '"off"', "false"])
def test_off_is_understood_however_it_is_read(word: str) -> None:
    config = parse(
        f"mobula: {{scaling: {{consolidation: {word}, forecast: {{mode: {word}}}}}}}"
    ).draft
    assert config is not None
    assert codes(f"{{scaling: {{consolidation: {word}}}}}") == []
    assert (config.mobula.scaling.consolidation, config.mobula.scaling.forecast.mode) == (
        "off",
        "off",
    )


_RESOURCE = (
    "  - {{cloud_resource: {}, head_node: {{instance_type: m5.2xlarge}}, worker_nodes: [{}]}}\n"
)
SEVERAL = (
    "cloud: a\nconfigs:\n"
    + _RESOURCE.format("west", "{name: cpu, instance_type: m5.4xlarge}")
    + _RESOURCE.format("east", "{name: gpu, instance_type: g5.2xlarge}")
)


def test_groups_of_all_cloud_resources_are_known_and_problems_are_told_once() -> None:
    block = (
        "mobula:\n  groups: {cpu: {warm_spare: 1}, gpu: {warm_spare: 1}, other: {warm_spare: 1}}\n"
        '  scaling: {schedules: [{group: gpu, min_nodes: 1, cron: "0 8 * * *", minutes: 1},'
        ' {group: none, min_nodes: 1, cron: "0 8 * * *", minutes: 1}]}\n'
    )
    problems = [one for one in check_text(SEVERAL + block, target=ANYWHERE) if "mobula" in one.path]
    assert [(one.code, one.path) for one in problems] == [
        ("settings-of-no-group", "mobula.groups.other"),
        ("scaling-unknown-group", "mobula.scaling.schedules[1].group"),
    ]


def test_environment_may_give_its_own_schedules() -> None:
    there = schedule('cron: "0 8 * *", minutes: 60')
    assert codes(f"{{environments: {{prod: {{mobula: {there}}}}}}}") == ["environment-invalid"]


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ("m5.4xlarge", ["fallback-repeated"]),
        ("m5.2xlarge, m5.2xlarge", ["fallback-repeated"]),
        ("m5.2xlarg", ["unknown-instance-type"]),
        ("m7g.4xlarge", ["fallback-unlike"]),
        ("n2-standard-8", ["type-of-other-provider"]),
        ("m5.2xlarge, m5.large", []),
    ],
)
def test_types_to_fall_back_to_are_those_of_the_cloud(types: str, wanted: list[str]) -> None:
    assert codes(f"{{groups: {{cpu: {{fallback_types: [{types}]}}}}}}", target=AWS) == wanted


def test_type_that_was_meant_is_proposed_in_its_place_of_the_list() -> None:
    text = f"{HEAD}{GROUPS}mobula: {{groups: {{cpu: {{fallback_types: [m5.2xlarge, m5.larg]}}}}}}\n"
    config: Any = parse(apply_all(text, check_text(text, target=AWS))).config
    assert config.mobula.groups["cpu"].fallback_types == ("m5.2xlarge", "m5.large")


def test_name_for_pods_is_followed_by_schedules_and_rules() -> None:
    groups = "worker_nodes: [{name: CPU, required_resources: {CPU: 4, memory: 8Gi}}]\n"
    block = (
        "mobula:\n  scaling:\n    rules: [{group: CPU, expression: queue}]\n"
        '    schedules: [{group: CPU, min_nodes: 1, cron: "0 8 * * *", minutes: 60}]\n'
    )
    text = f"{groups}{block}"
    config: Any = parse(apply_all(text, check_text(text, target=KUBERNETES))).draft
    scaling = config.mobula.scaling
    assert config.groups[0].name == "cpu"
    assert (scaling.rules[0].group, scaling.schedules[0].group) == ("cpu", "cpu")


def test_spot_group_with_a_floor_on_demand_is_free_of_problems() -> None:
    spot = "worker_nodes: [{name: cpu, instance_type: m5.4xlarge, market_type: SPOT}]\n"
    own = "{groups: {cpu: {on_demand_nodes: 2, on_demand_percent: 20, warm_spare: 10%}}}"
    assert codes(own, spot, MACHINES) == []
    assert codes("{groups: {cpu: {on_demand_nodes: 10}}}", spot) == ["on-demand-takes-all"]


def test_budget_that_closes_for_a_while_is_meant_so() -> None:
    assert codes('{scaling: {budgets: [{nodes: 0, cron: "0 8 * * *", minutes: 60}]}}') == []
    assert codes("{scaling: {budgets: [{nodes: 0, reasons: [consolidation]}]}}") == []
    assert codes("{scaling: {budgets: [{nodes: 0%}]}}") == ["budget-never-open"]


def test_rule_and_forecast_do_nothing_while_autoscaling_is_off() -> None:
    fixed = "worker_nodes: [{name: cpu, instance_type: m5.4xlarge, min_nodes: 1}]\n"
    only = "{autoscaling: false, scaling: {forecast: {mode: forecast_only}}}"
    assert codes(only, fixed) == []
    scale = "{autoscaling: false, scaling: {forecast: {mode: forecast_and_scale}}}"
    assert codes(scale, fixed) == ["scaling-while-off"]
    act = "{autoscaling: false, scaling: {consolidation: act}}"
    assert codes(act, fixed) == ["scaling-while-off"]


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("schedules", '{group: cpu, min_nodes: 2, cron: "0 8 * * *", minutes: 60}'),
        ("rules", "{group: cpu, expression: queue}"),
        ("budgets", "{nodes: 1}"),
    ],
)
def test_lists_have_an_end(name: str, entry: str) -> None:
    def listed(count: int) -> str:
        return f"{{scaling: {{{name}: [{', '.join([entry] * count)}]}}}}"

    assert codes(listed(MOST_ENTRIES)) == []
    (problem,) = found(listed(MOST_ENTRIES + 1))
    assert (problem.code, problem.path) == ("many-entries", f"mobula.scaling.{name}")
    assert "There are 201" in problem.message
