"""Checks of the worker groups: their names, their sizes, whether they can take any work."""

from collections import Counter
from collections.abc import Iterator, Sequence

from domain.catalogue.provider import ProviderTraits
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, Rule, Schedule, WorkerGroup
from domain.problems import (
    Fix,
    Problem,
    Step,
    Verb,
    error,
    loc_of,
    note,
    setting,
    shown,
    warning,
)
from domain.validation.nodes.labels import LABEL, LONGEST_NAME
from domain.validation.nodes.ranking import ranked

RESERVED = ("head", "headgroup", "head-node")
MANY_NODES = 1_000  # Ray's own release tests run clusters of up to 2,000 nodes
MANY_GROUPS = 100


def group_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the groups, one by one and beside each other."""
    rules = target.traits
    taken = {group.name for group in config.groups}
    for index, group in enumerate(config.groups):
        path = f"worker_nodes[{index}]"
        yield from _name(group, path, rules)
        yield from _pod_name(group, index, config, rules, taken)
        yield from _size(group, path)
        yield from _work(group, path)
    yield from _alike(config)
    yield from _many(config)


def _name(group: WorkerGroup, path: str, rules: ProviderTraits) -> Iterator[Problem]:
    name, at = group.name, f"{path}.name"
    if not name and (group.instance_type or group.required_resources):
        yield error(at, "group-name-empty", "The group's name is empty.", hint="Set a name.")
    elif len(name) > LONGEST_NAME:
        message = f"The group's name has {len(name)} characters; a Ray label has {LONGEST_NAME}."
        yield error(at, "group-name-too-long", message, hint="Shorten it.")
    elif not LABEL.match(name):
        message = f"{shown(name)} cannot be the name of a group: it becomes a Ray label."
        hint = "Use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends."
        yield error(at, "group-name-characters", message, hint=hint)
    elif name.lower() in RESERVED:
        message = f"{shown(name)} is reserved for the head's group."
        yield error(at, "group-name-reserved", message, hint="Choose another name.")
    elif rules.group_name and len(name) > rules.longest_group_name:
        most = rules.longest_group_name
        message = f"The name has {len(name)} characters, which leaves no room for pod suffixes."
        yield warning(at, "group-name-long-for-pods", message, hint=f"Use at most {most}.")


def _pod_name(
    group: WorkerGroup, index: int, config: ComputeConfig, rules: ProviderTraits, taken: set[str]
) -> Iterator[Problem]:
    name, path = group.name, f"worker_nodes[{index}].name"
    is_label = 0 < len(name) <= LONGEST_NAME and LABEL.match(name) and name.lower() not in RESERVED
    if not is_label or rules.group_name is None or rules.group_name.match(name):
        return
    message = (
        f"{shown(name)} cannot be the name of a group on {rules.name}: pods are named after it."
    )
    hint = "Use lowercase letters, digits and `-`; begin with a letter."
    meant = _as_pod_name(name, taken)
    taken.add(meant)
    fix = _called(meant, index, config) if rules.group_name.match(meant) else None
    yield error(path, "group-name-for-pods", message, hint=hint, fix=fix)


def _called(name: str, index: int, config: ComputeConfig) -> Fix:
    """The fix that gives a group another name, also where others speak of it by its name."""
    old = config.groups[index].name
    steps = [Step(Verb.SET, ("worker_nodes", index, "name"), name)]
    if [group.name for group in config.groups].count(old) == 1:
        for at, entry in ranked(config):
            group, slash, market = entry.partition("/")
            if group == old:
                steps.append(Step(Verb.SET, loc_of(at), f"{name}{slash}{market}"))
        steps += _scaled_as(name, old, config)
        if old in config.mobula.groups and name not in config.mobula.groups:
            steps.append(Step(Verb.RENAME, ("mobula", "groups", old), name))
    return Fix(f"Set to {name}", tuple(steps))


def _scaled_as(name: str, old: str, config: ComputeConfig) -> list[Step]:
    scaling = config.mobula.scaling
    lists: dict[str, Sequence[Schedule | Rule]]
    lists = {"schedules": scaling.schedules, "rules": scaling.rules}
    return [
        Step(Verb.SET, ("mobula", "scaling", key, index, "group"), name)
        for key, entries in lists.items()
        for index, entry in enumerate(entries)
        if entry.group == old
    ]


def _as_pod_name(name: str, taken: set[str]) -> str:
    """The nearest name that pods can have and that no other group has, nor the head."""
    meant = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
    if meant[:1].isdecimal():
        meant = f"g-{meant}"  # such as a pod shape's name, 8CPU-32GB
    return _free(meant, taken) if meant in taken or meant in RESERVED else meant


def _size(group: WorkerGroup, path: str) -> Iterator[Problem]:
    if group.max_nodes < group.min_nodes:
        at = f"{path}.max_nodes"
        message = f"Minimum exceeds maximum ({group.min_nodes} > {group.max_nodes})."
        hint = f"Raise `max_nodes` to {group.min_nodes} or lower `min_nodes`."
        fix = setting(at, group.min_nodes)
        yield error(at, "max-below-min", message, hint=hint, fix=fix)


def _work(group: WorkerGroup, path: str) -> Iterator[Problem]:
    """A group whose nodes offer nothing is paid for and never used."""
    offered = group.resources
    nothing = {"CPU", "GPU"} <= offered.keys() and not any(offered.values())
    if nothing and not group.required_labels:
        message = "The group's nodes offer Ray no resources: no work can run there."
        hint = "Remove `resources` to offer what the machine has."
        yield warning(f"{path}.resources", "group-offers-nothing", message, hint=hint)


def _alike(config: ComputeConfig) -> Iterator[Problem]:
    first: dict[str, int] = {}
    lower: dict[str, int] = {}
    taken = {group.name for group in config.groups}
    for index, group in enumerate(config.groups):
        path = f"worker_nodes[{index}].name"
        if not group.name:
            continue
        if first.setdefault(group.name, index) != index:
            message = f"Two groups are called {shown(group.name)}."
            hint = f"worker_nodes[{first[group.name]}] already has this name."
            free = _free(group.name, taken)
            taken.add(free)
            fix = setting(path, free)
            yield error(path, "duplicate-group-name", message, hint=hint, fix=fix)
        elif lower.setdefault(group.name.lower(), index) != index:
            other = config.groups[lower[group.name.lower()]].name
            message = f"{shown(group.name)} and {shown(other)} differ only in case."
            hint = "Machine names come from group names and are case-insensitive."
            yield warning(path, "group-names-alike", message, hint=hint)


def _free(name: str, taken: set[str]) -> str:
    """The name with the first number behind it that is free, short enough for a label."""
    number = 2
    while (free := f"{name[: LONGEST_NAME - len(str(number)) - 1]}-{number}") in taken:
        number += 1
    return free


def _many(config: ComputeConfig) -> Iterator[Problem]:
    most = sum(group.max_nodes for group in config.groups)
    if most > MANY_NODES:
        message = f"The groups can grow to {most:,} nodes in total."
        hint = "Set `mobula.max_nodes`, `max_resources` or `mobula.max_usd_per_hour`."
        limited = bool(config.max_resources) or config.mobula.max_usd_per_hour is not None
        limited |= (config.mobula.max_nodes or most) <= MANY_NODES
        if not limited:
            yield warning("worker_nodes", "many-nodes", message, hint=hint)
    if len(config.groups) > MANY_GROUPS:
        message = f"There are {len(config.groups)} groups."
        hint = "Groups that differ only in instance type can use `required_resources` instead."
        yield note("worker_nodes", "many-groups", message, hint=hint)
    yield from _same_machines(config)


def _same_machines(config: ComputeConfig) -> Iterator[Problem]:
    """Two groups that bring just the same are one group in two halves."""
    kinds = Counter(_kind(group) for group in config.groups)
    seen: dict[object, str] = {}
    for index, group in enumerate(config.groups):
        kind = _kind(group)
        if kinds[kind] > 1 and kind in seen:
            message = f"The group provides the same resources as {shown(seen[kind])}."
            hint = "Use one group with both sizes."
            yield note(f"worker_nodes[{index}]", "groups-the-same", message, hint=hint)
        seen.setdefault(kind, group.name)


def _kind(group: WorkerGroup) -> str:
    return str(group.model_dump(exclude={"name", "min_nodes", "max_nodes"}))
