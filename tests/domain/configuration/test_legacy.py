"""Anyscale's older schema is read as the newer one; nothing of it is lost in silence."""

from typing import Any

import pytest

from domain.configuration.spec import ComputeConfig
from domain.problems import Severity
from domain.yaml.text import modernised, parse, update_text

TEXT = """\
# Written in 2023.
cloud: research
allowed_azs: [us-west-2a]
head_node_type:
  name: head
  instance_type: m5.2xlarge  # small
worker_node_types:
  # The expensive ones.
  - name: gpu
    instance_type: g5.2xlarge
    resources: {cpu: 8, gpu: 1, custom_resources: {slot: 2}}
    max_workers: 5  # no more
    use_spot: true
    fallback_to_ondemand: true
    aws_advanced_configurations_json: '{"SubnetId": "subnet-1"}'
    flags: {cloud_deployment: {region: us-west-2}, pricing_weight: 2}
idle_termination_minutes: 120
maximum_uptime_minutes: 600
flags: {max-cpus: 20, allow-cross-zone-autoscaling: true, min_resources: {GPU: 1}}
"""
MODERN = """\
cloud: research
zones: [us-west-2a]
enable_cross_zone_scaling: true
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - name: gpu
    instance_type: g5.2xlarge
    resources: {CPU: 8, GPU: 1, slot: 2}
    max_nodes: 5
    market_type: PREFER_SPOT
    advanced_instance_config: {SubnetId: subnet-1}
    flags: {pricing_weight: 2}
    cloud_deployment: {region: us-west-2}
min_resources: {GPU: 1}
max_resources: {CPU: 20}
mobula: {idle_minutes: 120, max_lifetime_minutes: 600}
"""


def config(text: str) -> ComputeConfig:
    found = parse(text).config
    assert found is not None, parse(text).problems
    return found


def found(text: str) -> list[tuple[str, str]]:
    return [(p.path, p.code) for p in parse(text).problems]


def test_older_schema_means_what_the_newer_says() -> None:
    assert config(TEXT) == config(MODERN)


def test_reader_is_told_once() -> None:
    assert found(TEXT) == [("", "legacy-schema")]
    assert parse(TEXT).problems[0].severity is Severity.HINT


def test_rewritten_it_keeps_its_comments_and_is_the_newer_schema() -> None:
    text = modernised(TEXT)
    assert found(text) == []
    assert config(text) == config(MODERN)
    for comment in ("# Written in 2023.", "# small", "# The expensive ones.", "# no more"):
        assert comment in text


def test_newer_schema_is_left_as_it_is() -> None:
    assert modernised(MODERN) == MODERN


def test_change_in_the_form_rewrites_the_text_in_the_newer_schema() -> None:
    wanted = config(MODERN.replace("max_nodes: 5", "max_nodes: 6"))
    text = update_text(TEXT, wanted)
    assert "# no more" in text
    assert "max_workers" not in text
    assert config(text) == wanted


@pytest.mark.parametrize(
    ("spot", "fallback", "market"),
    [
        ("false", "false", "ON_DEMAND"),
        ("true", "false", "SPOT"),
        ("true", "true", "PREFER_SPOT"),
        ("false", "true", "ON_DEMAND"),
    ],
)
def test_two_switches_are_one_market(spot: str, fallback: str, market: str) -> None:
    text = TEXT.replace("use_spot: true", f"use_spot: {spot}")
    text = text.replace("fallback_to_ondemand: true", f"fallback_to_ondemand: {fallback}")
    assert config(text).groups[0].market_type == market


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[us-west-2a]", "[any, us-west-2a]", ("zones", "legacy-any-zone")),
        ("cloud: research", "cloud_id: cld_1", ("cloud", "legacy-cloud-id")),
        ("cloud: research", "max_resources: {CPU: 9}", ("max_resources", "legacy-limits-differ")),
        (
            "max_workers: 5",
            "max_workers: five",
            ("worker_nodes[0].max_nodes", "not-a-whole-number"),
        ),
        (
            "    flags: {cloud_deployment",
            "    gcp_advanced_configurations_json: {disks: [a]}\n    flags: {cloud_deployment",
            ("worker_nodes[0].gcp_advanced_configurations_json", "legacy-key-dropped"),
        ),
        ("use_spot: true", "use_spot: often", ("worker_nodes[0].use_spot", "unknown-key")),
    ],
)
def test_what_does_not_carry_over_is_said(old: str, new: str, problem: tuple[str, str]) -> None:
    assert problem in found(TEXT.replace(old, new))


def test_problem_points_to_the_line_of_the_older_key() -> None:
    [problem] = [
        p for p in parse(TEXT.replace("max_workers: 5", "max_workers: x")).problems if p.line
    ]
    assert problem.line == 12


def test_problem_of_the_clusters_maximum_points_to_its_line() -> None:
    [problem] = [p for p in parse(f"max_workers: many\n{TEXT}").problems if p.line]
    assert (problem.path, problem.line) == ("mobula.max_nodes", 1)


def test_any_zone_alone_is_no_limit() -> None:
    assert config(TEXT.replace("[us-west-2a]", "[any]")).zones is None


@pytest.mark.parametrize("junk", [None, 3, "x", [], [1], {}, {"a": 1}, [[{}]]])
@pytest.mark.parametrize(
    "key",
    ["head_node_type", "worker_node_types", "allowed_azs", "flags", "idle_termination_minutes"],
)
def test_junk_in_any_place_is_a_problem_and_no_exception(key: str, junk: Any) -> None:
    from domain.yaml.text import parse_mapping

    document = {"head_node_type": {"instance_type": "a"}, "worker_node_types": [], key: junk}
    assert parse_mapping(document).problems
