"""Typed settings: what they show of a block and the rest are the block again, always."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instance_settings import Reading
from domain.instance_settings.kinds import same
from domain.instance_settings.table import MISSING, At, under
from domain.offerings import ProviderKind
from domain.validation.refused_keys import refused_keys
from providers.registry import kinds_with, traits_of
from tests.domain.machine_settings import AWS, EACH, GCP, PODS, ray

HAVE_SETTINGS = kinds_with(lambda traits: traits.settings is not None)
RICH = {
    kind: [block for provider, _, _, block in EACH if provider is kind] for kind in HAVE_SETTINGS
}


def read(provider: ProviderKind, block: dict[str, Any] | None) -> Reading:
    table = traits_of(provider).settings
    assert table is not None
    return table.read(block)


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


_KEYS = [
    "SubnetId", "SecurityGroupIds", "NetworkInterfaces", "BlockDeviceMappings", "Ebs",
    "DeviceName", "VolumeSize", "VolumeType", "Placement", "GroupName", "TagSpecifications",
    "ResourceType", "Tags", "Key", "Value", "DeviceIndex", "instanceProperties",
    "instance_properties", "disks", "boot", "autoDelete", "auto_delete", "initializeParams",
    "initialize_params", "diskSizeGb", "labels", "networkInterfaces", "network_interfaces",
    "metadata", "spec", "annotations", "sidecar.istio.io/inject", "containers", "name",
    "resources", "limits", "requests", "volumes", "volumeMounts", "mountPath", "emptyDir",
    "persistentVolumeClaim", "claimName", "tolerations", "nodeSelector", "other", "network",
]  # fmt: skip
_WORDS = ["ray", "instance", "volume", "a", "true", "gp3", "a, b", " a", "", "a=b", "1", "/mnt"]
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.floats(0, 2, allow_nan=False)
    | st.sampled_from(_WORDS)
    | st.text(max_size=3)
)
_json = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def blocks(draw: st.DrawFn, provider: ProviderKind) -> dict[str, Any]:
    """Some real blocks of the provider, one laid over the other, and some JSON in it."""
    block: Any = {}
    for part in draw(st.lists(st.sampled_from(RICH[provider]), max_size=5)):
        block = _laid(block, part)
    return _spoilt(draw, block)


def _laid(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _laid(one.get(key), item) for key, item in other.items()}}
    both = isinstance(one, list) and isinstance(other, list)
    return [*one, *other] if both else other


def _spoilt(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, list):
        return [_spoilt(draw, item) for item in value]
    if not isinstance(value, dict):
        return draw(_json) if draw(st.integers(0, 19)) == 0 else value
    block = {key: _spoilt(draw, item) for key, item in value.items()}
    if draw(st.integers(0, 3)) == 0:
        block[draw(st.sampled_from(_KEYS))] = draw(_json)
    return block


some_kind = st.sampled_from(sorted(HAVE_SETTINGS))
kinds_and_blocks = some_kind.flatmap(
    lambda kind: st.tuples(
        st.just(kind), blocks(kind) | st.dictionaries(st.sampled_from(_KEYS), _json, max_size=5)
    )
)


@given(kinds_and_blocks)
def test_fields_and_rest_are_the_block_again(case: tuple[ProviderKind, dict[str, Any]]) -> None:
    provider, block = case
    reading = read(provider, block)
    assert same(reading.written({}), block) or (not block and reading.written({}) == {})
    for one in reading.settings:
        if one.name in reading.values:
            text = reading.texts[one.name]
            assert same(one.kind.read(text), reading.values[one.name])


@given(kinds_and_blocks, st.data())
def test_value_that_is_set_and_cleared_leaves_no_trace(
    case: tuple[ProviderKind, dict[str, Any]], data: st.DataObject
) -> None:
    provider, block = case
    tries = [(name, text) for kind, name, text, _ in EACH if kind is provider]
    name, text = data.draw(st.sampled_from(tries))
    reading = read(provider, block)
    value = setting(provider, name).kind.read(text)
    if reading.texts[name] or _blocked(reading, name, value):
        return
    block_with = reading.written({name: value})
    assert block_with is not None
    after = read(provider, block_with)
    cleared = after.written({name: None}) or {}
    assert _without_husks(cleared) == _without_husks(block)


def _blocked(reading: Any, name: str, value: Any) -> bool:
    """Something that no field can show stands at the setting's place, or in the way."""
    place = next(one.place for one in reading.settings if one.name == name)
    block = dict(reading.block or {})
    if not place.is_open(block):
        return True
    if name == "interface" and block.keys() & {"SubnetId", "SecurityGroupIds"}:
        return True  # they go along
    if not isinstance(place, At):  # volumes of that name, or copies among other disks
        return bool(block.keys() & {"spec", "instanceProperties", "instance_properties"})
    there = under(block, place.loc) if isinstance(place, At) else MISSING
    if isinstance(value, dict) and isinstance(there, dict):
        return bool(value.keys() & there.keys())
    return there is not MISSING


def _without_husks(value: Any) -> Any:
    """Without empty containers, and without entries that only say which they are."""
    if isinstance(value, list):
        items = [_without_husks(item) for item in value]
        return [item for item in items if item not in ({}, [], {"name": "ray"})]
    if not isinstance(value, dict):
        return value
    items = {key: _without_husks(item) for key, item in value.items()}
    bare = (
        {"ResourceType"}, {"DeviceIndex"}, {"name"}, {"boot"}, {"boot", "autoDelete"},
        {"boot", "auto_delete"},
    )  # fmt: skip
    kept = {key: item for key, item in items.items() if item not in ({}, [])}
    return {} if set(kept) in bare else kept


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
