"""Between a configuration and the fields of the form that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from configurations.editor.forms.inputs import yaml_text
from configurations.editor.group_settings import settings_values_of
from domain.configuration.spec import (
    ComputeConfig,
    HeadNode,
    MobulaBlock,
    NodeConfig,
    PhysicalResources,
    Scaling,
    WorkerGroup,
    written,
)
from domain.quantities import format_bytes

IDLE_FLAG = "idle_termination_seconds"
LIMITS = {"max_cpu": "CPU", "max_gpu": "GPU"}
# Fields of the form and the flags that they show.
TEXT_FLAGS = {
    "starting_timeout": "workload_starting_timeout",
    "recovering_timeout": "workload_recovering_timeout",
    "zone_timeout": "zone_starting_timeout",
    "threshold": "replacement_threshold",
    "strategy": "instance_selection_strategy",
}
SWITCHES = {"no_nfs": "disable_nfs_mount", "no_gpu_checks": "disable_gpu_health_checks"}
FORECAST = {
    "forecast_mode": "mode",
    "forecast_quantile": "quantile",
    "forecast_error": "max_error_percent",
}
SCALING_WORDS = ("objective", "consolidation")
_HARDWARE = {
    "need_cpu": "CPU",
    "need_memory": "memory",
    "need_gpu": "GPU",
    "need_accelerator": "accelerator",
    "need_tpu": "TPU",
    "need_tpu_hosts": "tpu_hosts",
    "need_arch": "cpu_architecture",
}
_PLAIN = ("resources", "labels", "required_labels")

type Values = dict[str, Any]


def values_of(config: ComputeConfig) -> Values:
    """What the fields of the whole cluster show."""
    block, flags = config.mobula, config.flags
    shown = {IDLE_FLAG, *TEXT_FLAGS.values(), *SWITCHES.values()}
    rest = {name: value for name, value in flags.items() if name not in _shown(flags, shown)}
    more = {name: n for name, n in config.max_resources.items() if name not in LIMITS.values()}
    return {
        "cloud": config.cloud or "",
        "cloud_resource": config.cloud_resource or "",
        "image": block.image or "",
        "autoscaling": block.autoscaling,
        "auto_select": config.auto_select_worker_config,
        "zones": config.zones,
        "cross_zone": config.enable_cross_zone_scaling,
        "idle_minutes": block.idle_minutes or 0,
        "max_lifetime_minutes": block.max_lifetime_minutes or 0,
        "worker_idle_seconds": config.worker_idle_seconds,
        "max_usd_per_hour": block.max_usd_per_hour,
        **{field: config.max_resources.get(name) for field, name in LIMITS.items()},
        "more_max": more,
        "min_resources": dict(config.min_resources),
        **{field: _text(flags.get(name)) for field, name in TEXT_FLAGS.items()},
        **{field: flags.get(name) is True for field, name in SWITCHES.items()},
        "more_flags": yaml_text(rest or None),
        "merge_blocks": block.merge_instance_config,
        "block": yaml_text(config.advanced_instance_config or None),
        "mounts": yaml_text([written(mount) for mount in block.mounts] or None),
        "environments": yaml_text(block.environments or None),
        **{name: str(getattr(block.scaling, name)) for name in SCALING_WORDS},
        **{field: getattr(block.scaling.forecast, name) for field, name in FORECAST.items()},
    }


def _shown(flags: Mapping[str, object], names: set[str]) -> set[str]:
    """The flags whose values a field of their own can show: others stay in the YAML box."""
    switches, texts = set(SWITCHES.values()), set(TEXT_FLAGS.values())
    return {
        name
        for name in names & flags.keys()
        if (name in switches and isinstance(flags[name], bool))
        or (name in texts and isinstance(flags[name], str))
        or (name == IDLE_FLAG and type(flags[name]) is int)
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def head_values_of(config: ComputeConfig) -> Values:
    """What the fields of the head show."""
    head = config.head_node or HeadNode()
    return {**_node_values(head), "flags": yaml_text(head.flags or None)}


def group_values_of(group: WorkerGroup, config: ComputeConfig) -> Values:
    """What the fields of one group show."""
    threshold, weight = group.flags.get("replacement_threshold"), group.flags.get("pricing_weight")
    own: Values = {}
    if isinstance(threshold, str):
        own["replacement_threshold"] = threshold
    if isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0:
        own["pricing_weight"] = weight
    rest = {name: value for name, value in group.flags.items() if name not in own}
    return {
        **_node_values(group),
        "name": group.name,
        "min_nodes": group.min_nodes,
        "max_nodes": group.max_nodes,
        "nodes": min(group.min_nodes, group.max_nodes),
        "market": str(group.market_type),
        "threshold": own.get("replacement_threshold", ""),
        "weight": own.get("pricing_weight"),
        **settings_values_of(config.settings_of(group.name)),
        "flags": yaml_text(rest or None),
    }


def _node_values(node: NodeConfig) -> Values:
    required = node.required_resources or PhysicalResources()
    hardware = {field: getattr(required, name) for field, name in _HARDWARE.items()}
    memory = hardware["need_memory"]
    return {
        "size": node.instance_type or "",
        **{field: "" if value is None else value for field, value in hardware.items()},
        "need_memory": "" if memory is None else format_bytes(memory),
        **{name: dict(getattr(node, name)) for name in _PLAIN},
        "block": yaml_text(node.advanced_instance_config),
        "deployment": yaml_text(node.cloud_deployment and written(node.cloud_deployment)),
    }


def with_values(
    config: ComputeConfig, new: Values, head: Values, *, groups: Sequence[WorkerGroup]
) -> ComputeConfig:
    """The configuration with what was changed in its fields, its head's, and these groups."""
    values: Values = {"mobula": _block(config.mobula, new), "flags": _flags(config, new)}
    for name in ("cloud", "cloud_resource"):
        if name in new:
            values[name] = new[name] or None
    for field, name in (
        ("zones", "zones"),
        ("cross_zone", "enable_cross_zone_scaling"),
        ("auto_select", "auto_select_worker_config"),
        ("min_resources", "min_resources"),
    ):
        if field in new:
            values[name] = new[field]
    if "block" in new:
        values["advanced_instance_config"] = new["block"] or {}
    if head:
        values["head_node"] = _with_node_values(config.head_node or HeadNode(), head)
    if new.keys() & {*LIMITS, "more_max"}:
        values["max_resources"] = _limits(config.max_resources, new)
    if groups or config.worker_nodes is not None:
        values["worker_nodes"] = tuple(groups)
    return config.replace(**values)


