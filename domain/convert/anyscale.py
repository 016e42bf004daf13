"""Anyscale's own format, the newer schema and the older one."""

from collections.abc import Iterator
from typing import Any

from domain.configuration.patching import BLOCKS, patched
from domain.configuration.spec import (
    ComputeConfig,
    MarketType,
    MobulaBlock,
    NodeConfig,
    ResourceConfig,
    WorkerGroup,
    written,
)
from domain.convert.result import ExportContext, Exported, Imported, Loss, Plain
from domain.convert.workload import workload_of, workload_problem
from domain.yaml.text import dump, parse
from domain.yaml.writing import dump_value

_OURS = "Not supported by Anyscale."
_IDLE = "idle_termination_seconds"
"""The flag of Anyscale that is our `worker_idle_seconds`."""
_SAID_OTHERWISE = frozenset({"autoscaling", "worker_idle_seconds", "merge_instance_config"})
_WITH_THE_WORKLOAD = "Anyscale sets it with each job, service or workspace"


def write(config: ComputeConfig, setting: ExportContext) -> Exported:
    """The newer schema; of Mobula's own block, what it can say in other words."""
    losses = [*_own_losses(config, besides=_SAID_OTHERWISE), *_losses_of_context(config, setting)]
    plain = _in_their_words(config, losses).replace(mobula=MobulaBlock())
    return Exported(dump(plain), tuple(losses))


def _in_their_words(config: ComputeConfig, losses: list[Loss]) -> ComputeConfig:
    """The configuration with a fixed size, idle time and merged blocks as Anyscale has them."""
    if not config.mobula.autoscaling:
        why = "Anyscale always autoscales: each group's maximum is set to its minimum."
        losses.append(Loss(path="mobula.autoscaling", why=why))
    if config.configs is None:
        return config.replace(**_changes(config, config.mobula, "", losses), flags=_flags(config))
    several = [
        resource.model_copy(update=_changes(resource, config.mobula, f"configs[{index}].", losses))
        for index, resource in enumerate(config.configs)
    ]
    return config.replace(configs=several, flags=_flags(config))


def _flags(config: ComputeConfig) -> Plain:
    if "worker_idle_seconds" not in written(config.mobula):
        return dict(config.flags)
    return {**config.flags, _IDLE: config.worker_idle_seconds}


def _changes(
    resource: ResourceConfig, block: MobulaBlock, path: str, losses: list[Loss]
) -> dict[str, Any]:
    shared = resource.advanced_instance_config

    def node[N: NodeConfig](which: N) -> N:
        own = which.advanced_instance_config
        if not block.merge_instance_config or own is None:
            return which
        merged = patched(dict(shared), own, BLOCKS)
        return which.model_copy(update={"advanced_instance_config": merged})

    groups = [node(group) for group in resource.groups]
    if not block.autoscaling:
        groups = list(_fixed(groups, path, losses))
    return {
        "head_node": node(resource.head_node) if resource.head_node else None,
        "worker_nodes": None if resource.worker_nodes is None else tuple(groups),
    }


def _fixed(groups: list[WorkerGroup], path: str, losses: list[Loss]) -> Iterator[WorkerGroup]:
    """Without autoscaling a group keeps its minimum; Anyscale has no group of 0 nodes at most."""
    for index, group in enumerate(groups):
        at = f"{path}worker_nodes[{index}]"
        if group.min_nodes == 0:
            why = "Without autoscaling the group has no nodes: it is left out."
            losses.append(Loss(path=at, why=why))
            continue
        if group.max_nodes != group.min_nodes:
            why = "Without autoscaling a group keeps its minimum."
            losses.append(Loss(path=f"{at}.max_nodes", why=why))
        yield group.model_copy(update={"max_nodes": group.min_nodes})


def _losses_of_context(config: ComputeConfig, setting: ExportContext) -> Iterator[Loss]:
    """The image and the version of Ray that are known from elsewhere than our block."""
    if setting.image and not config.mobula.image:
        yield Loss(path="image", why=f"{_WITH_THE_WORKLOAD}: image_uri: {setting.image}.")
    if setting.ray_version and not config.mobula.image:
        why = f"{_WITH_THE_WORKLOAD}: ray_version: {setting.ray_version}."
        yield Loss(path="ray_version", why=why)


