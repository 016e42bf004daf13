"""An environment's overlay: what it changes, what it leaves, and what it may not say."""

import pytest

from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import ComputeConfig
from domain.overlays import for_environment, overlaid
from domain.validation import check_text
from domain.yaml.text import parse

TEXT = """\
cloud: research
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - {name: cpu, instance_type: m5.4xlarge, max_nodes: 4, labels: {a: x, b: y}}
  - {name: gpu, instance_type: g5.2xlarge}
zones: [a, b]
max_resources: {CPU: 100}
mobula:
  idle_minutes: 20
  environments:
    prod: PROD
"""


def config(overlay: str) -> ComputeConfig:
    found = parse(TEXT.replace("PROD", overlay)).config
    assert found is not None
    return found


def prod(overlay: str) -> ComputeConfig:
    return for_environment(config(overlay), "prod")


def test_group_is_met_by_its_name_and_keeps_the_rest() -> None:
    group = prod("{worker_nodes: [{name: cpu, max_nodes: 40, labels: {b: z}}]}").groups[0]
    assert (group.instance_type, group.max_nodes) == ("m5.4xlarge", 40)
    assert group.labels == {"a": "x", "b": "z"}


def test_group_without_a_name_is_met_by_the_one_it_has_by_default() -> None:
    text = TEXT.replace("{name: gpu, instance_type: g5.2xlarge}", "{required_resources: {CPU: 4}}")
    found = parse(text.replace("PROD", "{worker_nodes: [{name: FP-4CPU, max_nodes: 3}]}")).config
    assert found is not None
    assert [g.max_nodes for g in for_environment(found, "prod").groups] == [4, 3]


def test_group_of_another_name_is_added() -> None:
    names = [g.name for g in prod("{worker_nodes: [{instance_type: m5.8xlarge}]}").groups]
    assert names == ["cpu", "gpu", "m5.8xlarge"]


def test_null_takes_a_value_out() -> None:
    assert prod("{max_resources: {CPU: null}, zones: null}").max_resources == {}
    assert prod("{max_resources: {CPU: null}, zones: null}").zones is None


def test_list_replaces_the_list() -> None:
    assert prod("{zones: [c]}").zones == ("c",)


def test_our_block_is_laid_over_too_and_has_no_environments_left() -> None:
    block = prod("{mobula: {idle_minutes: 0}}").mobula
    assert (block.idle_minutes, block.environments) == (None, {})


def test_environment_that_is_not_named_is_the_configuration_itself() -> None:
    whole = config("{}")
    assert for_environment(whole, "dev") is whole


@pytest.mark.parametrize(
    ("overlay", "path"),
    [
        (
            "{worker_nodes: [{name: cpu, max_nodes: many}]}",
            "mobula.environments.prod.worker_nodes[0].max_nodes",
        ),
        ("{cloudy: a}", "mobula.environments.prod.cloudy"),
        ("{mobula: {environments: {}}}", "mobula.environments.prod.mobula.environments"),
    ],
)
def test_overlay_that_does_not_fit_is_a_problem_at_its_place(overlay: str, path: str) -> None:
    [(name, _, problems)] = overlaid(config(overlay))
    assert (name, [problem.path for problem in problems]) == ("prod", [path])


def test_overlay_that_does_not_fit_is_never_used() -> None:
    with pytest.raises(ValueError, match="prod"):
        prod("{cloudy: a}")


@pytest.mark.parametrize(
    "overlay",
    [
        "{mobula: 5}",
        "{mobula: true}",
        "{mobula: [environments]}",
        "{worker_nodes: [{name: [2]}]}",
        "{worker_nodes: [{name: {a: b}}]}",
        "{worker_nodes: [3]}",
        "{worker_nodes: {}}",
        "{head_node: 3}",
    ],
)
def test_junk_in_an_overlay_is_a_problem_and_no_exception(overlay: str) -> None:
    found = check_text(TEXT.replace("PROD", overlay), target=ANYWHERE)
    assert any(problem.path.startswith("mobula.environments.prod") for problem in found)


@pytest.mark.parametrize("name", ["prod", "prod-EU_1", "1", "x" * 32])
def test_environment_has_any_name_that_an_environment_can_have(name: str) -> None:
    text = f"head_node: {{instance_type: small}}\nmobula: {{environments: {{{name}: {{}}}}}}\n"
    assert "environment-name" not in {p.code for p in check_text(text, target=ANYWHERE)}


@pytest.mark.parametrize(
    ("name", "better"), [("prod eu", "prod-eu"), ("Süd", "S-d"), ("x" * 33, None), ("...", None)]
)
def test_other_names_are_mistakes_with_a_name_that_would_do(name: str, better: str | None) -> None:
    text = f"head_node: {{instance_type: small}}\nmobula: {{environments: {{'{name}': {{}}}}}}\n"
    problems = [p for p in check_text(text, target=ANYWHERE) if p.code == "environment-name"]
    assert len(problems) == 1
    assert "at most 32" in problems[0].hint
    fix = problems[0].fix
    assert (fix.steps[0].value if fix else None) == better


def test_a_name_with_a_better_one_that_is_taken_has_no_fix() -> None:
    block = "{environments: {'prod eu': {}, prod-eu: {}}}"
    text = f"head_node: {{instance_type: small}}\nmobula: {block}\n"
    [problem] = [p for p in check_text(text, target=ANYWHERE) if p.code == "environment-name"]
    assert problem.fix is None
