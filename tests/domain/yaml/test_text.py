import math
from typing import Any

import pytest
from hypothesis import given

from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import ComputeConfig, canonical
from domain.problems import Problem
from domain.validation import check_text
from domain.yaml.text import dump, parse, parse_mapping
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK, configurations, mappings
from tests.domain.machines import MACHINES


def places(problems: tuple[Problem, ...]) -> list[tuple[str, str, int | None]]:
    return [(problem.path, problem.code, problem.line) for problem in problems]


def test_a_valid_text_becomes_a_configuration_without_problems() -> None:
    parsed = parse(GPU_WITH_FALLBACK)
    assert parsed.config is not None
    assert parsed.problems == ()
    assert [group.name for group in parsed.config.groups] == ["preprocess", "train", "FP-8CPU-32GB"]
    assert parsed.config.zones == ("zone-a", "zone-b")
    assert parsed.config.mobula.idle_minutes == 20


def test_all_mistakes_are_reported_at_once_with_their_lines() -> None:
    text = (
        "head_node:\n"
        "  instance_typ: m5.2xlarge\n"
        "worker_nodes:\n"
        "  - instance_type: m5.4xlarge\n"
        "    min_nodes: '1'\n"
        "    max_nodes: 0\n"
        "    market_type: spot\n"
        "  - instance_type: 7\n"
        "zones: zone-a\n"
        "zones: zone-b\n"
        "max_resources: {CPU: many, 1: 2}\n"
    )
    assert places(parse(text).problems) == [
        ("head_node.instance_typ", "unknown-key", 2),
        ("worker_nodes[0].min_nodes", "not-a-whole-number", 5),
        ("worker_nodes[0].max_nodes", "too-small", 6),
        ("worker_nodes[0].market_type", "unknown-choice", 7),
        ("worker_nodes[1].instance_type", "not-text", 8),
        ("zones", "not-a-list", 9),
        ("zones", "duplicate-key", 10),
        ("max_resources", "key-not-text", 11),
        ("max_resources.CPU", "not-a-number", 11),
    ]


def test_a_configuration_with_errors_is_never_given_out_but_kept_as_a_draft() -> None:
    parsed = parse("cloud: research\nmax_nodes: 3\nzones: 7\n")
    assert parsed.config is None
    assert parsed.draft == ComputeConfig(cloud="research")


def test_a_syntax_error_names_its_line() -> None:
    problem = parse("cloud: a\nhead_node:\n\tinstance_type: b\n").problems[0]
    assert (problem.code, problem.line, problem.column) == ("yaml-syntax", 3, 1)
    assert "spaces" in problem.hint


def test_an_unprintable_character_is_found_at_its_place() -> None:
    problem = parse("cloud: a\nzones: [\x07]\n").problems[0]
    assert (problem.code, problem.line, problem.column) == ("yaml-syntax", 2, 9)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("idle_termination_minutes: 5", "mobula.idle_minutes"),
        ("head_node_type: {}\nhead_node: {instance_type: a}", "`head_node`"),
        ("max_nodes: 3", "under `worker_nodes`"),
        ("worker_nodess: []", "Did you mean `worker_nodes`?"),
        ("head_node: {instance_type: a, physical_resources: {}}", "`required_resources`"),
        ("mobula: {idle_minute: 3}", "Did you mean `idle_minutes`?"),
        ("mobula: {zones: [a]}", "to the top level"),
        ("head_node: {required_resources: {cpu: 3}}", "Did you mean `CPU`?"),
        ("xyzzy: 1", "Known keys here"),
    ],
)
def test_an_unknown_key_is_led_to_the_right_one(text: str, hint: str) -> None:
    problem = next(p for p in parse(text).problems if p.code == "unknown-key")
    assert hint in problem.hint


def test_aliases_and_merges_are_written_out() -> None:
    text = (
        "worker_nodes:\n"
        "  - &base {instance_type: a, name: one, labels: &l {x: y}}\n"
        "  - {<<: *base, name: two, max_nodes: 3}\n"
        "  - {<<: [{name: three}, *base], flags: *l}\n"
    )
    config = parse(text).config
    assert config is not None
    assert [(g.name, g.instance_type, g.max_nodes) for g in config.groups] == [
        ("one", "a", 10), ("two", "a", 3), ("three", "a", 10),
    ]  # fmt: skip


def test_thousands_of_mistakes_are_counted_but_not_all_described() -> None:
    problems = parse("".join(f"key{number}: 1\n" for number in range(3000))).problems
    assert [p.message for p in problems if p.code == "more-problems"] == [
        "There are 2,800 more problems like these."
    ]


def test_a_text_beyond_a_mebibyte_is_refused_unread() -> None:
    assert [p.code for p in parse("a" * 1_048_577).problems] == ["text-too-large"]
    assert "text-too-large" not in [p.code for p in parse("#" * 1_048_576).problems]


@pytest.mark.parametrize(
    ("word", "value"),
    [("0x1f", 31), ("0o17", 15), ("1e3", 1000.0), ("~", None), ("True", True), ("'1'", "1"),
     ("!!str 1", "1"), ("-.5", -0.5), ("yes", "yes"), ("1_000", "1_000"), ("NaN", "NaN")],
)  # fmt: skip
def test_words_are_read_as_yaml_1_2_reads_them(word: str, value: object) -> None:
    config = parse(f"flags: {{it: {word}}}").config
    assert config is not None
    assert config.flags["it"] == value
    assert type(config.flags["it"]) is type(value)


