"""Typed settings: what they show of a block and the rest are the block again, always."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.offerings import ProviderKind
from domain.settings import HAVE_SETTINGS, read
from domain.settings.kinds import same
from domain.settings.table import MISSING, At, under
from domain.target import Target
from domain.validation.refused import refused_keys

AWS, GCP, PODS = ProviderKind.AWS, ProviderKind.GCP, ProviderKind.KUBERNETES


def term(*rules: Any) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": list(rules)}]}
    node = {"requiredDuringSchedulingIgnoredDuringExecution": required}
    return {"spec": {"affinity": {"nodeAffinity": node}}}


def ray(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "ray", **container}]}}


def volume(words: str, path: str = "/mnt", **source: Any) -> dict[str, Any]:
    mounts = ray(volumeMounts=[{"name": words, "mountPath": path}])
    return {"spec": {"volumes": [{"name": words, **source}], **mounts["spec"]}}


def gcp(**properties: Any) -> dict[str, Any]:
    return {"instanceProperties": properties}


def boot(**params: Any) -> dict[str, Any]:
    return gcp(disks=[{"boot": True, "autoDelete": True, "initializeParams": params}])


def reservation(**values: Any) -> dict[str, Any]:
    return {"CapacityReservationSpecification": values}


def disk(**ebs: Any) -> dict[str, Any]:
    return {"BlockDeviceMappings": [{"Ebs": ebs}]}


def interface(**network: Any) -> dict[str, Any]:
    return gcp(networkInterfaces=[network])


_SSD = {
    "type": "SCRATCH", "interface": "NVME", "autoDelete": True,
    "initializeParams": {"diskType": "local-ssd"},
}  # fmt: skip
_TAGS = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d=e"}]
_CLAIM = {
    "volumeClaimTemplate": {
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
        }
    }
}
EACH = [
    (AWS, "subnet", "subnet-1", {"SubnetId": "subnet-1"}),
    (AWS, "groups", "sg-1, sg-2", {"SecurityGroupIds": ["sg-1", "sg-2"]}),
    (AWS, "interface", "efa",
     {"NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa"}]}),
    (AWS, "disk0_device", "/dev/sda1", {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}]}),
    (AWS, "disk0_size", "200", disk(VolumeSize=200)),
    (AWS, "disk0_type", "gp3", disk(VolumeType="gp3")),
    (AWS, "disk0_iops", "3000", disk(Iops=3000)),
    (AWS, "disk0_throughput", "250", disk(Throughput=250)),
    (AWS, "disk0_encrypted", "yes", disk(Encrypted=True)),
    (AWS, "disk0_key", "alias/a", disk(KmsKeyId="alias/a")),
    (AWS, "disk0_delete", "no", disk(DeleteOnTermination=False)),
    (AWS, "placement_group", "near", {"Placement": {"GroupName": "near"}}),
    (AWS, "tenancy", "dedicated", {"Placement": {"Tenancy": "dedicated"}}),
    (AWS, "reservation", "cr-1",
     reservation(CapacityReservationTarget={"CapacityReservationId": "cr-1"})),
    (AWS, "reservation_preference", "open", reservation(CapacityReservationPreference="open")),
    (AWS, "market", "capacity-block", {"InstanceMarketOptions": {"MarketType": "capacity-block"}}),
    (AWS, "profile", "arn:1", {"IamInstanceProfile": {"Arn": "arn:1"}}),
    (AWS, "profile_name", "ray", {"IamInstanceProfile": {"Name": "ray"}}),
    (AWS, "key_pair", "debug", {"KeyName": "debug"}),
    (AWS, "imds", "required", {"MetadataOptions": {"HttpTokens": "required"}}),
    (AWS, "imds_hops", "2", {"MetadataOptions": {"HttpPutResponseHopLimit": 2}}),
    (AWS, "monitoring", "yes", {"Monitoring": {"Enabled": True}}),
    (AWS, "instance_tags", "a=b, c=d=e",
     {"TagSpecifications": [{"ResourceType": "instance", "Tags": _TAGS}]}),
    (AWS, "volume_tags", "a=b, c=d=e",
     {"TagSpecifications": [{"ResourceType": "volume", "Tags": _TAGS}]}),
    (GCP, "network", "n", interface(network="n")),
    (GCP, "subnet", "s", interface(subnetwork="s")),
    (GCP, "external_ip", "yes", interface(accessConfigs=[{"type": "ONE_TO_ONE_NAT"}])),
    (GCP, "external_ip", "no", interface(accessConfigs=[])),
    (GCP, "tags", "a, b", gcp(tags={"items": ["a", "b"]})),
    (GCP, "boot_size", "200", boot(diskSizeGb=200)),
    (GCP, "boot_type", "pd-ssd", boot(diskType="pd-ssd")),
    (GCP, "local_ssds", "2", gcp(disks=[_SSD, _SSD])),
    (GCP, "account", "a@b", gcp(serviceAccounts=[{"email": "a@b"}])),
    (GCP, "scopes", "s, t", gcp(serviceAccounts=[{"scopes": ["s", "t"]}])),
    (GCP, "reservations", "ANY_RESERVATION",
     gcp(reservationAffinity={"consumeReservationType": "ANY_RESERVATION"})),
    (GCP, "reservation_key", "k", gcp(reservationAffinity={"key": "k"})),
    (GCP, "reservation_names", "r", gcp(reservationAffinity={"values": ["r"]})),
    (GCP, "cpu_platform", "Intel Sapphire Rapids", gcp(minCpuPlatform="Intel Sapphire Rapids")),
    (GCP, "secure_boot", "yes", gcp(shieldedInstanceConfig={"enableSecureBoot": True})),
    (GCP, "vtpm", "no", gcp(shieldedInstanceConfig={"enableVtpm": False})),
    (GCP, "integrity", "yes", gcp(shieldedInstanceConfig={"enableIntegrityMonitoring": True})),
    (GCP, "labels", "a=b", gcp(labels={"a": "b"})),
    (PODS, "namespace", "ml", {"metadata": {"namespace": "ml"}}),
    (PODS, "account", "ray", {"spec": {"serviceAccountName": "ray"}}),
    (PODS, "priority", "high", {"spec": {"priorityClassName": "high"}}),
    (PODS, "runtime", "nvidia", {"spec": {"runtimeClassName": "nvidia"}}),
    (PODS, "pull_secrets", "a, b", {"spec": {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}}),
    (PODS, "selector", "disk=ssd", {"spec": {"nodeSelector": {"disk": "ssd"}}}),
    (PODS, "tolerations", "gpu=a:NoSchedule\nspot:NoExecute\nany", {"spec": {"tolerations": [
        {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
        {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
        {"key": "any", "operator": "Exists"},
    ]}}),
    (PODS, "affinity", "zone=a|b\ngpu\ntier!=old", term(
        {"key": "zone", "operator": "In", "values": ["a", "b"]},
        {"key": "gpu", "operator": "Exists"},
        {"key": "tier", "operator": "NotIn", "values": ["old"]},
    )),
    (PODS, "requests", 'cpu=2, memory=8Gi, rdma/hca="1"',
     ray(resources={"requests": {"cpu": 2, "memory": "8Gi", "rdma/hca": "1"}})),
    (PODS, "limits", "nvidia.com/gpu=1", ray(resources={"limits": {"nvidia.com/gpu": 1}})),
    (PODS, "claims", "data=/mnt", volume("data", persistentVolumeClaim={"claimName": "data"})),
    (PODS, "claims", "d:data=/mnt", volume("d", persistentVolumeClaim={"claimName": "data"})),
    (PODS, "empty_dirs", "tmp=/mnt", volume("tmp", emptyDir={})),
    (PODS, "empty_dirs", "shm:Memory:8Gi=/dev/shm",
     volume("shm", "/dev/shm", emptyDir={"medium": "Memory", "sizeLimit": "8Gi"})),
    (PODS, "ephemeral", "scratch:fast:1Gi=/mnt", volume("scratch", ephemeral=_CLAIM)),
    (PODS, "labels", "a=b", {"metadata": {"labels": {"a": "b"}}}),
    (PODS, "annotations", "a=b", {"metadata": {"annotations": {"a": "b"}}}),
    (PODS, "istio", "no", {"metadata": {"annotations": {"sidecar.istio.io/inject": "false"}}}),
]  # fmt: skip
RICH = {
    kind: [block for provider, _, _, block in EACH if provider is kind] for kind in HAVE_SETTINGS
}


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
    target = Target(provider=provider)
    assert not list(refused_keys(block, ("advanced_instance_config",), target)), (name, text)


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
