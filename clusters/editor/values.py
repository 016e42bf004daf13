"""Between a configuration and the fields of the form that show a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.spec import ComputeConfig, HeadNode, MobulaBlock, NodeConfig, WorkerGroup

IDLE_FLAG = "idle_termination_seconds"
LIMITS = {"max_cpu": "CPU", "max_gpu": "GPU"}

type Values = dict[str, Any]


def values_of(config: ComputeConfig) -> Values:
    """What the fields of the whole cluster show."""
    block = config.mobula
    return {
        "cloud": config.cloud or "",
        "image": block.image or "",
        "head_size": (config.head_node and config.head_node.instance_type) or "",
        "autoscaling": block.autoscaling,
        "idle_minutes": block.idle_minutes or 0,
        "max_lifetime_minutes": block.max_lifetime_minutes or 0,
        "worker_idle_seconds": config.worker_idle_seconds,
        **{field: config.max_resources.get(name) for field, name in LIMITS.items()},
    }


def group_values_of(group: WorkerGroup) -> Values:
    """What the fields of one group show."""
    return {
        "name": group.name,
        "size": group.instance_type or "",
        "min_nodes": group.min_nodes,
        "max_nodes": group.max_nodes,
        "nodes": min(group.min_nodes, group.max_nodes),
        "resources": dict(group.resources),
        "labels": dict(group.labels),
    }


def with_values(
    config: ComputeConfig, new: Values, *, groups: Sequence[WorkerGroup]
) -> ComputeConfig:
    """The configuration with the changed fields `new` and these groups; all else as it was."""
    block = {name: new[name] for name in MobulaBlock.model_fields if name in new}
    if "image" in block:
        block["image"] = block["image"] or None
    values: Values = {"mobula": MobulaBlock.model_validate({**dict(config.mobula), **block})}
    if "cloud" in new:
        values["cloud"] = new["cloud"] or None
    if "head_size" in new:
        head = _with_size(config.head_node or HeadNode(), new["head_size"])
        values["head_node"] = HeadNode.model_validate(head)
    if "worker_idle_seconds" in new and IDLE_FLAG in config.flags:
        values["flags"] = {**config.flags, IDLE_FLAG: new["worker_idle_seconds"]}
    if new.keys() & LIMITS:
        values["max_resources"] = _limits(config.max_resources, new)
    if groups or config.worker_nodes is not None:
        values["worker_nodes"] = tuple(groups)
    return config.replace(**values)


def group_with_values(group: WorkerGroup, new: Values) -> WorkerGroup:
    """The group with the changed fields `new`; `nodes` sets minimum and maximum at once."""
    values = dict(group)
    if "size" in new:
        values = _with_size(group, new["size"])
    for name in ("min_nodes", "max_nodes", "resources", "labels"):
        if name in new:
            values[name] = new[name]
    if "nodes" in new:
        values |= {"min_nodes": new["nodes"], "max_nodes": max(1, new["nodes"])}
    if "name" in new:
        values["name"] = new["name"] or None
    return WorkerGroup.model_validate(values)


def _with_size(node: NodeConfig, size: str) -> Values:
    """A named size takes the place of required hardware: a node has one of the two."""
    values = {**dict(node), "instance_type": size or None}
    return values | {"required_resources": None} if size else values


def _limits(limits: Mapping[str, float], new: Values) -> dict[str, float]:
    named = {LIMITS[field]: new[field] for field in LIMITS if field in new}
    both = {**limits, **named}
    return {name: amount for name, amount in both.items() if amount is not None}
