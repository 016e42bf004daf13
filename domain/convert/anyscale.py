"""Anyscale's own format, the newer schema and the older one."""

from collections.abc import Iterator
from typing import Any

from domain.configuration.spec import (
    ComputeConfig,
    MarketType,
    MobulaBlock,
    NodeConfig,
    written,
)
from domain.convert.result import ExportContext, Exported, Imported, Loss, Plain
from domain.yaml.text import dump, parse
from domain.yaml.writing import dump_value

_OURS = "Not supported by Anyscale."


def write(config: ComputeConfig, _: ExportContext) -> Exported:
    """The newer schema: all but Mobula's own block."""
    return Exported(dump(config.replace(mobula=MobulaBlock())), tuple(_own_losses(config)))


def write_own(config: ComputeConfig, _: ExportContext) -> Exported:
    """Mobula's own format, which carries everything."""
    return Exported(dump(config), ())


def read_text(text: str) -> Imported:
    """A configuration of either schema, or of ours."""
    found = parse(text)
    return Imported(found.draft, (), found.problems)


def _own_losses(config: ComputeConfig, *, besides: frozenset[str] = frozenset()) -> Iterator[Loss]:
    for key in written(config.mobula):
        if key not in besides:
            yield Loss(path=f"mobula.{key}", why=_OURS)


def write_legacy(config: ComputeConfig, _: ExportContext) -> Exported:
    """The older schema, as it is sent over the wire; it knows one cloud resource."""
    kept = frozenset({"idle_minutes", "max_lifetime_minutes", "max_nodes"})
    losses = list(_own_losses(config, besides=kept))
    if config.configs is not None:
        losses.append(Loss(path="configs", why="The older schema supports one cloud resource."))
        config = config.primary
    nodes: list[tuple[str, NodeConfig | None]] = [("head_node", config.head_node)]
    nodes += [(f"worker_nodes[{index}]", group) for index, group in enumerate(config.groups)]
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
