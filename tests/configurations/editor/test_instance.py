"""Typed settings of machines in the editor: fields and YAML follow each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from configurations.editor.state import MANY_ROWS
from tests.cast import make_cloud
from tests.configurations.editor_page import Editor
from tests.configurations.views.test_templates import signed_in

pytestmark = pytest.mark.django_db

TEXT = """\
cloud: {cloud}
head_node:
  instance_type: a
worker_nodes:
  - name: cpu
    instance_type: a
    max_nodes: 4  # no more
mobula:
  idle_minutes: 30
"""
BLOCK = "advanced_instance_config"


@pytest.fixture
def opened(alice: Any, research: Any, driver: Any, image: Any) -> Callable[..., Editor]:
    """The editor on a text for a cloud of a provider."""
    from tests.configurations.stored import stored_template

    def open_on(provider: str, text: str = TEXT) -> Editor:
        make_cloud(provider, provider=provider, region=REGIONS.get(provider, ""))
        text = text.replace("{cloud}", provider)
        version = stored_template(team=research, name="t", text=text, by=alice)
        own = [version.template_id]
        edit_url = reverse("configurations:edit-template", args=own)
        return Editor(
            signed_in(alice), edit_url, reverse("configurations:check-template", args=own)
        )

    return open_on


REGIONS = {"aws": "us-west-2", "gcp": "us-central1", "kubernetes": "default"}


def with_block(block: str) -> str:
    """The text with a block of the cluster."""
    return TEXT.replace("mobula:", f"{BLOCK}:\n{block}mobula:")


@pytest.mark.parametrize(
    ("provider", "field", "value", "block"),
    [
        ("aws", "subnet", "subnet-0a1b2c3d", {"SubnetId": "subnet-0a1b2c3d"}),
        ("aws", "disk0_size", "200", {"BlockDeviceMappings": [{"Ebs": {"VolumeSize": 200}}]}),
        ("aws", "monitoring", "yes", {"Monitoring": {"Enabled": True}}),
        (
            "aws",
            "instance_tags",
            "team=research",
            {
                "TagSpecifications": [
                    {"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "research"}]}
                ]
            },
        ),
        (
            "gcp",
            "labels",
            "team=research",
            {"instanceProperties": {"labels": {"team": "research"}}},
        ),
        (
            "gcp",
            "boot_size",
            "100",
            {
                "instanceProperties": {
                    "disks": [
                        {
                            "boot": True,
                            "autoDelete": True,
                            "initializeParams": {"diskSizeGb": 100},
                        }
                    ]
                }
            },
        ),
        ("kubernetes", "namespace", "ml", {"metadata": {"namespace": "ml"}}),
        (
            "kubernetes",
            "tolerations",
            "gpu=a:NoSchedule\nspot:NoExecute",
            {
                "spec": {
                    "tolerations": [
                        {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
                        {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
                    ]
                }
            },
        ),
        (
            "kubernetes",
            "limits",
            "nvidia.com/gpu=1",
            {
                "spec": {
                    "containers": [{"name": "ray", "resources": {"limits": {"nvidia.com/gpu": 1}}}]
                }
            },
        ),
    ],
)
@pytest.mark.parametrize("where", ["", "head-", "g0-"])
def test_typed_field_reaches_the_yaml_comes_back_and_goes(
    opened: Callable[..., Editor],
    provider: str,
    field: str,
    value: str,
    block: dict[str, Any],
    where: str,
) -> None:
    editor = opened(provider)
    name = f"{where}set-{field}"
    page = editor.check(**{name: value})
    assert page.fields[name] == value
    config = page.config
    node = {"": config, "head-": config.head_node, "g0-": config.groups[0]}[where]
    assert node.advanced_instance_config == block
    assert "# no more" in page.fields["text"]
    # Opened anew from that text, the field shows it, and the box nothing.
    again = editor.check(shown=None, text=page.fields["text"])
    assert (again.fields[name], again.fields[f"{where}block"]) == (value, "")
    gone = editor.check(**{name: ""})
    assert gone.fields["text"].strip() == TEXT.replace("{cloud}", provider).strip()
    assert gone.config.groups[0].advanced_instance_config is None


def test_change_in_the_yaml_shows_in_the_fields(opened: Callable[..., Editor]) -> None:
    editor = opened("aws")
    text = with_block("  SubnetId: subnet-1  # ours\n  CpuOptions:\n    CoreCount: 2\n")
    page = editor.check(text=text.replace("{cloud}", "aws"))
    assert page.fields["set-subnet"] == "subnet-1"
    assert page.fields["block"] == "CpuOptions:\n  CoreCount: 2\n"
    page = editor.check(**{"set-key_pair": "debug"})
    assert "SubnetId: subnet-1  # ours" in page.fields["text"]
    assert page.config.advanced_instance_config == {
        "SubnetId": "subnet-1", "CpuOptions": {"CoreCount": 2}, "KeyName": "debug",
    }  # fmt: skip


def test_box_and_fields_are_changed_at_once(opened: Callable[..., Editor]) -> None:
    editor = opened("aws", with_block("  SubnetId: subnet-1\n  EbsOptimized: true\n"))
    page = editor.check(**{"set-subnet": "subnet-2", "block": "EbsOptimized: false\n"})
    assert page.config.advanced_instance_config == {"SubnetId": "subnet-2", "EbsOptimized": False}


def test_node_without_a_block_differs_from_one_with_an_empty_block(
    opened: Callable[..., Editor],
) -> None:
    editor = opened("aws", with_block("  SubnetId: subnet-1\n"))
    assert editor.page.config.groups[0].advanced_instance_config is None
    page = editor.check(**{"g0-block": "{}\n"})
    assert page.config.groups[0].advanced_instance_config == {}
    page = editor.check(**{"g0-set-key_pair": "debug"})
    assert page.config.groups[0].advanced_instance_config == {"KeyName": "debug"}
    page = editor.check(**{"g0-set-key_pair": ""})
    assert page.config.groups[0].advanced_instance_config == {}
    page = editor.check(**{"g0-block": ""})
    assert page.config.groups[0].advanced_instance_config is None


def test_problem_inside_the_block_stands_at_its_field(opened: Callable[..., Editor]) -> None:
    block = "    advanced_instance_config:\n      BlockDeviceMappings:\n"
    block += "        - DeviceName: /dev/sda1\n          Ebs:\n            VolumeType: gp9\n"
    editor = opened("aws", TEXT.replace("mobula:", f"{block}mobula:"))
    page = editor.page
    assert page.fields["g0-set-disk0_type"] == "gp9"
    assert 'id="id_g0-set-disk0_type_error"' in page.text
    assert 'id="id_g0-block_error"' not in page.text


def test_text_that_a_field_cannot_take_stays_beside_its_message(
    opened: Callable[..., Editor],
) -> None:
    editor = opened("aws")
    before = editor.page.fields["text"]
    page = editor.check(**{"set-disk0_size": "large", "head-set-subnet": "subnet-1"})
    assert page.fields["set-disk0_size"] == "large"
    assert "write a whole number" in page.text
    assert page.config.head_node.advanced_instance_config == {"SubnetId": "subnet-1"}
    assert f"{BLOCK}:\n" not in before


def test_disks_move_up_when_one_goes(opened: Callable[..., Editor]) -> None:
    editor = opened("aws")
    editor.check(**{"set-disk0_size": "10"})
    page = editor.check(**{"set-disk1_size": "20"})
    assert "set-disk2_size" in page.fields
    page = editor.check(**{"set-disk0_size": ""})
    assert (page.fields["set-disk0_size"], page.fields["set-disk1_size"]) == ("20", "")
    page = editor.check(**{"set-key_pair": "debug"})
    assert page.config.advanced_instance_config == {
        "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 20}}], "KeyName": "debug",
    }  # fmt: skip


def test_cloud_decides_which_fields_there_are(opened: Callable[..., Editor]) -> None:

    editor = opened("local", with_block("  SubnetId: subnet-1\n"))
    assert "set-subnet" not in editor.page.fields
    assert "Cloud local has no instance settings" in editor.page.text
    make_cloud("prod", provider="aws", region="us-west-2")
    page = editor.check(cloud="prod")
    assert (page.fields["set-subnet"], page.fields["block"]) == ("subnet-1", "")
    page = editor.check(cloud="")
    assert "Select a cloud on AWS, Google Cloud or Kubernetes" in page.text
    assert page.fields["block"] == "SubnetId: subnet-1\n"


def test_both_spellings_are_read_and_kept(opened: Callable[..., Editor]) -> None:
    editor = opened("gcp", with_block("  instance_properties:\n    labels: {a: b}\n"))
    assert editor.page.fields["set-labels"] == "a=b"
    page = editor.check(**{"set-cpu_platform": "Intel Ice Lake"})
    assert page.config.advanced_instance_config == {
        "instance_properties": {"labels": {"a": "b"}, "min_cpu_platform": "Intel Ice Lake"}
    }


def test_copied_group_has_the_same_settings(opened: Callable[..., Editor]) -> None:
    editor = opened("aws")
    editor.check(**{"g0-set-subnet": "subnet-1"})
    page = editor.check(do="copy:g0")
    assert page.config.groups[1].advanced_instance_config == {"SubnetId": "subnet-1"}


def test_many_groups_show_their_settings_where_they_are_asked_for(
    opened: Callable[..., Editor],
) -> None:
    group = "  - name: n{0}\n    instance_type: a\n    advanced_instance_config:\n"
    group += "      SubnetId: subnet-{0}\n      EbsOptimized: true\n"
    groups = "".join(group.format(index) for index in range(MANY_ROWS + 2))
    text = TEXT.replace(
        "  - name: cpu\n    instance_type: a\n    max_nodes: 4  # no more\n", groups
    )
    editor = opened("aws", text)
    assert "g3-set-subnet" not in editor.page.fields
    page = editor.check(do="more:g3")
    assert page.fields["g3-set-subnet"] == "subnet-3"
    assert page.fields["g3-block"] == "EbsOptimized: true\n"
    assert "g4-set-subnet" not in page.fields
    page = editor.check(**{"g3-set-subnet": "subnet-9"})
    assert [g.advanced_instance_config["SubnetId"] for g in page.config.groups[2:5]] == [
        "subnet-2", "subnet-9", "subnet-4",
    ]  # fmt: skip
    assert page.config.groups[4].advanced_instance_config["EbsOptimized"] is True


@pytest.mark.parametrize("provider", ["aws", "gcp", "kubernetes"])
@pytest.mark.parametrize(
    "junk", ["=", "a", "a=b", ",", "/", ":=/x", "a:b:c:d=/x", "\x0b", "9" * 40]
)
def test_any_text_in_any_field_is_answered(
    opened: Callable[..., Editor], provider: str, junk: str
) -> None:
    editor = opened(provider)
    names = [name for name in editor.page.fields if name.startswith(("set-", "g0-set-"))]
    assert len(names) > 30
    page = editor.check(**dict.fromkeys(names, junk))
    again = editor.check(shown=None, text=page.fields["text"])
    assert again.config == page.config


def test_folded_group_says_what_is_set(opened: Callable[..., Editor]) -> None:
    editor = opened("aws", with_block("  SubnetId: subnet-1\n  KeyName: debug\n"))
    assert "Subnet subnet-1</span>" in editor.page.text
    assert "Key pair debug</span>" in editor.page.text
    assert "Instance tags, Volume tags</span>" in editor.page.text
