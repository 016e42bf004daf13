"""Export to Anyscale: what it says in words of its own, and what it cannot say."""

import pytest

from domain.convert import ExportContext, Format, exported, imported
from tests.domain.convert.test_formats import WITH_IMAGE, config


@pytest.mark.parametrize("form", [Format.ANYSCALE, Format.ANYSCALE_LEGACY])
def test_anyscale_has_a_fixed_size_and_an_idle_time_in_its_own_words(form: Format) -> None:
    before = config("""
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - {name: a, instance_type: m5.2xlarge, min_nodes: 2, max_nodes: 10}
  - {name: b, instance_type: m5.2xlarge, min_nodes: 3, max_nodes: 3}
  - {name: none, instance_type: m5.2xlarge, max_nodes: 4}
mobula: {autoscaling: false, worker_idle_seconds: 600}
""")
    written = exported(before, form, ExportContext())
    again = imported(written.text, form).config
    assert again is not None
    assert [(group.min_nodes, group.max_nodes) for group in again.groups] == [(2, 2), (3, 3)]
    assert again.flags == {"idle_termination_seconds": 600}
    assert {loss.path for loss in written.losses} == {
        "mobula.autoscaling", "worker_nodes[0].max_nodes", "worker_nodes[2]",
    }  # fmt: skip


def test_anyscale_has_a_fixed_size_on_each_of_several_resources() -> None:
    before = config("""
configs:
  - {head_node: {instance_type: m5.2xlarge},
     worker_nodes: [{name: a, instance_type: m5.2xlarge, min_nodes: 1, max_nodes: 9}]}
  - {head_node: {instance_type: m5.2xlarge}}
mobula: {autoscaling: false, worker_idle_seconds: 45}
""")
    written = exported(before, Format.ANYSCALE, ExportContext())
    again = imported(written.text, Format.ANYSCALE).config
    assert again is not None
    assert again.configs is not None
    assert [group.max_nodes for group in again.configs[0].groups] == [1]
    assert again.flags == {"idle_termination_seconds": 45}
    assert "configs[0].worker_nodes[0].max_nodes" in {loss.path for loss in written.losses}


def test_anyscale_has_merged_blocks_as_one() -> None:
    before = config("""
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - {name: a, instance_type: m5.2xlarge, advanced_instance_config: {EbsOptimized: true}}
  - {name: b, instance_type: m5.2xlarge}
advanced_instance_config: {KeyName: mine}
mobula: {merge_instance_config: true}
""")
    written = exported(before, Format.ANYSCALE, ExportContext())
    again = imported(written.text, Format.ANYSCALE).config
    assert again is not None
    assert again.groups[0].advanced_instance_config == {"KeyName": "mine", "EbsOptimized": True}
    assert again.groups[1].advanced_instance_config is None
    assert written.losses == ()


def test_anyscale_names_the_image_and_the_version_of_ray() -> None:
    before = config("head_node: {instance_type: m5.2xlarge}")
    written = exported(before, Format.ANYSCALE, WITH_IMAGE)
    assert {loss.path for loss in written.losses} == {"image", "ray_version"}
    assert "rayproject/ray:2.60.0" in " ".join(loss.why for loss in written.losses)
