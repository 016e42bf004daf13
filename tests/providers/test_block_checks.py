"""Raw blocks are checked inside a configuration, and by the command line."""

import argparse

import pytest

from domain.catalogue.region import RegionCatalogue
from domain.offerings import ProviderKind
from domain.validation import check_text
from mobula.commands.targets import add_target, target_of_options
from providers.registry import kinds_with, traits_of
from tests.providers.block_checks import AWS, GCP, KUBERNETES, yaml_of


def test_each_cloud_that_takes_raw_blocks_has_a_check() -> None:
    assert set(kinds_with(lambda traits: traits.check_block is not None)) == {AWS, GCP, KUBERNETES}


def codes(kind: ProviderKind, text: str) -> list[tuple[str, str]]:
    target = RegionCatalogue(traits=traits_of(kind))
    return [
        (p.path, p.code) for p in check_text(text, target=target) if p.code.startswith("block-")
    ]


def test_what_is_refused_or_foreign_is_said_once() -> None:
    top = "advanced_instance_config"
    text = yaml_of("{ImageId: 5, disks: [], SubnetID: a, 'a.b': 1}")
    assert codes(AWS, text) == [
        (f"{top}.ImageId", "block-refused-key"),
        (f"{top}.disks", "block-of-other-provider"),
        (f"{top}.SubnetID", "block-unknown-key"),
        (f'{top}["a.b"]', "block-unknown-key"),
    ]
    text = yaml_of("{SubnetId: a, 'a.b': 1, spec: {nodeSelectors: {}}}")
    assert [code for _, code in codes(KUBERNETES, text)] == [
        "block-of-other-provider", "block-unknown-key", "block-unknown-key",
    ]  # fmt: skip
    text = yaml_of("{instance_properties: {machine_type: 5}}")
    assert codes(GCP, text) == [(f"{top}.instance_properties.machine_type", "block-refused-key")]


def test_merged_blocks_of_nodes_may_remove_keys_and_leave_some_out() -> None:
    node = (
        "head_node: {instance_type: x, advanced_instance_config: {KeyName: null, Monitoring: {},"
        " EbsOptimized: 1}}\nworker_nodes: []\nadvanced_instance_config: {KeyName: a}\n"
    )
    merged = codes(AWS, f"{node}mobula: {{merge_instance_config: true}}\n")
    assert merged == [("head_node.advanced_instance_config.EbsOptimized", "block-wrong-type")]
    assert len(codes(AWS, node)) == 3


def test_blocks_of_several_cloud_resources_and_environments_are_checked() -> None:
    block = "advanced_instance_config: {SubnetID: a}"
    one = f"{{cloud_resource: a, head_node: {{instance_type: x}}, worker_nodes: [], {block}}}"
    (found,) = codes(AWS, f"configs:\n  - {one}\n")
    assert found == ("configs[0].advanced_instance_config.SubnetID", "block-unknown-key")
    rest = "mobula: {environments: {prod: {advanced_instance_config: {EbsOptimized: 1}}}}\n"
    target = RegionCatalogue(traits=traits_of(AWS))
    found_there = check_text(yaml_of("{KeyName: a}", rest=rest), target=target)
    assert "`EbsOptimized` must be true or false" in " ".join(p.message for p in found_there)


@pytest.mark.parametrize("provider", ["aws", "gcp", "kubernetes"])
def test_the_command_line_checks_blocks_alike(provider: str) -> None:
    parser = argparse.ArgumentParser()
    add_target(parser)
    target = target_of_options(parser.parse_args(["--provider", provider]))
    assert target.traits.check_block is not None
    assert target.traits.check_block({"Zzz": 1}, "a")
