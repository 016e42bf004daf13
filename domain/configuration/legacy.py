"""Anyscale's older schema, told in the newer one.

What the older one calls things is taken from the SDK's wire format (`CreateClusterComputeConfig`).
"""

import json
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from domain.problems import Fix, Mark, Problem, error, note, warning

type LegacyNode = MutableMapping[str, Any]

_TOP = {
    "head_node_type": "head_node",
    "worker_node_types": "worker_nodes",
    "allowed_azs": "zones",
    "cloud_id": "cloud",
}
_NODE = {"min_workers": "min_nodes", "max_workers": "max_nodes"}
_BLOCKS = (
    "aws_advanced_configurations_json", "gcp_advanced_configurations_json",
    "azure_advanced_configurations_json", "advanced_configurations_json",
)  # fmt: skip
_RESOURCES = {"cpu": "CPU", "gpu": "GPU"}
_OURS = {
    "idle_termination_minutes": "idle_minutes",
    "maximum_uptime_minutes": "max_lifetime_minutes",
    "max_workers": "max_nodes",  # "Desired limit on total running workers for this Cluster."
}
_MINUTES = {"idle_minutes", "max_lifetime_minutes"}  # null: never
_LIMITS = {"max-cpus": "CPU", "max-gpus": "GPU"}
# Keys that say nothing in the newer schema: dropped, and said so.
_DROPPED = {
    "region": "Set by the cloud's region.",
    "azure": "Azure is not supported.",
}


def is_legacy(document: object) -> bool:
    """True if a document uses the older schema and none of the newer one's words for the same."""
    if not isinstance(document, MutableMapping):
        return False
    old = {"head_node_type", "worker_node_types"} & document.keys()
    return bool(old) and not {"head_node", "worker_nodes", "configs"} & document.keys()


def modernise(document: LegacyNode) -> list[Problem]:
    """Rewrite the document in the newer schema, in place; return what there is to know of it.

    Values keep their types: what does not fit the newer schema either is reported as such later.
    """
    fix = Fix("Rewrite in the newer schema", ())
    found = [note("", "legacy-schema", _SAID, hint=_HINT, fix=fix), *_dropped(document)]
    found += _zones(document)
    for old, new in _TOP.items():
        if old in document and new not in document:
            rename(document, old, new)
    found += _block(document, "")
    found += _limits(document)
    _ours(document)
    for path, node in _nodes(document):
        found += _node(node, path)
    if isinstance(head := document.get("head_node"), MutableMapping):
        head.pop("name", None)  # the head's group has no name of its own any more
    return found


_SAID = "This is Anyscale's older schema; Mobula converts it to the newer one."
_HINT = "Save it in the newer schema, which renames these keys."


def _dropped(document: LegacyNode) -> Iterator[Problem]:
    for key, why in _DROPPED.items():
        if key in document:
            del document[key]
            yield warning(key, "legacy-key-dropped", f"`{key}` is ignored. {why}")
    if "cloud_id" in document:
        message = "`cloud_id` is an Anyscale cloud ID; Mobula reads it as a cloud name."
        yield warning(
            "cloud", "legacy-cloud-id", message, hint="Use the name of one of your clouds."
        )


def _zones(document: LegacyNode) -> Iterator[Problem]:
    """`any` stands for all zones, which the newer schema says by leaving the key out."""
    zones = document.get("allowed_azs")
    if zones == "any":
        del document["allowed_azs"]
        return
    if not isinstance(zones, list) or "any" not in zones:
        return
    if len(zones) > 1:
        message = "`allowed_azs` cannot combine `any` with other zones."
        hint = "List the zones, or remove the key to allow all."
        yield error("zones", "legacy-any-zone", message, hint=hint)
        zones.remove("any")
    else:
        del document["allowed_azs"]


def _block(holder: LegacyNode, path: str) -> Iterator[Problem]:
    """The raw block, which may be JSON in a text, under its one new name."""
    for key in _BLOCKS:
        if key not in holder:
            continue
        value = _read(holder[key])
        if not value or "advanced_instance_config" in holder:
            del holder[key]
            if value:
                at = f"{path}.{key}" if path else key
                message = f"`{key}` is ignored: it is a second block for the same machines."
                yield warning(at, "legacy-key-dropped", message)
        else:
            holder[key] = value
            rename(holder, key, "advanced_instance_config")


