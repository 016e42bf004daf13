"""One mapping laid over another, with lists whose entries are known by a key."""

from collections.abc import Callable, Mapping
from typing import Any

type Plain = dict[str, Any]
type KeyOf = Callable[[Any], object]
"""What an entry of a list is known by; None: it is like no other."""


def by(key: str) -> KeyOf:
    """Entries are known by this key of theirs."""
    return lambda entry: entry.get(key) if isinstance(entry, Mapping) else None


KUBERNETES: Mapping[str, KeyOf] = {
    "containers": by("name"), "initContainers": by("name"), "volumes": by("name"),
    "env": by("name"), "volumeMounts": by("mountPath"), "ports": by("containerPort"),
    "imagePullSecrets": by("name"), "tolerations": lambda _: None,
}  # fmt: skip
"""The lists of a pod that its strategic merge patch merges; it replaces all others."""

BLOCKS: Mapping[str, KeyOf] = {
    **KUBERNETES, "BlockDeviceMappings": by("DeviceName"), "TagSpecifications": by("ResourceType"),
    "Tags": by("Key"), "NetworkInterfaces": by("DeviceIndex"), "disks": by("deviceName"),
}  # fmt: skip
"""The same for the raw instance configurations of all providers."""


def patched(base: Mapping[str, Any], patch: Mapping[str, Any], lists: Mapping[str, KeyOf]) -> Plain:
    """The mapping with the patch laid on it: mappings merge, null removes, entries of the named
    lists meet by what they are known by; anything else is replaced.
    """
    merged = dict(base)
    for key, value in patch.items():
        old = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(old, Mapping):
            merged[key] = patched(old, value, lists)
        elif key in lists and isinstance(value, list | tuple) and isinstance(old, list | tuple):
            merged[key] = _entries(list(old), list(value), lists, known_by=lists[key])
        else:
            merged[key] = value
    return merged


def _entries(
    base: list[Any], patch: list[Any], lists: Mapping[str, KeyOf], *, known_by: KeyOf
) -> list[Any]:
    """The entries with those of the patch; what is like no other comes last."""
    merged = list(base)
    places = {_hashable(known_by(entry)): index for index, entry in enumerate(base)}
    for entry in patch:
        key = _hashable(known_by(entry))
        if key is not None and key in places:
            merged[places[key]] = patched(merged[places[key]], entry, lists)
        else:
            merged.append(entry)
    return merged


def _hashable(key: object) -> object:
    return key if isinstance(key, str | int) else None
