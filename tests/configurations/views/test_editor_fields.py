"""Each field of the template editor: shown as the YAML says it, and written where it belongs."""

from __future__ import annotations

import pytest

from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import Editor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("head-size", "large", "  instance_type: large"),
        ("g0-name", "train", "  - name: train"),
        ("g0-size", "large", "    instance_type: large"),
        ("g0-min_nodes", "2", "    min_nodes: 2"),
        ("g0-max_nodes", "9", "    max_nodes: 9"),
        ("g0-resources", "CPU=2, special=3", "      special: 3"),
        ("g0-resources", "memory=4Gi", "      memory: 4294967296"),
        ("g0-labels", "stage=train", "      stage: train"),
        ("idle_minutes", "5", "  idle_minutes: 5"),
        ("idle_minutes", "0", "  idle_minutes: 0"),
        ("max_lifetime_minutes", "0", "  max_lifetime_minutes: 0"),
        ("worker_idle_seconds", "7", "  worker_idle_seconds: 7"),
        ("image", "ray:1", "  image: ray:1"),
        ("max_cpu", "6", "  CPU: 6"),
        ("max_gpu", "1.5", "  GPU: 1.5"),
        ("autoscaling", None, "  autoscaling: false"),
        ("cloud_resource", "vm", "cloud_resource: vm"),
        ("zones", "a, b", "  - b"),
        ("cross_zone", "on", "enable_cross_zone_scaling: true"),
        ("auto_select", "on", "auto_select_worker_config: true"),
        ("min_resources", "CPU=1", "  CPU: 1"),
        ("more_max", "licence=3", "  licence: 3"),
        ("max_usd_per_hour", "2.5", "  max_usd_per_hour: 2.5"),
        ("max_nodes", "30", "  max_nodes: 30"),
        ("upscaling_speed", "1.5", "  upscaling_speed: 1.5"),
        ("block", "SubnetId: subnet-1\n", "  SubnetId: subnet-1"),
        ("allow_burstable", "on", "  allow_burstable: true"),
        ("merge_blocks", "on", "  merge_instance_config: true"),
        ("threshold", "30m", "  replacement_threshold: 30m"),
        ("zone_timeout", "5m", "  zone_starting_timeout: 5m"),
        ("starting_timeout", "1h", "  workload_starting_timeout: 1h"),
        ("recovering_timeout", "10m", "  workload_recovering_timeout: 10m"),
        ("strategy", "relaxed", "  instance_selection_strategy: relaxed"),
        ("no_nfs", "on", "  disable_nfs_mount: true"),
        ("no_gpu_checks", "on", "  disable_gpu_health_checks: true"),
        ("more_flags", "efa_config: {}\n", "  efa_config: {}"),
        ("head-resources", "CPU=1", "    CPU: 1"),
        ("head-labels", "tier=head", "    tier: head"),
        ("head-block", "KeyName: debug\n", "    KeyName: debug"),
        ("head-flags", "pricing_weight: 2\n", "    pricing_weight: 2"),
        ("head-deployment", "region: west\n", "    region: west"),
        ("g0-market", "PREFER_SPOT", "    market_type: PREFER_SPOT"),
        ("g0-threshold", "30m", "      replacement_threshold: 30m"),
        ("g0-weight", "2.5", "      pricing_weight: 2.5"),
        ("g0-idle_seconds", "90", "      worker_idle_seconds: 90"),
        ("g0-required_labels", "ray.io/accelerator-type=L4", "      ray.io/accelerator-type: L4"),
        ("g0-block", "{}\n", "    advanced_instance_config: {}"),
        ("g0-flags", "cloud: a\n", "      cloud: a"),
        ("g0-deployment", "machine_pool: p\n", "      machine_pool: p"),
    ],
)
def test_each_field_reaches_the_yaml_and_comes_back(
    editor: Editor, field: str, value: str | None, line: str
) -> None:
    page = editor.check(**{field: value})
    assert line in page.fields["text"].splitlines()
    assert page.fields.get(field) == value
    # Opened anew from that text, the form shows the same.
    again = editor.check(shown="", text=page.fields["text"])
    assert again.fields.get(field) == (value if field != "g0-resources" else again.fields[field])
    assert again.config == page.config