def _read(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value  # the newer schema says what is wrong with it


def _limits(document: LegacyNode) -> Iterator[Problem]:
    """Limits and zones that were flags on the wire become fields."""
    flags = document.get("flags")
    if not isinstance(flags, MutableMapping):
        return
    for flag, field in (
        ("min_resources", "min_resources"),
        ("max_resources", "max_resources"),
        ("allow-cross-zone-autoscaling", "enable_cross_zone_scaling"),
    ):
        if flag in flags:
            value = flags.pop(flag)
            if document.setdefault(field, value) != value:
                message = f"The flag `{flag}` and `{field}` differ: the field applies."
                yield warning(field, "legacy-limits-differ", message)
    for flag, resource in _LIMITS.items():
        if flag in flags:
            limits = document.setdefault("max_resources", {})
            amount = flags.pop(flag)
            if isinstance(limits, MutableMapping) and limits.setdefault(resource, amount) != amount:
                message = f"The flag `{flag}` says {amount}, `max_resources` {limits[resource]}."
                yield warning("max_resources", "legacy-limits-differ", message)
    if not flags:
        del document["flags"]


def _ours(document: LegacyNode) -> None:
    """The cluster's end, which the newer schema cannot say, goes into our block."""
    for old, new in _OURS.items():
        if old in document:
            value = document.pop(old)
            block = document.setdefault("mobula", {})
            if isinstance(block, MutableMapping):
                block.setdefault(new, 0 if value is None and new in _MINUTES else value)


def _nodes(document: LegacyNode) -> Iterator[tuple[str, LegacyNode]]:
    head, groups = document.get("head_node"), document.get("worker_nodes")
    if isinstance(head, MutableMapping):
        yield "head_node", head
    for index, group in enumerate(groups if isinstance(groups, list) else ()):
        if isinstance(group, MutableMapping):
            yield f"worker_nodes[{index}]", group


def _node(node: LegacyNode, path: str) -> Iterator[Problem]:
    for old, new in _NODE.items():
        if old in node and new not in node:
            rename(node, old, new)
    _market(node)
    yield from _block(node, path)
    _resources(node)
    flags = node.get("flags")
    if isinstance(flags, MutableMapping) and "cloud_deployment" in flags:
        node.setdefault("cloud_deployment", flags.pop("cloud_deployment"))
        if not flags:
            del node["flags"]


def _market(node: LegacyNode) -> None:
    spot, fallback = node.get("use_spot"), node.get("fallback_to_ondemand")
    for value, key in ((spot, "use_spot"), (fallback, "fallback_to_ondemand")):
        if value is None or isinstance(value, bool):
            node.pop(key, None)  # anything else is reported as a key that is not known
    if spot is True:
        node.setdefault("market_type", "PREFER_SPOT" if fallback is True else "SPOT")


def _resources(node: LegacyNode) -> None:
    resources = node.get("resources")
    if not isinstance(resources, MutableMapping):
        return
    for old, new in _RESOURCES.items():
        if old in resources and new not in resources:
            rename(resources, old, new)
    custom = resources.get("custom_resources")
    if isinstance(custom, MutableMapping):
        del resources["custom_resources"]
        for name, amount in custom.items():
            resources.setdefault(name, amount)
    for name in [name for name, amount in resources.items() if amount is None]:
        del resources[name]


def rename(holder: LegacyNode, old: str, new: str) -> None:
    """Give a key its new name where it stands; a ruamel.yaml mapping keeps its comments."""
    place, value = list(holder).index(old), holder[old]
    comments = getattr(holder, "ca", None)
    kept = comments.items.pop(old, None) if comments is not None else None
    if comments is None:
        entries = [(new if key == old else key, holder[key]) for key in holder]
        holder.clear()
        holder.update(entries)
        return
    del holder[old]
    holder.insert(place, new, value)  # type: ignore[attr-defined]
    if kept is not None:
        comments.items[new] = kept


_WORDS = {
    **_TOP,
    **_NODE,
    **dict.fromkeys(_BLOCKS, "advanced_instance_config"),
}
_WORD = re.compile(r"(?<![\w\"])(" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")(?!\w)")


def marks_by_new_path(marks: dict[str, Mark]) -> dict[str, Mark]:
    """The places of a text in the older schema by the paths that they have in the newer one."""
    return {**marks, **{_new_path(path): mark for path, mark in marks.items()}}


def _new_path(path: str) -> str:
    """A group has `max_workers`, too: what becomes ours is at the top."""
    if path in _OURS:
        return f"mobula.{_OURS[path]}"
    return _WORD.sub(lambda found: _WORDS[found[1]], path)
