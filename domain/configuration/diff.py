"""What changed between two configurations, field by field and in words."""

from dataclasses import dataclass, replace

from domain.configuration.effects import USUAL, Effect, EffectRules, effect_of
from domain.configuration.fields import (
    ABSENT,
    CONFIGS,
    GROUPS,
    ConfigPath,
    fields,
    in_words,
    label_of,
    named_groups,
    path_in_words,
    same,
)
from domain.configuration.spec import ComputeConfig, ResourceConfig, WorkerGroup, written


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
    differences = _of_one(old, new)
    return [replace(change, effect=effect_of(_place_of(change), rules)) for change in differences]


def _of_several(old: ComputeConfig, new: ComputeConfig, rules: EffectRules) -> list[Change]:
    """The differences of each cloud resource, and of what they share."""
    before, after = _resources(old), _resources(new)
    differences = _of_one(_shared_part(old), _shared_part(new))
    if (several := old.configs is not None) != (now_several := new.configs is not None):
        differences.append(
            _whole(CONFIGS, "Switched to several cloud resources", several, now_several)
        )
    for name in {**after, **before}:
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            path, label = f"{CONFIGS}[{name}]", f"Cloud resource {name}"
            differences.append(_whole(path, label, was and written(was), now and written(now)))
            continue
        differences += [
            replace(
                change, path=f"{CONFIGS}[{name}].{change.path}", label=f"{name}: {change.label}"
            )
            for change in _of_one(_alone(was), _alone(now))
        ]
    if (order := [n for n in before if n in after]) != (
        now_order := [n for n in after if n in before]
    ):
        differences.append(_whole(CONFIGS, "Order of the cloud resources", order, now_order))
    return [replace(change, effect=effect_of(_place_of(change), rules)) for change in differences]


def _resources(config: ComputeConfig) -> dict[str, ResourceConfig]:
    """Each cloud resource by its name; one without, or a lone one, by its number."""
    if config.configs is None:
        alone = ResourceConfig.model_validate(
            {name: getattr(config, name) for name in ResourceConfig.model_fields}
        )
        return {config.cloud_resource or "1": alone}
    return {
        resource.cloud_resource or str(number): resource
        for number, resource in enumerate(config.configs, start=1)
    }


def _shared_part(config: ComputeConfig) -> ComputeConfig:
    if config.configs is None:
        return ComputeConfig(cloud=config.cloud, mobula=config.mobula)
    return ComputeConfig(cloud=config.cloud, flags=config.flags, mobula=config.mobula)


def _alone(resource: ResourceConfig) -> ComputeConfig:
    return ComputeConfig.model_validate({**dict(resource), "cloud": None})


def _whole(path: str, label: str, old: object, new: object) -> Change:
    return Change(path=path, label=label, old=old, new=new, effect=Effect.LIVE)


def _place_of(change: Change) -> str:
    """The change's path within its cloud resource."""
    inner = change.path.partition("].")[2] if change.path.startswith(f"{CONFIGS}[") else ""
    return inner or change.path


def _of_one(old: ComputeConfig, new: ComputeConfig) -> list[Change]:
    groups_before, groups_after = named_groups(old), named_groups(new)
    alike = {
        name
        for name, group in groups_before.items()
        if group is groups_after.get(name)  # an equal one may be written in another way
    }
    before, after = fields(old, without=alike), fields(new, without=alike)
    differences = [
        _change(place, before.get(place), after.get(place))
        for place in {**after, **before}
        if not same(before.get(place, ABSENT), after.get(place, ABSENT))
        and (place[0] != GROUPS or place[1] in groups_before.keys() & groups_after.keys())
    ]
    differences += _groups_removed_and_added(groups_before, groups_after)
    if not groups_before and not groups_after and old.worker_nodes != new.worker_nodes:
        differences.append(_change((GROUPS,), _listed(old), _listed(new)))
    kept_before = [name for name in groups_before if name in groups_after]
    kept_after = [name for name in groups_after if name in groups_before]
    if kept_before != kept_after:
        label = "Order of the groups"
        differences.append(_whole(GROUPS, label, kept_before, kept_after))
    return differences


def sentence(change: Change) -> str:
    """The change as people say it: `Group cpu: Maximum nodes: 4 → 8`, `Group gpu added`."""
    path = change.path
    if path.startswith(f"{GROUPS}[") and path.endswith("]"):
        return f"{change.label} {'added' if change.old is None else 'removed'}"
    if isinstance(change.old, list) and isinstance(change.new, list):
        return f"{change.label}: {in_words(change.new)}"
    return f"{change.label}: {in_words(change.old)} → {in_words(change.new)}"


def _groups_removed_and_added(
    before: dict[str, WorkerGroup], after: dict[str, WorkerGroup]
) -> list[Change]:
    removed = [
        _change((GROUPS, name), whole_group(group), None)
        for name, group in before.items()
        if name not in after
    ]
    added = [
        _change((GROUPS, name), None, whole_group(group))
        for name, group in after.items()
        if name not in before
    ]
    return removed + added


def whole_group(group: WorkerGroup) -> dict[str, object]:
    """The whole group as a change shows it, always with its name."""
    return {**written(group), "name": group.name}


def _listed(config: ComputeConfig) -> list[object] | None:
    return None if config.worker_nodes is None else []


def _change(place: ConfigPath, old: object, new: object) -> Change:
    return _whole(path_in_words(place), label_of(place), old, new)