def test_hardware_takes_the_place_of_a_type(editor: Editor) -> None:
    hardware = {"g0-need_cpu": "8", "g0-need_memory": "32Gi", "g0-need_gpu": "1"}
    hardware |= {"g0-need_accelerator": "A10G", "g0-need_arch": "x86_64"}
    page = editor.check(**{"g0-size": "", **hardware})
    group = page.config.groups[0]
    assert group.instance_type is None
    assert group.required_resources.model_dump(exclude_none=True) == {
        "CPU": 8, "memory": 32 * 2**30, "GPU": 1, "accelerator": "A10G",
        "cpu_architecture": "x86_64",
    }  # fmt: skip
    assert {name: page.fields[name] for name in hardware} == hardware
    assert editor.check(**dict.fromkeys(hardware, "")).config.groups[0].required_resources is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("block", "a: [", "more-problems"),
        ("block", "- a\n", "must be a mapping"),
        ("g0-deployment", "zone: a\n", "is not a key here"),
        ("g0-need_memory", "32GB", "is not a quantity"),
    ],
)
def test_part_that_does_not_fit_is_reported_beside_its_field_and_kept(
    editor: Editor, field: str, value: str, words: str
) -> None:
    before = editor.page.fields["text"]
    page = editor.check(**{field: value})
    assert page.fields[field].strip() == value.strip()
    assert page.fields["text"] == before
    assert words in page.text or field == "block"
    assert f'id="id_{field}_error"' in page.text


def test_fields_that_the_form_does_not_show_are_kept(editor: Editor) -> None:
    text = TEXT.replace("max_nodes: 4", "max_nodes: 4\n    market_type: SPOT")
    editor.check(text=text)
    assert editor.check(**{"g0-name": "spot"}).config.groups[0].market_type == "SPOT"


def test_number_that_is_none_is_reported_beside_its_field_and_kept(editor: Editor) -> None:
    page = editor.check(**{"g0-max_nodes": "many"})
    assert page.fields["g0-max_nodes"] == "many"
    assert page.fields["text"] == TEXT
    assert "Enter a whole number." in page.text
    assert editor.post(message="x").status_code == 422


def test_choosing_a_size_takes_the_place_of_required_hardware(editor: Editor) -> None:
    text = TEXT.replace(
        "  - name: cpu\n    instance_type: small",
        "  - name: cpu\n    required_resources: {CPU: 2, memory: 4Gi}",
    )
    assert editor.check(text=text).fields["g0-size"] == ""
    group = editor.check(**{"g0-size": "large"}).config.groups[0]
    assert (group.instance_type, group.required_resources) == ("large", None)


def test_size_that_the_cloud_has_not_is_shown_and_kept(editor: Editor) -> None:
    page = editor.check(text=TEXT.replace("instance_type: small\nw", "instance_type: m5.big\nw"))
    assert page.fields["head-size"] == "m5.big"
    assert "m5.big" in editor.check(**{"g0-max_nodes": "5"}).fields["text"]


def test_price_is_shown_for_the_least_and_the_most(editor: Editor) -> None:
    page = editor.check(**{"g0-min_nodes": "1", "g0-max_nodes": "4"})
    # Sizes of $0.10: a head and one worker, a head and four.
    side = page.text[page.text.index("price-title") :]
    assert "$0.20" in side
    assert "$0.50" in side


def test_changes_since_the_latest_version_are_said_in_words(editor: Editor) -> None:
    page = editor.check(**{"g0-max_nodes": "5"})
    assert "Group cpu: Maximum nodes: 4 → 5" in page.text


@pytest.mark.parametrize(
    ("field", "flags"), [("head-flags", "pricing_weight: 2\n"), ("g0-flags", "pricing_weight: x\n")]
)
def test_flags_that_are_taken_out_of_their_box_go(editor: Editor, field: str, flags: str) -> None:
    before = editor.page.config
    assert editor.check(**{field: flags}).config != before
    assert editor.check(**{field: ""}).config == before
