"""The raw instance configuration that holds for a node: its own, or merged with the cluster's."""

from typing import Any

from domain.spec import ComputeConfig, NodeConfig, Plain

# Lists of mappings whose entries are known by a key: EC2's disks and tags, names on Kubernetes.
_KNOWN_BY = ("DeviceName", "ResourceType", "Key", "name", "deviceName", "mountPath")


def block_of(config: ComputeConfig, node: NodeConfig) -> Plain:
    """The node's block. It replaces the cluster's, as at Anyscale, unless both are to be merged."""
    own, shared = node.advanced_instance_config, dict(config.advanced_instance_config)
    if own is None:
        return shared
    return _merged(shared, own) if config.mobula.merge_instance_config else dict(own)


def _merged(base: Plain, over: Plain) -> Plain:
    found = dict(base)
    for key, value in over.items():
        old = found.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            found[key] = _merged(old, value)
        elif isinstance(value, list | tuple) and isinstance(old, list | tuple):
            found[key] = _merged_lists(list(old), list(value))
        else:
            found[key] = value
    return found


def _merged_lists(base: list[Any], over: list[Any]) -> list[Any]:
    """Entries that are known by the same key are merged; lists of anything else are replaced."""
    entries = [*base, *over]
    key = next((k for k in _KNOWN_BY if all(isinstance(e, dict) and k in e for e in entries)), None)
    if key is None:
        return over
    found = {entry[key]: entry for entry in base}
    for entry in over:
        found[entry[key]] = _merged(found.get(entry[key], {}), entry)
    return list(found.values())
