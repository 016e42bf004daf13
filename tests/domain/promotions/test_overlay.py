"""What an environment lays over a configuration: caps, region, market, labels."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.configuration.spec import ComputeConfig, MarketType
from domain.promotions.laying import laid_over
from domain.promotions.overlay import NOTHING, Overlay, differences, wrong_settings
from domain.yaml.text import parse
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK

TWO_RESOURCES = """\
cloud: research
configs:
  - cloud_resource: east
    zones: [east-a]
    head_node: {instance_type: m5.large}
    worker_nodes: [{name: cpu, instance_type: m5.large, max_nodes: 9}]
  - cloud_resource: west
    head_node: {instance_type: m5.large}
    worker_nodes: [{name: cpu, instance_type: m5.large, max_nodes: 9}]
"""


def config(text: str = GPU_WITH_FALLBACK) -> ComputeConfig:
    found = parse(text).config
    assert found is not None
    return found


def laid(**values: Any) -> ComputeConfig:
    return laid_over(config(), Overlay(**values)).config


overlays = st.builds(
    Overlay,
    cloud=st.sampled_from(["", "research", "east"]),
    max_nodes=st.none() | st.integers(1, 30),
    max_cpus=st.none() | st.integers(1, 300),
    max_gpus=st.none() | st.integers(0, 10),
    max_usd_per_hour=st.none() | st.decimals("0.01", 100, places=2),
    market=st.none() | st.sampled_from(MarketType),
    labels=st.dictionaries(st.sampled_from(["stage", "cost-center"]), st.just("prod")),
)


def test_an_empty_overlay_changes_nothing() -> None:
    whole = config()
    found = laid_over(whole, NOTHING)
    assert found.config is whole
    assert found.changed == ()
    assert not NOTHING
    assert NOTHING.plain == {}


@EXAMPLES
@given(overlays, st.sampled_from([GPU_WITH_FALLBACK, TWO_RESOURCES]))
def test_to_lay_it_twice_changes_nothing(overlay: Overlay, text: str) -> None:
    once = laid_over(config(text), overlay).config
    again = laid_over(once, overlay)
    assert again.config == once
    assert again.changed == ()


@EXAMPLES
@given(overlays, st.sampled_from([GPU_WITH_FALLBACK, TWO_RESOURCES]))
def test_no_cap_is_exceeded_whatever_the_version_says(overlay: Overlay, text: str) -> None:
    found = laid_over(config(text), overlay).config
    for one in found.resource_configs:
        if overlay.max_nodes is not None:
            assert one.mobula.max_nodes is not None
            assert one.mobula.max_nodes <= overlay.max_nodes
        if overlay.max_gpus is not None:
            assert one.max_resources["GPU"] <= overlay.max_gpus
        for group in one.groups:
            assert group.min_nodes <= group.max_nodes
            assert overlay.market in {None, group.market_type}
            assert overlay.labels.items() <= group.labels.items()


@EXAMPLES
@given(overlays)
def test_it_is_read_as_it_was_written(overlay: Overlay) -> None:
    assert Overlay.of(overlay.plain) == overlay
    assert differences(overlay, Overlay.of(overlay.plain)) == ()


def test_of_two_maxima_the_smaller_one_holds() -> None:
    lower = laid(max_nodes=5, max_cpus=100, max_gpus=4, max_usd_per_hour=Decimal("2.5"))
    assert [group.max_nodes for group in lower.groups] == [5, 5, 5]
    assert lower.mobula.max_nodes == 5
    assert lower.mobula.max_usd_per_hour == 2.5
    assert lower.max_resources == {"CPU": 100, "GPU": 4}
    higher = laid(max_nodes=50, max_cpus=500, max_gpus=16)
    assert [group.max_nodes for group in higher.groups] == [8, 8, 10]
    assert higher.max_resources == {"CPU": 256, "GPU": 8}


def test_another_cloud_takes_the_zones_of_the_first_ones_region_away() -> None:
    moved = laid(cloud="east")
    assert (moved.cloud, moved.zones, moved.enable_cross_zone_scaling) == ("east", None, False)
    assert laid(cloud="research") == config()


def test_on_demand_only_takes_away_what_only_spot_nodes_have() -> None:
    text = GPU_WITH_FALLBACK + "  groups: {train: {on_demand_percent: 20}}\n"
    found = laid_over(config(text), Overlay(market=MarketType.ON_DEMAND)).config
    assert {group.market_type for group in found.groups} == {MarketType.ON_DEMAND}
    assert found.group("train").flags == {}  # type: ignore[union-attr]
    assert found.mobula.groups == {}


def test_labels_are_merged_and_the_environments_win() -> None:
    found = laid(labels={"stage": "prod", "cost-center": "12"})
    assert found.groups[0].labels == {"stage": "prod", "cost-center": "12"}
    assert found.head_node is not None
    assert found.head_node.labels == {"stage": "prod", "cost-center": "12"}


def test_what_it_changes_of_a_configuration_is_said_in_words() -> None:
    found = laid_over(config(), Overlay(max_nodes=5, cloud="east"))
    assert "Cloud: research → east" in found.changed
    assert "Cluster: Maximum nodes: not set → 5" in found.changed
    assert "Group train: Maximum nodes: 8 → 5" in found.changed


@pytest.mark.parametrize(
    ("values", "text", "path", "words"),
    [
        (
            {"max_nodes": 2},
            GPU_WITH_FALLBACK.replace("min_nodes: 1", "min_nodes: 3"),
            "worker_nodes",
            "The groups' `min_nodes` add up to 3; the cap is 2 nodes.",
        ),
        (
            {"max_cpus": 8},
            GPU_WITH_FALLBACK,
            "min_resources.CPU",
            "The version keeps at least 16 CPUs; the cap is 8.",
        ),
        (
            {"cloud": "east"},
            TWO_RESOURCES,
            "configs[1].cloud_resource",
            "The version names the cloud resource west; the environment's clusters run on east",
        ),
    ],
)
def test_a_version_that_asks_for_what_there_is_not_is_told(
    values: dict[str, Any], text: str, path: str, words: str
) -> None:
    [problem] = laid_over(config(text), Overlay(**values)).problems
    assert problem.path == path
    assert words in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"max_nodes": 0}, "max_nodes", "Enter 1 to 10,000"),
        ({"max_gpus": -1}, "max_gpus", "Enter 0 to"),
        ({"max_usd_per_hour": Decimal(-1)}, "max_usd_per_hour", "Enter 0 to 1,000,000"),
        ({"labels": {"cost center": "12"}}, "labels", "is not a valid Ray label"),
        ({"labels": {f"l{n}": "" for n in range(31)}}, "labels", "at most 30 labels"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    values: dict[str, Any], field: str, words: str
) -> None:
    wrong = wrong_settings(Overlay(**values))
    assert list(wrong) == [field]
    assert words in wrong[field]


def test_two_overlays_are_compared_in_words() -> None:
    before = Overlay(max_nodes=1_000, market=MarketType.SPOT, labels={"stage": "test"})
    after = Overlay(max_nodes=10, max_usd_per_hour=Decimal(4), labels={"stage": "prod"})
    assert differences(before, after) == (
        ("Max worker nodes", "1,000", "10"),
        ("Max $/h", "not set", "$4.00"),
        ("Market", "Spot only", "not set"),
        ("Labels", "stage=test", "stage=prod"),
    )
    assert after.words == (
        "At most 10 worker nodes.",
        "At most $4.00 an hour.",
        "Labels: stage=prod.",
    )