HOSTILE = [
    "", "\0", "\ufeff", "\ud800", 'cloud: "\\ud800"', "cloud: \ud800", '"\\UFFFFFFFF"', "'",
    "&a [*a]", "a: &a {b: *a}", "*a", "a: *b", "? {a: b}\n: c", "? [a]\n: c",
    "<<: 3", "<<: [1, {}]",
    "[" * 100_000, "{" * 5000, "[{" * 5000, "- " * 5000, "{a: " * 5000, "? " * 5000,
    "%YAML 9.9\n---\na: b", "%TAG ! tag:x,2000:\n---\n!y a: b", "!<tag:x:os.system> x",
    "a: !!int x", "---\n...\n---", "a: !!float y", "a: !!binary x", "a: !!set {a, b}",
    "a: |\n x\n  y",
    "max_resources: {CPU: " + "9" * 5000 + "}", "max_resources: {CPU: 1e999}",
    "zones: [[[]]]",
    "worker_nodes: [1, null, [], {}]", "worker_nodes: [{name: null}]", "configs: {}", "configs:",
    "worker_nodes: [{instance_type: a, name: \"a\\nb\"}]", "head_node: {labels: {a: null}}",
    "head_node: {required_resources: {memory: 1e400}}", "head_node: {required_resources: [1]}",
    "head_node: {required_resources: {memory: true, CPU: false}}", "mobula:", "mobula: []",
    "mobula: {idle_minutes: false}", "mobula: {idle_minutes: -1}", 'flags: {"\\0": 1}',
    "true: 1", ".nan: 1", "null: null", "{a: 1, a: 2, a: 3}", "min_resources: {CPU: -1}",
    "flags: {replacement_threshold: [1]}",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_gives_problems_and_never_an_exception(text: str) -> None:
    assert check_text(text, target=MACHINES)
    assert check_text(text, target=ANYWHERE)


@pytest.mark.parametrize(
    "data",
    [{1: 2}, {"a": object()}, {"flags": {"x": b"bytes"}}, {"flags": {"x": {1, 2}}}, {"cloud": "\0"},
     {"max_resources": {"CPU": math.nan}}, {"max_resources": {"CPU": math.inf}},
     {"max_resources": {"CPU": True}}, {"min_resources": {"CPU": 10**400}}, {"zones": "abc"},
     {"flags": {"x": "\ud800"}}],
)  # fmt: skip
def test_a_mapping_that_is_no_plain_data_gives_problems(data: dict[Any, Any]) -> None:
    parsed = parse_mapping(data)
    assert parsed.problems
    assert parsed.config is None


def test_a_mapping_that_contains_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["flags"] = endless
    assert [p.code for p in parse_mapping(endless).problems] == ["too-deep"]


def test_a_mapping_is_read_like_a_text_and_written_as_one() -> None:
    data = {"cloud": "research", "worker_nodes": [{"instance_type": "a", "min_nodes": 1}]}
    parsed = parse_mapping(data)
    assert parsed.config == parse(parsed.text).config
    assert parsed.config is not None
    assert parsed.config.groups[0].min_nodes == 1


@EXAMPLES
@given(configurations)
def test_a_written_configuration_is_read_as_the_same(config: ComputeConfig) -> None:
    text = dump(config)
    parsed = parse(text)
    assert parsed.config == config
    assert parsed.problems == ()
    assert dump(parsed.config) == text


@EXAMPLES
@given(mappings)
def test_a_mapping_and_its_canonical_form_are_read_as_the_same(data: dict[str, Any]) -> None:
    config = parse_mapping(data).config
    assert config is not None
    assert parse_mapping(canonical(config)).config == config


def test_the_text_is_in_reading_order_with_our_block_last() -> None:
    config = parse(GPU_WITH_FALLBACK).config
    assert config is not None
    assert dump(config.replace(flags={}, advanced_instance_config={})).splitlines() == [
        "cloud: research",
        "head_node:",
        "  instance_type: m5.2xlarge",
        "worker_nodes:",
        "  - name: preprocess",
        "    instance_type: m5.4xlarge",
        "    min_nodes: 1",
        "    max_nodes: 8",
        "    market_type: PREFER_SPOT",
        "    labels:",
        "      stage: preprocess",
        "  - name: train",
        "    instance_type: g5.2xlarge",
        "    max_nodes: 8",
        "    market_type: PREFER_SPOT",
        "    resources:",
        "      CPU: 8",
        "      GPU: 1",
        "      licence: 1",
        "    advanced_instance_config:",
        "      BlockDeviceMappings:",
        "        - DeviceName: /dev/sda1",
        "          Ebs:",
        "            DeleteOnTermination: true",
        "            VolumeSize: 300",
        "    flags:",
        "      replacement_threshold: 30m",
        "  - required_resources:",
        "      CPU: 8",
        "      memory: 32Gi",
        "min_resources:",
        "  CPU: 16",
        "max_resources:",
        "  CPU: 256",
        "  GPU: 8",
        "zones:",
        "  - zone-a",
        "  - zone-b",
        "enable_cross_zone_scaling: true",
        "# Mobula's own settings; leave this block out and the rest is valid for Anyscale.",
        "mobula:",
        "  image: ray-ml:3",
        "  idle_minutes: 20",
    ]
