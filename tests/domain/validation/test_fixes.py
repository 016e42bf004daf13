"""What a fix proposes: values that fit, names that are free, and what stands beside its place."""

from typing import Any

import pytest

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.problems import Problem
from domain.validation import check_text
from domain.yaml.fixes import apply, apply_all
from domain.yaml.text import parse
from tests.domain.machines import AWS, KUBERNETES, MACHINES

LONE = "head_node: {instance_type: m5.2xlarge}\nworker_nodes: []\n"
GROUPS = "head_node: {instance_type: m5.2xlarge}\nworker_nodes: [GROUP]\n"


def problem(text: str, code: str, target: RegionCatalogue = ANYWHERE) -> Problem:
    return next(one for one in check_text(text, target=target) if one.code == code)


def mended(text: str, target: RegionCatalogue = ANYWHERE) -> Any:
    """The configuration after all fixes; each of them has to be found in one go."""
    config = parse(apply_all(text, check_text(text, target=target))).config
    assert config is not None
    return config


@pytest.mark.parametrize("written", ["-5", '"nan"', '"1.5"', '"1e999"', '"-1"', '"0"', "1.5"])
def test_number_that_would_not_fit_either_is_not_proposed(written: str) -> None:
    text = GROUPS.replace("GROUP", f"{{instance_type: m5.4xlarge, max_nodes: {written}}}")
    for one in check_text(text, target=ANYWHERE):
        if one.fix is not None:
            assert parse(apply(text, one.fix)).config is not None


def test_whole_number_with_a_point_is_written_without_it() -> None:
    text = GROUPS.replace("GROUP", "{instance_type: m5.4xlarge, max_nodes: 2.0}")
    assert mended(text).groups[0].max_nodes == 2


def test_memory_in_gigabytes_becomes_gibibytes() -> None:
    text = "head_node: {required_resources: {CPU: 8, memory: 32GB}}\nworker_nodes: []\n"
    assert mended(text).head_node.required_resources.memory == 32 * 2**30


def test_one_zone_becomes_a_list() -> None:
    assert mended(f"{LONE}zones: us-west-2a\n").zones == ("us-west-2a",)


def test_key_is_not_renamed_to_one_that_is_there() -> None:
    text = GROUPS.replace("GROUP", "{instance_type: m5.4xlarge, max_nodes: 3, max_node: 9}")
    assert mended(text).groups[0].max_nodes == 3


def test_older_key_in_the_newer_schema_moves_to_its_new_place() -> None:
    config = mended(f"{LONE}idle_termination_minutes: 20\n")
    assert config.mobula.idle_minutes == 20
    text = GROUPS.replace("GROUP", "{instance_type: m5.4xlarge, use_spot: true}")
    assert mended(text).groups[0].market_type == "SPOT"


def test_key_that_cannot_be_shown_is_taken_out_all_the_same() -> None:
    text = f"""{LONE}flags: {{"a]b": 1, 'c"d': 2, efa_config: {{"x.y": 1, device_counts: 2}}}}\n"""
    assert mended(text).flags == {"efa_config": {"device_count": 2}}


@pytest.mark.parametrize(
    "value", ["{device_count: true}", "{device_count: 0}", "{placement_group: 3}"]
)
def test_values_of_efa_are_checked(value: str) -> None:
    found = problem(f"{LONE}flags: {{efa_config: {value}}}\n", "bad-flag")
    assert found.path.startswith("flags.efa_config.")


def test_number_of_very_many_digits_is_a_problem_and_no_exception() -> None:
    text = (
        f'{LONE}flags: {{idle_termination_seconds: "{"9" * 5000}", zone_starting_timeout: "٣"}}\n'
    )
    assert {"bad-flag", "bad-duration"} <= {p.code for p in check_text(text, target=ANYWHERE)}


def test_three_groups_of_one_name_get_three_names() -> None:
    name = "a" * 63
    groups = ", ".join(f"{{name: {name}, instance_type: m5.4xlarge}}" for _ in range(3))
    names = [group.name for group in mended(GROUPS.replace("GROUP", groups)).groups]
    assert len({*names}) == 3
    assert max(map(len, names)) == 63


def test_name_for_pods_is_free_and_is_the_name_everywhere() -> None:
    groups = "{name: GPU, instance_type: 8CPU-32GB}, {name: gpu, instance_type: 4CPU-16GB}"
    order = "{ranker_type: custom_group_order, ranker_config: {group_order: [GPU/on-demand, gpu]}}"
    text = GROUPS.replace("m5.2xlarge", "8CPU-32GB").replace("GROUP", groups)
    text += f"flags: {{instance_ranking_strategy: [{order}]}}\n"
    text += "mobula: {groups: {GPU: {worker_idle_seconds: 5}}}\n"
    config = mended(text, KUBERNETES)
    assert [group.name for group in config.groups] == ["gpu-2", "gpu"]
    [ranker] = config.flags["instance_ranking_strategy"]
    assert ranker["ranker_config"]["group_order"] == ["gpu-2/on-demand", "gpu"]
    assert config.idle_seconds_of("gpu-2") == 5


