"""One-click fixes: made in the text with its comments, and left alone where they no longer fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fixes import apply, apply_all
from domain.problems import Fix, Step, Verb, nearest, removing, renaming, setting
from domain.target import ANYWHERE
from domain.validation import check_text
from domain.yamltext import parse, update_text
from tests.domain.configurations import EXAMPLES, configurations

TEXT = """\
head_node: {instance_type: a}  # small
worker_nodes:
  - instance_type: b  # the group
    max_nodes: 3
zones: [a, a, b, b, c]
"""


def test_value_is_set_removed_or_renamed_and_comments_stay() -> None:
    text = apply(TEXT, setting("worker_nodes[0].max_nodes", 7))
    text = apply(text, removing("zones"))
    text = apply(text, renaming("head_node.instance_type", "kind"))
    assert "max_nodes: 7" in text
    assert "zones" not in text
    assert "head_node: {kind: a}" in text
    assert "# the group" in text


def test_fix_makes_the_mappings_on_its_way() -> None:
    text = apply(TEXT, setting("mobula.merge_instance_config", value=True))
    config = parse(text).config
    assert config is not None
    assert config.mobula.merge_instance_config


@pytest.mark.parametrize(
    "fix",
    [
        removing("worker_nodes[7]"),
        removing("cloud"),
        renaming("head_node.size", "instance_type"),
        setting("zones.a", 1),
        setting("worker_nodes[9].max_nodes", 1),
        Fix("Nothing", (Step(Verb.REMOVE, ()),)),
    ],
)
def test_fix_that_no_longer_fits_changes_nothing(fix: Fix) -> None:
    assert apply(TEXT, fix) == TEXT


def test_text_that_is_no_yaml_is_left_as_it_is() -> None:
    assert apply("a: [", setting("b", 1)) == "a: ["


def test_all_fixes_together_take_out_just_what_was_meant() -> None:
    config = parse(apply_all(TEXT, check_text(TEXT, target=ANYWHERE))).config
    assert config is not None
    assert config.zones == ("a", "b", "c")


def test_name_among_very_many_is_found_by_its_beginning_or_by_a_part() -> None:
    names = [f"x{number}.{size}" for number in range(200) for size in ("large", "2xlarge")]
    names += ["m5.2xlarge"]
    assert nearest("m5.2xlrge", names) == "m5.2xlarge"
    assert nearest("n5.2xlarge", names) in {"m5.2xlarge", "x5.2xlarge"}
    assert nearest("qqqqqq", names) == ""


@EXAMPLES
@given(configurations, st.data())
def test_fixes_of_any_configuration_leave_yaml_that_can_be_read(
    one: object, data: st.DataObject
) -> None:
    text = update_text("", one)  # type: ignore[arg-type]
    problems = check_text(text, target=ANYWHERE)
    fixed = apply_all(text, problems)
    assert parse(fixed).draft is not None
    before = {p.code for p in problems if p.severity == "error"}
    some = [p for p in problems if p.fix is not None]
    if some:
        problem = data.draw(st.sampled_from(some))
        assert problem.fix is not None
        after = check_text(apply(text, problem.fix), target=ANYWHERE)
        assert (problem.path, problem.code) not in {(p.path, p.code) for p in after} or (
            problem.path.endswith("]")
        )
        assert {p.code for p in after if p.severity == "error"} <= before | {"max-below-min"}
