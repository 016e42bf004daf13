"""What changed between two configurations, field by field and in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from domain.configuration.effects import USUAL, Effect, EffectRules, effect_of
from domain.configuration.spec import (
    ComputeConfig,
    ResourceConfig,
    WorkerGroup,
    canonical_json,
    tidied,
    written,
)

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
    "enable_cross_zone_scaling": "Workers in several zones",
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
    "worker_idle_seconds": "Give back an idle worker after (seconds)",
    "max_usd_per_hour": "Maximum price ($ an hour)",
    "merge_instance_config": "Merge the instance configurations",
    "schedules": "Schedules",
    "forecast": "Forecast",
    "rules": "Scaling rules",
    "budgets": "Budgets of disruption",
    "objective": "What is weighed",
    "consolidation": "Consolidation",
    "warm_spare": "Warm spare",
    "on_demand_nodes": "First nodes on demand",
    "on_demand_percent": "On demand beyond these (%)",
    "fallback_types": "Fallback types",
    "mounts": "Mounts",
    "environments": "Environment",
    "configs": "Cloud resources",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs; `old` or `new` is None where the field is not set.

    `effect` is what it takes for a running cluster to follow.
    """

    path: str
    label: str
    old: object
    new: object
    effect: Effect


def changes(old: ComputeConfig, new: ComputeConfig, *, rules: EffectRules = USUAL) -> list[Change]:
    """The differences in reading order; a group added or removed is one change.

    Groups are matched by name: the path of a group's field is `worker_nodes[name].field`. Cloud
    resources are matched by theirs: `configs[name].worker_nodes[name].field`.
    """
    if old.configs is not None or new.configs is not None:
        return _of_several(old, new, rules)
    found = _of_one(old, new)
    return [replace(one, effect=effect_of(_place_of(one), rules)) for one in found]


def _of_several(old: ComputeConfig, new: ComputeConfig, rules: EffectRules) -> list[Change]:
    """The differences of each cloud resource, and of what they share."""
    before, after = _resources(old), _resources(new)
    found = _of_one(_shared_part(old), _shared_part(new))
    if (several := old.configs is not None) != (now_several := new.configs is not None):
        found.append(_whole(CONFIGS, "Written for several cloud resources", several, now_several))
    for name in {**after, **before}:
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            path, label = f"{CONFIGS}[{name}]", f"Cloud resource {name}"
            found.append(_whole(path, label, was and written(was), now and written(now)))
            continue
        found += [
            replace(one, path=f"{CONFIGS}[{name}].{one.path}", label=f"{name}: {one.label}")
            for one in _of_one(_alone(was), _alone(now))
        ]
    if (order := [n for n in before if n in after]) != (
        now_order := [n for n in after if n in before]
    ):
        found.append(_whole(CONFIGS, "Order of the cloud resources", order, now_order))
    return [replace(one, effect=effect_of(_place_of(one), rules)) for one in found]


def _resources(config: ComputeConfig) -> dict[str, ResourceConfig]:
    """Each cloud resource by its name; one without, or a lone one, by its number."""
    if config.configs is None:
        alone = ResourceConfig.model_validate(
            {name: getattr(config, name) for name in ResourceConfig.model_fields}
        )
        return {config.cloud_resource or "1": alone}
    return {
        one.cloud_resource or str(number): one for number, one in enumerate(config.configs, start=1)
    }


def _shared_part(config: ComputeConfig) -> ComputeConfig:
    if config.configs is None:
        return ComputeConfig(cloud=config.cloud, mobula=config.mobula)
    return ComputeConfig(cloud=config.cloud, flags=config.flags, mobula=config.mobula)


def _alone(one: ResourceConfig) -> ComputeConfig:
    return ComputeConfig.model_validate({**dict(one), "cloud": None})


def _whole(path: str, label: str, old: object, new: object) -> Change:
    return Change(path=path, label=label, old=old, new=new, effect=Effect.LIVE)


def _place_of(change: Change) -> str:
    """The change's path within its cloud resource."""
    inner = change.path.partition("].")[2] if change.path.startswith(f"{CONFIGS}[") else ""
    return inner or change.path


def _of_one(old: ComputeConfig, new: ComputeConfig) -> list[Change]:
    before, after = fields(old), fields(new)
    groups_before, groups_after = named_groups(old), named_groups(new)
    found = [
        _change(place, before.get(place), after.get(place))
        for place in {**after, **before}
        if not same(before.get(place, ABSENT), after.get(place, ABSENT))
        and (place[0] != GROUPS or place[1] in groups_before.keys() & groups_after.keys())
    ]
    found += _groups_removed_and_added(groups_before, groups_after)
    if not groups_before and not groups_after and old.worker_nodes != new.worker_nodes:
        found.append(_change((GROUPS,), _listed(old), _listed(new)))
    kept_before = [name for name in groups_before if name in groups_after]
    kept_after = [name for name in groups_after if name in groups_before]
    if kept_before != kept_after:
        label = "Order of the groups"
        found.append(_whole(GROUPS, label, kept_before, kept_after))
    return found


def sentence(change: Change) -> str:
    """The change as people say it: `Group cpu: Maximum nodes: 4 → 8`, `Group gpu added`."""
    path = change.path
    if path.startswith(f"{GROUPS}[") and path.endswith("]"):
        return f"{change.label} {'added' if change.old is None else 'removed'}"
    if isinstance(change.old, list) and isinstance(change.new, list):
        return f"{change.label}: {in_words(change.new)}"
    return f"{change.label}: {in_words(change.old)} → {in_words(change.new)}"


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


_OPENED = {
    "min_resources", "max_resources", "resources", "labels", "required_labels", "flags",
    "advanced_instance_config", "groups", "environments", "scaling",
}  # fmt: skip
_OPENED_TWICE = {"groups", "scaling"}


def fields(config: ComputeConfig) -> dict[ConfigPath, object]:
    """Every field with a value, defaults included, by its place; free mappings one key each."""
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


def _groups_removed_and_added(
    before: dict[str, WorkerGroup], after: dict[str, WorkerGroup]
) -> list[Change]:
    removed = [
        _change((GROUPS, name), said(group), None)
        for name, group in before.items()
        if name not in after
    ]
    added = [
        _change((GROUPS, name), None, said(group))
        for name, group in after.items()
        if name not in before
    ]
    return removed + added


def said(group: WorkerGroup) -> dict[str, object]:
    """The whole group as a change shows it, always with its name."""
    return {**written(group), "name": group.name}


def _listed(config: ComputeConfig) -> list[object] | None:
    return None if config.worker_nodes is None else []


def _change(place: ConfigPath, old: object, new: object) -> Change:
    return _whole(path_in_words(place), label_of(place), old, new)