def _block(block: MobulaBlock, new: Values) -> MobulaBlock:
    named = {name: new[name] for name in MobulaBlock.model_fields if name in new}
    if "image" in named:
        named["image"] = named["image"] or None
    if "merge_blocks" in new:
        named["merge_instance_config"] = new["merge_blocks"]
    for name, empty in (("mounts", ()), ("environments", {})):
        if name in named:
            named[name] = named[name] or empty
    if new.keys() & {*FORECAST, *SCALING_WORDS}:
        named["scaling"] = _scaling(block.scaling, new)
    return MobulaBlock.model_validate({**dict(block), **named})


def _scaling(scaling: Scaling, new: Values) -> Scaling:
    """The scaling with what was changed in the fields of the whole cluster."""
    forecast = {name: new[field] for field, name in FORECAST.items() if field in new}
    words = {name: new[name] for name in SCALING_WORDS if name in new}
    forecast = {**dict(scaling.forecast), **forecast}
    return Scaling.model_validate({**dict(scaling), **words, "forecast": forecast})


def _flags(config: ComputeConfig, new: Values) -> dict[str, Any]:
    flags = dict(config.flags)
    if "more_flags" in new:
        kept = _shown(flags, {IDLE_FLAG, *TEXT_FLAGS.values(), *SWITCHES.values()})
        flags = {name: flags[name] for name in flags if name in kept} | (new["more_flags"] or {})
    for field, name in {**TEXT_FLAGS, **SWITCHES}.items():
        if field in new:
            flags.pop(name, None)
            if new[field]:
                flags[name] = new[field]
    if "worker_idle_seconds" in new and IDLE_FLAG in flags:
        flags[IDLE_FLAG] = new["worker_idle_seconds"]
    return flags


def group_with_values(group: WorkerGroup, new: Values) -> WorkerGroup:
    """The group with the changed fields `new`; `nodes` sets minimum and maximum at once."""
    values = _with_node_values(group, new)
    for name in ("min_nodes", "max_nodes"):
        if name in new:
            values[name] = new[name]
    if "nodes" in new:
        values |= {"min_nodes": new["nodes"], "max_nodes": max(1, new["nodes"])}
    if new.get("market"):
        values["market_type"] = new["market"]
    if "name" in new:
        values["name"] = new["name"] or None
    return WorkerGroup.model_validate(values)


def _with_node_values(node: NodeConfig, new: Values) -> Values:
    """The node's fields with what was changed. A named type takes the place of required hardware:
    a node has one of the two.
    """
    values = {**dict(node), **{name: new[name] for name in _PLAIN if name in new}}
    if "block" in new:
        values["advanced_instance_config"] = new["block"]
    if "deployment" in new:
        values["cloud_deployment"] = new["deployment"]
    if new.keys() & {"flags", "threshold", "weight"}:
        values["flags"] = _node_flags(node.flags, new)
    if hardware := {name: new[field] for field, name in _HARDWARE.items() if field in new}:
        required = dict(node.required_resources or PhysicalResources())
        required |= {name: None if value == "" else value for name, value in hardware.items()}
        has_any = any(value is not None for value in required.values())
        values["required_resources"] = required if has_any else None
    if "size" in new:
        values["instance_type"] = new["size"] or None
        if new["size"]:
            values["required_resources"] = None
    return values


def _node_flags(flags: Mapping[str, Any], new: Values) -> dict[str, Any]:
    own = {
        name: flags[name] for name in ("replacement_threshold", "pricing_weight") if name in flags
    }
    rest = {name: value for name, value in flags.items() if name not in own}
    if "flags" in new:
        rest = dict(new["flags"] or {})
        own = {name: value for name, value in own.items() if name not in rest}
    for field, name in (("threshold", "replacement_threshold"), ("weight", "pricing_weight")):
        if field in new:
            own.pop(name, None)
            if new[field] not in {None, ""}:
                own[name] = new[field]
    return {**rest, **own}


def _limits(limits: Mapping[str, float], new: Values) -> dict[str, float]:
    named = {LIMITS[field]: new[field] for field in LIMITS if field in new}
    others = {name: n for name, n in limits.items() if name not in LIMITS.values()}
    shown = {name: n for name, n in limits.items() if name in LIMITS.values()}
    both = {**(new.get("more_max", others)), **shown, **named}
    return {name: amount for name, amount in both.items() if amount is not None}
