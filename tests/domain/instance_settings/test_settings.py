"""Typed settings: what they show of a block and the rest are the block again, always."""

from __future__ import annotations

from typing import Any

import pytest

from domain.offerings import ProviderKind
from domain.validation.refused_keys import refused_keys
from providers.registry import traits_of
from tests.domain.instance_settings.machine_settings import (
    AWS,
    EACH,
    GCP,
    HAVE_SETTINGS,
    PODS,
    ray,
    read,
)


def setting(provider: ProviderKind, name: str) -> Any:
    return next(one for one in read(provider, None).settings if one.name == name)


@pytest.mark.parametrize(("provider", "name", "text", "block"), EACH)
def test_each_setting_there_and_back(
    provider: ProviderKind, name: str, text: str, block: dict[str, Any]
) -> None:
    empty = read(provider, None)
    written = empty.written({name: setting(provider, name).kind.read(text)}, rest=None)
    assert written == block
    shown = read(provider, written)
    assert {one: said for one, said in shown.texts.items() if said} == {name: text}
    assert shown.rest is None
    assert shown.written({}) == block
    assert shown.written({name: None}) is None


def test_each_setting_is_tried() -> None:
    for provider in HAVE_SETTINGS:
        tried = {name for kind, name, _, _ in EACH if kind is provider}
        assert tried == {one.name for one in read(provider, None).settings}


@pytest.mark.parametrize(("provider", "name", "text", "block"), EACH)
def test_no_setting_is_one_that_the_launch_refuses(
    provider: ProviderKind, name: str, text: str, block: dict[str, Any]
) -> None:
    traits = traits_of(provider)
    assert not list(refused_keys(block, ("advanced_instance_config",), traits)), (name, text)


def test_value_that_a_field_cannot_show_stays_in_the_rest() -> None:
    block = {"SubnetId": 5, "KeyName": " debug", "Monitoring": {"Enabled": "yes"}}
    reading = read(AWS, block)
    assert reading.values == {}
    assert reading.rest == block


def test_unknown_keys_stay_in_their_places() -> None:
    extra = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 10, "SnapshotId": "snap-1"}}
    block = {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}, extra], "CpuOptions": {}}
    reading = read(AWS, block)
    assert reading.rest == {
        "BlockDeviceMappings": [{}, {"Ebs": {"SnapshotId": "snap-1"}}],
        "CpuOptions": {},
    }
    changed = reading.written({"disk1_size": 20})
    assert changed is not None
    assert changed["BlockDeviceMappings"][1] == {
        "DeviceName": "/dev/sdb",
        "Ebs": {"VolumeSize": 20, "SnapshotId": "snap-1"},
    }


def test_disk_whose_fields_are_cleared_goes() -> None:
    block = {"BlockDeviceMappings": [{"DeviceName": "a"}, {"DeviceName": "b"}]}
    reading = read(AWS, block)
    assert reading.written({"disk0_device": None}) == {"BlockDeviceMappings": [{"DeviceName": "b"}]}


def test_network_of_an_interface_is_shown_as_the_network() -> None:
    block = {"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "s", "Groups": ["g"]}]}
    reading = read(AWS, block)
    assert (reading.texts["subnet"], reading.texts["groups"]) == ("s", "g")
    assert reading.written({"subnet": "t"}) == {
        "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "t", "Groups": ["g"]}]
    }


def test_efa_takes_the_network_along_into_its_interface() -> None:
    reading = read(AWS, {"SubnetId": "s", "SecurityGroupIds": ["g"]})
    assert reading.written({"interface": "efa"}) == {
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "InterfaceType": "efa", "SubnetId": "s", "Groups": ["g"]}
        ]
    }


def test_other_changes_leave_the_network_where_it_is() -> None:
    block = {"SubnetId": "s", "NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa"}]}
    assert read(AWS, block).written({"key_pair": "k"}) == {**block, "KeyName": "k"}


def test_spelling_of_the_block_is_kept() -> None:
    block = {"instance_properties": {"service_accounts": [{"email": "a"}], "labels": {"x": "y"}}}
    reading = read(GCP, block)
    assert (reading.texts["account"], reading.texts["labels"]) == ("a", "x=y")
    written = reading.written({"boot_size": 50, "cpu_platform": "Intel Ice Lake"})
    assert written == {
        "instance_properties": {
            "service_accounts": [{"email": "a"}],
            "labels": {"x": "y"},
            "disks": [
                {"boot": True, "auto_delete": True, "initialize_params": {"disk_size_gb": 50}}
            ],
            "min_cpu_platform": "Intel Ice Lake",
        }
    }


def test_both_spellings_in_one_block() -> None:
    block = {"instance_properties": {"serviceAccounts": [{"email": "a"}]}}
    reading = read(GCP, block)
    assert reading.texts["account"] == "a"
    assert reading.written({"account": "b"}) == {
        "instance_properties": {"serviceAccounts": [{"email": "b"}]}
    }


def test_entries_that_cannot_be_shown_stay_when_others_change() -> None:
    inject = {"sidecar.istio.io/inject": "true"}
    block = {"metadata": {"annotations": {"a": "b, c", "d": "e", **inject}}}
    reading = read(PODS, block)
    assert (reading.texts["annotations"], reading.texts["istio"]) == ("d=e", "yes")
    assert reading.written({"annotations": {"f": "g"}}) == {
        "metadata": {"annotations": {"a": "b, c", **inject, "f": "g"}}
    }


def test_other_containers_keep_their_order() -> None:
    side = {"name": "side", "image": "i"}
    block = ray(resources={"limits": {"cpu": 1}})
    block["spec"]["containers"].append(side)
    reading = read(PODS, block)
    assert reading.rest == {"spec": {"containers": [{"name": "ray"}, side]}}
    changed = reading.written({"limits": {"cpu": 2}})
    assert changed == {
        "spec": {"containers": [{"name": "ray", "resources": {"limits": {"cpu": 2}}}, side]}
    }


def test_no_block_and_an_empty_one_differ() -> None:
    assert read(AWS, None).written({}) is None
    assert read(AWS, {}).written({}) == {}
    shown = read(AWS, {"SubnetId": "s"})
    assert shown.written({"subnet": None}) is None
    assert shown.written({"subnet": None}, rest={}) == {}


def test_new_rest_says_what_no_field_was_changed_to() -> None:
    reading = read(AWS, {"SubnetId": "s", "KeyName": "k", "ImageId": "ami-1"})
    assert reading.rest == {"ImageId": "ami-1"}
    assert reading.written({}, rest={"SubnetId": "t"}) == {"SubnetId": "t", "KeyName": "k"}
    assert reading.written({"subnet": "u"}, rest={"SubnetId": "t"})["SubnetId"] == "u"  # type: ignore[index]


def test_problem_inside_the_block_finds_its_setting() -> None:
    block = {"BlockDeviceMappings": [{"DeviceName": "a"}, {"Ebs": {"VolumeType": "gp9"}}]}
    reading = read(AWS, {**block, "CpuOptions": {"CoreCount": "x"}})
    assert reading.name_at(("BlockDeviceMappings", 1, "Ebs", "VolumeType")) == "disk1_type"
    assert reading.name_at(("CpuOptions", "CoreCount")) == ""
    assert reading.name_at(("BlockDeviceMappings",)) == ""
    pod = read(PODS, {**ray(resources={"limits": {"cpu": 1, "b": True}}), "metadata": {}})
    loc = ("spec", "containers", 0, "resources", "limits")
    assert pod.name_at((*loc, "cpu")) == "limits"
    assert pod.name_at((*loc, "b")) == ""
