"""One-click fixes: made in the text with its comments, and left alone where they no longer fit."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.problems import (
    Fix,
    Problem,
    Step,
    Verb,
    is_within,
    nearest,
    parent_of,
    removing,
    renaming,
    setting,
)
from domain.validation import check_text
from domain.yaml.edit import stepped
from domain.yaml.fixes import apply, apply_all
from domain.yaml.text import parse, update_text
from domain.yaml.tree import read
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK, configurations, mappings
from tests.domain.machines import BY_NAME

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


REVEALED = {
    # With one value mended, two values can be compared that could not before.
    "max-below-min", "minima-exceed-maximum", "no-group-can-start", "logical-exceeds-physical",
    "required-too-large", "only-larger-types", "no-type-fits", "reservation-too-large",
    "cap-below-minimum", "min-above-max", "minimum-out-of-reach", "duplicate-group-name",
    "minimum-not-supplied", "group-name-for-pods", "ranking-unknown-group", "group-name-empty",
}  # fmt: skip


# What could not be read, or was not known, is now checked for what it says.
FORM = {"not-text", "unknown-key", "unknown-flag", "not-a-list", "bad-quantity"}


def check_each_fix(text: str, target: RegionCatalogue, data: st.DataObject) -> None:
    """All fixes leave YAML behind; one of them ends its problem and makes no new error."""
    problems = check_text(text, target=target)
    assert all(p.message for p in problems)
    if parse(text).draft is not None:
        assert parse(apply_all(text, problems)).draft is not None
    some = [p for p in problems if p.fix is not None]
    if not some or stepped(text, ()) is None:
        return
    problem = data.draw(st.sampled_from(some))
    assert problem.fix is not None
    after = check_text(apply(text, problem.fix), target=target)
    assert remaining(problem, after) < remaining(problem, problems), problem
    before = {p.code for p in problems if p.severity == "error"}
    new = {p.code for p in after if p.severity == "error"} - before - REVEALED
    assert not new or problem.code in FORM, problem


def remaining(problem: Problem, among: list[Problem]) -> int:
    """How often the problem is there; in a list, where the next entry moves up, anywhere in it."""
    outer = parent_of(problem.path) if problem.path.endswith("]") else problem.path
    return sum(p.code == problem.code and is_within(p.path, outer) for p in among)


@EXAMPLES
@given(configurations, st.sampled_from([*BY_NAME.values(), ANYWHERE]), st.data())
def test_fix_of_any_configuration_ends_its_problem(
    one: ComputeConfig, target: RegionCatalogue, data: st.DataObject
) -> None:
    check_each_fix(update_text("", one), target, data)


_odd = st.sampled_from([
    *(None, True, -1, 0, 1.5, 2.0, 2**60, float("nan"), "", "4", "-1", "nan", "1e999"),
    *("4Gi", "32GB", "yes", "spot", "²", "us-west-2a", [], {}, ["a"], {"a": 1}),
    {"a]b": 1, 'c"d': 2, "": 3},
])  # fmt: skip
_KEYS = [
    "max_node", "max_workers", "instance_typ", "use_spot", "region", "idle_termination_minutes",
    "physical_resources", "min_nodes", "name", "zones", "cpu", "gpu", "a]b", 'a"b', "", "x" * 120,
    "device_count", "efa_config", "efa_confg", "replacement_treshold", "ray.io/accelerator-type",
]  # fmt: skip


def mistaken(value: Any, data: st.DataObject) -> Any:
    """The value with a part of it, somewhere, written wrong, given another key, or doubled."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 7)):
        copy = value.copy()
        key = data.draw(
            st.sampled_from(list(value) if isinstance(value, dict) else range(len(value)))
        )
        copy[key] = mistaken(value[key], data)
        return copy
    if isinstance(value, dict) and data.draw(st.booleans()):
        return {**value, data.draw(st.sampled_from(_KEYS)): data.draw(_odd)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [*value, value[-1]]
    return data.draw(_odd)


@EXAMPLES
@given(mappings, st.sampled_from([*BY_NAME.values(), ANYWHERE]), st.data())
def test_fix_of_any_mistake_ends_its_problem(
    one: dict[str, Any], target: RegionCatalogue, data: st.DataObject
) -> None:
    plain = read(GPU_WITH_FALLBACK).value if data.draw(st.booleans()) else one
    for _ in range(data.draw(st.integers(1, 3))):
        plain = mistaken(plain, data)
    check_each_fix(json.dumps(plain), target, data)
