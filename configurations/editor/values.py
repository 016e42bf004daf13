"""Between a configuration and the fields of the form that show it, by the tables of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from configurations.editor.fields import (
    BUDGET,
    CLUSTER,
    GROUP,
    GROUP_SETTINGS,
    HEAD,
    RULE,
    SCHEDULE,
)
from configurations.editor.tables.kinds import Values
from configurations.editor.tables.lists import ENVIRONMENT, MOUNT, OVERRIDE, RANK
from configurations.editor.tables.shapes import Environment, Override, Rank
from configurations.editor.tables.table import Table
from domain.configuration.spec import (
    Budget,
    ComputeConfig,
    GroupSettings,
    HeadNode,
    Mount,
    ResourceConfig,
    Rule,
    Schedule,
    WorkerGroup,
)

type Written = Schedule | Rule | Budget | Mount | Environment | Override | Rank

ENTRIES: Mapping[type[Written], Table] = {
    Schedule: SCHEDULE,
    Rule: RULE,
    Budget: BUDGET,
    Mount: MOUNT,
    Environment: ENVIRONMENT,
    Override: OVERRIDE,
    Rank: RANK,
}


def values_of(config: ComputeConfig) -> Values:
    """What the fields of the whole cluster show."""
    return CLUSTER.shown(config)


def head_values_of(config: ComputeConfig) -> Values:
    """What the fields of the head show."""
    return HEAD.shown(config.head_node or HeadNode())


def group_values_of(group: WorkerGroup, config: ComputeConfig) -> Values:
    """What the fields of one group show."""
    return GROUP.shown(group) | GROUP_SETTINGS.shown(config.settings_of(group.name))


def entry_values_of(one: Written) -> Values:
    """What the fields of a schedule, a rule or a budget show."""
    return ENTRIES[type(one)].shown(one)


def with_values(
    config: ComputeConfig, new: Values, head: Values, *, groups: Sequence[WorkerGroup]
) -> ComputeConfig:
    """The configuration with what was changed in its fields, its head's, and these groups."""
    values = CLUSTER.written(config, new)
    if head:
        values["head_node"] = HEAD.written(config.head_node or HeadNode(), head)
    if groups or config.worker_nodes is not None:
        values["worker_nodes"] = tuple(groups)
    return ComputeConfig.model_validate(values)


def group_with_values(group: WorkerGroup, new: Values) -> WorkerGroup:
    """The group with the changed fields `new`; `nodes` sets minimum and maximum at once."""
    return WorkerGroup.model_validate(GROUP.written(group, new))


def entry_with_values(one: Written, new: Values) -> Written:
    """The schedule, rule or budget with what was changed in its fields."""
    return type(one).model_validate(ENTRIES[type(one)].written(one, new))


def settings_with(config: ComputeConfig, new: Values, *, source: str, name: str) -> ComputeConfig:
    """The configuration with a group's own settings changed; those of `source` are the first."""
    settings = dict(config.mobula.groups)
    before = settings.get(name, settings.get(source))
    changed = (
        _with_settings(before or GroupSettings(), new) if GROUP_SETTINGS.has_any(new) else before
    )
    settings.pop(name, None)
    if changed is not None:
        settings[name] = changed
    if settings == config.mobula.groups:
        return config
    return config.replace(mobula={**dict(config.mobula), "groups": settings})


def _with_settings(settings: GroupSettings, new: Values) -> GroupSettings | None:
    """The settings with what was changed; None where none is left."""
    found = GroupSettings.model_validate(GROUP_SETTINGS.written(settings, new))
    return None if found == GroupSettings() else found


def part_of(config: ComputeConfig, index: int) -> ComputeConfig:
    """The configuration of one resource with our block; all of it where there is only one."""
    if not config.configs:
        return config
    one = config.configs[min(index, len(config.configs) - 1)]
    return ComputeConfig.model_validate(
        {**dict(one), "cloud": config.cloud, "mobula": config.mobula}
    )


def with_part(config: ComputeConfig, index: int, part: ComputeConfig) -> ComputeConfig:
    """The whole with that resource changed; the cloud and our block are shared by all."""
    if not config.configs:
        return part
    place = min(index, len(config.configs) - 1)
    fields = {name: getattr(part, name) for name in ResourceConfig.model_fields}
    own = ResourceConfig.model_validate({**fields, "cloud": config.configs[place].cloud})
    configs = (*config.configs[:place], own, *config.configs[place + 1 :])
    return config.replace(configs=configs, cloud=part.cloud, mobula=part.mobula)


def names_of(config: ComputeConfig) -> list[str]:
    """What the resources are called; none where there is only one."""
    return [
        one.cloud_resource or f"Resource {number}"
        for number, one in enumerate(config.configs or (), start=1)
    ]