def write_own(config: ComputeConfig, _: ExportContext) -> Exported:
    """Mobula's own format, which carries everything."""
    return Exported(dump(config), ())


def read_text(text: str) -> Imported:
    """A configuration of either schema, or of ours; also inside a job, service or workspace."""
    if problem := workload_problem(text):
        return Imported(None, (), (problem,))
    if workload := workload_of(text):
        found = parse(workload.text)
        return Imported(found.draft, workload.losses, found.problems, workload.notes)
    found = parse(text)
    return Imported(found.draft, (), found.problems)


def _own_losses(config: ComputeConfig, *, besides: frozenset[str] = frozenset()) -> Iterator[Loss]:
    for key in written(config.mobula):
        if key not in besides:
            why = f"{_WITH_THE_WORKLOAD}, by image_uri." if key == "image" else _OURS
            yield Loss(path=f"mobula.{key}", why=why)


def write_legacy(config: ComputeConfig, setting: ExportContext) -> Exported:
    """The older schema, as it is sent over the wire; it knows one cloud resource."""
    kept = _SAID_OTHERWISE | {"idle_minutes", "max_lifetime_minutes", "max_nodes"}
    losses = [*_own_losses(config, besides=kept), *_losses_of_context(config, setting)]
    places = {group.name: index for index, group in enumerate(config.primary.groups)}
    config = _in_their_words(config, losses)
    if config.configs is not None:
        losses.append(Loss(path="configs", why="The older schema supports one cloud resource."))
        config = config.primary
    nodes: list[tuple[str, NodeConfig | None]] = [("head_node", config.head_node)]
    nodes += [(f"worker_nodes[{places[group.name]}]", group) for group in config.groups]
    for path, node in nodes:
        if node and node.advanced_instance_config == {}:
            why = "The older schema treats an empty block as missing: the cluster's applies."
            losses.append(Loss(path=f"{path}.advanced_instance_config", why=why))
    plain = _top(config)
    if plain.pop("cloud_resource", None):
        why = "The older schema allows one resource per cloud."
        losses.append(Loss(path="cloud_resource", why=why))
    return Exported(dump_value(plain), tuple(losses))


def _top(config: ComputeConfig) -> Plain:
    plain = written(config)
    plain.pop("mobula", None)
    block = config.mobula
    flags: Plain = dict(plain.pop("flags", {}))
    for field, flag in (
        ("min_resources", "min_resources"),
        ("max_resources", "max_resources"),
        ("enable_cross_zone_scaling", "allow-cross-zone-autoscaling"),
    ):
        if field in plain:
            flags[flag] = plain.pop(field)
    head = plain.pop("head_node", None)
    groups = plain.pop("worker_nodes", None)
    found: Plain = {
        **_renamed(plain, {"zones": "allowed_azs"}),
        "head_node_type": {"name": "head", **_node(head)} if head else {},
        "worker_node_types": [_group(group) for group in groups or ()],
        "idle_termination_minutes": block.idle_minutes or 0,
    }
    if block.max_lifetime_minutes:
        found["maximum_uptime_minutes"] = block.max_lifetime_minutes
    if block.max_nodes:
        found["max_workers"] = block.max_nodes
    if flags:
        found["flags"] = flags
    return found


def _renamed(plain: Plain, names: dict[str, str]) -> Plain:
    both = {**names, "advanced_instance_config": "advanced_configurations_json"}
    return {both.get(key, key): value for key, value in plain.items()}


def _node(node: Plain) -> Plain:
    found = _renamed(node, {"min_nodes": "min_workers", "max_nodes": "max_workers"})
    if deployment := found.pop("cloud_deployment", None):
        found["flags"] = {**found.get("flags", {}), "cloud_deployment": deployment}
    return found


def _group(group: Plain) -> Plain:
    market: Any = group.get("market_type", MarketType.ON_DEMAND)
    rest = {key: value for key, value in group.items() if key != "market_type"}
    spot = market != MarketType.ON_DEMAND
    found = {"min_workers": 0, "max_workers": 10, **_node(rest)}
    name = {"name": group["name"]} if "name" in group else {}
    return {
        **name,
        **found,
        "use_spot": spot,
        "fallback_to_ondemand": market == MarketType.PREFER_SPOT,
    }
