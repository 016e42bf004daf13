"""The fields of a configuration by their place, with their names and values in words."""

from collections.abc import Collection, Iterator, Mapping

from domain.configuration.spec import ComputeConfig, WorkerGroup, canonical_json, tidied, written

type ConfigPath = tuple[str, ...]
"""The keys that lead to one value; under `worker_nodes` comes the group's name."""

GROUPS = "worker_nodes"
CONFIGS = "configs"
ABSENT = object()
"""Stands for a key that is not there, where a key may also be there and null."""

_MINUTES = ("idle_minutes", "max_lifetime_minutes")

_LABELS = {
    "cloud": "Cloud",
    "cloud_resource": "Cloud resource",
    "zones": "Zones",
    "enable_cross_zone_scaling": "Spread workers across zones",
    "auto_select_worker_config": "Automatic worker types",
    "min_resources": "Cluster minimum",
    "max_resources": "Cluster maximum",
    "instance_type": "Instance type",
    "required_resources": "Required hardware",
    "resources": "Logical resources",
    "labels": "Label",
    "required_labels": "Required label",
    "advanced_instance_config": "Instance configuration",
    "flags": "Flag",
    "cloud_deployment": "Cloud deployment",
    "min_nodes": "Minimum nodes",
    "max_nodes": "Maximum nodes",
    "market_type": "Market",
    "image": "Image",
    "autoscaling": "Autoscaling",
    "idle_minutes": "Terminate when idle for (minutes)",
    "max_lifetime_minutes": "Maximum lifetime (minutes)",
    "worker_idle_seconds": "Worker idle timeout (s)",
    "max_usd_per_hour": "Max $/h",
    "upscaling_speed": "Upscaling speed",
    "merge_instance_config": "Merge node and cluster instance configurations",
    "allow_burstable": "Allow burstable instance types",
    "schedules": "Schedules",
    "forecast": "Forecast",
    "rules": "Scaling rules",
    "budgets": "Disruption budgets",
    "objective": "Optimize for",
    "consolidation": "Consolidation",
    "warm_spare": "Spare nodes",
    "on_demand_nodes": "On-demand base nodes",
    "on_demand_percent": "On-demand above base (%)",
    "fallback_types": "Fallback types",
    "mounts": "Mounts",
    "environments": "Environment",
    "configs": "Cloud resources",
}


_OPENED = {
    "min_resources", "max_resources", "resources", "labels", "required_labels", "flags",
    "advanced_instance_config", "groups", "environments", "scaling",
}  # fmt: skip
_OPENED_TWICE = {"groups", "scaling"}


def fields(config: ComputeConfig, *, without: Collection[str] = ()) -> dict[ConfigPath, object]:
    """Every field with a value, defaults included, by its place; free mappings one key each.

    The groups `without` are left out.
    """
    found: dict[ConfigPath, object] = {}
    full = config.model_dump(mode="json", exclude={GROUPS})
    if config.configs is not None:
        full[CONFIGS] = tidied(config.configs)
    # "Never" is a value of its own: written as 0, it is not mistaken for "not set".
    full["mobula"] |= {key: full["mobula"][key] or 0 for key in _MINUTES}
    full["mobula"]["groups"] = {name: written(own) for name, own in config.mobula.groups.items()}
    # As they are written: what has its default says nothing.
    full["mobula"]["scaling"] |= {k: tidied(getattr(config.mobula.scaling, k)) for k in _ENTRIES}
    for key, value in full.items():
        if key in {"head_node", "mobula"} and value is not None:
            found |= dict(_leaves(value, (key,)))
        else:
            found |= dict(_leaves({key: value}, ()))
    for name, group in named_groups(config).items():
        if name in without:
            continue
        found |= dict(_leaves(group.model_dump(mode="json"), (GROUPS, name)))
    return found


_ENTRIES = ("schedules", "rules", "budgets")


def named_groups(config: ComputeConfig) -> dict[str, WorkerGroup]:
    """The groups by name, in their order; the second of one name is called `name#2`."""
    groups: dict[str, WorkerGroup] = {}
    for group in config.groups:
        name, copies = group.name, 1
        while name in groups:
            copies += 1
            name = f"{group.name}#{copies}"
        groups[name] = group
    return groups


def same(one: object, other: object) -> bool:
    """True if both are written the same way: 1 and 1.0 are, 1 and true are not."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical_json(tidied(one)) == canonical_json(tidied(other))


def path_in_words(place: ConfigPath) -> str:
    """The path of a place: `worker_nodes[gpu].max_nodes`, `max_resources.GPU`."""
    if place[0] == GROUPS and len(place) > 1:
        return ".".join([f"{GROUPS}[{place[1]}]", *place[2:]])
    return ".".join(place)


def label_of(place: ConfigPath) -> str:
    """The field in words: `Group gpu: Maximum nodes`, `Head: Label stage`."""
    where, keys = "", place
    if place == (GROUPS,):
        return "Worker groups"
    if place[0] == GROUPS:
        where, keys = f"Group {place[1]}: ", place[2:]
    elif place[0] == "head_node":
        where, keys = "Head: ", place[1:]
    elif place[0] == "mobula":
        where, keys = _of_ours(place[1:])
    if not keys:
        return where.removesuffix(": ") or "Mobula"
    name = _LABELS.get(keys[0], keys[0].replace("_", " ").capitalize())
    return where + " ".join([name, *keys[1:]])


def _of_ours(keys: ConfigPath) -> tuple[str, ConfigPath]:
    """Which group of our block it is about, and the keys that name the field."""
    if keys == ("max_nodes",):
        return "Cluster: ", keys
    if keys[:1] == ("groups",) and len(keys) > 1:
        return f"Group {keys[1]}: ", keys[2:]
    return "", keys[1:] if keys[:1] == ("scaling",) and len(keys) > 1 else keys


def _leaves(mapping: dict[str, object], place: ConfigPath) -> Iterator[tuple[ConfigPath, object]]:
    for key, value in mapping.items():
        # On a node, an empty block replaces the cluster's: it stays one value.
        is_whole = key not in _OPENED or (key == "advanced_instance_config" and place)
        if is_whole and value is not None:
            yield (*place, key), value
        elif isinstance(value, dict):
            for inner, item in value.items():
                if key in _OPENED_TWICE and isinstance(item, dict) and item:
                    yield from _leaves(item, (*place, key, inner))
                else:
                    yield (*place, key, inner), item


def in_words(value: object) -> str:
    """A field's value as a page shows it: `not set`, `on`, `a, b`, else as JSON."""
    match value:
        case None:
            return "not set"
        case bool():
            return "on" if value else "off"
        case str():
            return value
        case list() if all(isinstance(item, str) for item in value):
            return ", ".join(value) or "none"
        case list() if all(isinstance(item, dict) for item in value):
            return "; ".join(map(_entry_in_words, value))
    return canonical_json(tidied(value))


def _entry_in_words(entry: Mapping[str, object]) -> str:
    """An entry of a list on one line: `group cpu, min_nodes 4, cron 0 8 * * *, minutes 60`."""
    return ", ".join(f"{key} {in_words(tidied(value))}" for key, value in entry.items()) or "{}"
