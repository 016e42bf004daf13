"""A patch laid on a Kubernetes object, as its strategic merge does it for pods."""

from typing import Any

from domain.exchange.parcel import Plain

# Lists of mappings that are merged by a key of theirs; all other lists are replaced.
_KEYS = {
    "containers": "name", "initContainers": "name", "volumes": "name", "env": "name",
    "volumeMounts": "mountPath", "ports": "containerPort", "imagePullSecrets": "name",
}  # fmt: skip


def patched(base: Plain, patch: Plain) -> Plain:
    """The object with the patch laid on it; null removes a key."""
    merged = dict(base)
    for key, value in patch.items():
        old = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(old, dict):
            merged[key] = patched(old, value)
        elif isinstance(value, list) and isinstance(old, list) and key in _KEYS:
            merged[key] = _merged_list(old, value, by=_KEYS[key])
        elif isinstance(value, list) and isinstance(old, list) and key == "tolerations":
            merged[key] = [*old, *value]
        else:
            merged[key] = value
    return merged


def _merged_list(old: list[Any], new: list[Any], *, by: str) -> list[Any]:
    merged = list(old)
    places = {one.get(by): index for index, one in enumerate(merged) if isinstance(one, dict)}
    for one in new:
        place = places.get(one.get(by)) if isinstance(one, dict) else None
        if place is None:
            merged.append(one)
        else:
            merged[place] = patched(merged[place], one)
    return merged
