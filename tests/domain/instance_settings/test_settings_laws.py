"""For any block: the fields and the rest are the block again."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.instance_settings.kinds import same
from domain.instance_settings.table import MISSING, At, under
from domain.offerings import ProviderKind
from tests.domain.instance_settings.machine_settings import EACH, HAVE_SETTINGS, read
from tests.domain.instance_settings.test_settings import setting

RICH = {
    kind: [block for provider, _, _, block in EACH if provider is kind] for kind in HAVE_SETTINGS
}


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