@pytest.mark.parametrize(
    ("name", "pod"), [("head_node", "head-node-2"), ("8CPU-32GB", "g-8cpu-32gb")]
)
def test_name_for_pods_is_not_the_heads_and_begins_with_a_letter(name: str, pod: str) -> None:
    text = GROUPS.replace("GROUP", f"{{name: {name}, instance_type: 8CPU-32GB}}")
    assert mended(text.replace("m5.2xlarge", "8CPU-32GB"), KUBERNETES).groups[0].name == pod


def test_limits_are_raised_and_lowered_to_what_can_be() -> None:
    group = "{instance_type: m5.4xlarge, min_nodes: 2, max_nodes: 2}"
    text = GROUPS.replace("GROUP", group)
    assert mended(f"{text}max_resources: {{CPU: 8}}\n", MACHINES).max_resources == {"CPU": 32}
    assert mended(f"{text}min_resources: {{CPU: 99}}\n", MACHINES).min_resources == {"CPU": 32}
    assert mended(f"{text}min_resources: {{TPU: 1}}\n", MACHINES).min_resources == {}
    both = f"{text}min_resources: {{licence: 9}}\nmax_resources: {{licence: 4}}\n"
    assert mended(both).min_resources == {"licence": 4}


def test_limits_know_rays_names_and_bytes() -> None:
    text = GROUPS.replace("GROUP", "{instance_type: m5.4xlarge}")
    config = mended(f"{text}max_resources: {{cpu: 64, memory: 256}}\n")
    assert config.max_resources == {"CPU": 64, "memory": 256 * 2**30}


def test_hardware_that_is_missing_is_what_the_node_reports() -> None:
    text = "head_node: {required_resources: {CPU: 0, memory: 0}, resources: {CPU: 6}}\n"
    required = mended(mended_once(f"{text}worker_nodes: []\n")).head_node.required_resources
    assert required.CPU == 6


def mended_once(text: str) -> str:
    return apply_all(text, check_text(text, target=ANYWHERE))


def test_fix_of_what_several_resources_share_reaches_each_of_them() -> None:
    one = "{cloud_resource: NAME, head_node: {instance_type: a}, enable_cross_zone_scaling: true}"
    both = ", ".join(one.replace("NAME", name) for name in ("west", "east"))
    text = f"configs: [{both}]\nflags: {{efa_config: {{}}}}\n"
    found = problem(text, "cross-zone-placement")
    assert found.path == "flags.efa_config"
    assert found.fix is not None
    after = check_text(apply(text, found.fix), target=ANYWHERE)
    assert "cross-zone-placement" not in {one.code for one in after}


_RESERVED = "{CapacityReservationTarget: {CapacityReservationId: cr-1}}"


@pytest.mark.parametrize(
    "block",
    [
        "SubnetId: subnet-1",
        f"CapacityReservationSpecification: {_RESERVED}",
        "Placement: {GroupName: a}",
    ],
)
def test_what_is_in_one_zone_is_not_spread(block: str) -> None:
    text = f"{LONE}enable_cross_zone_scaling: true\nadvanced_instance_config: {{{block}}}\n"
    assert problem(text, "cross-zone-placement", AWS).severity == "error"


def test_market_of_an_order_is_led_to_the_one_that_was_meant() -> None:
    order = "{ranker_type: custom_group_order, ranker_config: {group_order: [a/ondemand]}}"
    text = GROUPS.replace("GROUP", "{name: a, instance_type: m5.4xlarge}")
    config = mended(f"{text}flags: {{instance_ranking_strategy: [{order}]}}\n")
    [ranker] = config.flags["instance_ranking_strategy"]
    assert ranker["ranker_config"]["group_order"] == ["a/on-demand"]


def test_minimum_that_spot_alone_serves_falls_back_by_one_click() -> None:
    groups = "{instance_type: g5.2xlarge, market_type: SPOT}, {instance_type: m5.4xlarge}"
    text = f"{GROUPS.replace('GROUP', groups)}min_resources: {{GPU: 1}}\n"
    assert [g.market_type for g in mended(text, MACHINES).groups] == ["PREFER_SPOT", "ON_DEMAND"]


def test_tpu_without_gpus_is_not_asked_for_gpus() -> None:
    text = (
        "head_node: {instance_type: m5.2xlarge}\nworker_nodes:\n"
        "  - required_resources: {CPU: 8, memory: 32Gi}\n"
        "    required_labels: {ray.io/accelerator-type: TPU-V6E}\n"
    )
    codes = {one.code for one in check_text(text, target=ANYWHERE)}
    assert "tpu-incomplete" in codes
    assert "accelerator-without-gpu" not in codes


@pytest.mark.parametrize("number", ["4.748273787089057e-108", "1.50", "1.0e+3", "0.1", "1.7e308"])
def test_number_elsewhere_keeps_its_value_and_where_it_can_its_notation(number: str) -> None:
    text = f"{LONE}max_resources: {{licence: {number}}}\nzones: []\n"
    after = apply_all(text, check_text(text, target=ANYWHERE))
    assert "zones" not in after
    before, config = parse(text).draft, parse(after).draft
    assert before is not None
    assert config is not None
    assert config.max_resources == before.max_resources
