"""The YAML of `ray up`, Ray's own cluster launcher, for AWS and Google Cloud."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from domain.exchange.parcel import (
    Exported,
    Imported,
    Loss,
    Plain,
    Setting,
    items,
    mapping,
    opened,
    without_empty,
)
from domain.instance_blocks import block_of
from domain.matching import types_for
from domain.offerings import Market, ProviderKind
from domain.problems import error
from domain.quantities import tidy_number
from domain.spec import ComputeConfig, MarketType, NodeConfig, WorkerGroup, written
from domain.structure import structure
from domain.yamledit import dump_value

HEAD = "ray.head.default"
_CARRIED = frozenset({"image", "worker_idle_seconds", "autoscaling", "merge_instance_config"})

type NodeWriter = Callable[[str, Plain, bool], Plain]


def _aws(machine: str, block: Plain, spot: bool) -> Plain:
    market = {"InstanceMarketOptions": {"MarketType": "spot"}} if spot else {}
    return {"InstanceType": machine, **block, **market}


def _gcp(machine: str, block: Plain, spot: bool) -> Plain:
    inner = mapping(block.get("instanceProperties") or block.get("instance_properties")) or block
    market = {"scheduling": [{"preemptible": True}]} if spot else {}
    return {"machineType": machine, **inner, **market}


_WRITERS: Mapping[ProviderKind, tuple[str, NodeWriter]] = {
    ProviderKind.AWS: ("aws", _aws),
    ProviderKind.GCP: ("gcp", _gcp),
}


def write(config: ComputeConfig, setting: Setting) -> Exported:
    """The launcher's YAML; on another provider than AWS or Google Cloud, for AWS."""
    losses = list(_losses(config))
    config = config.primary
    provider = setting.target.provider
    kind, node_config = _WRITERS.get(provider or ProviderKind.AWS, _WRITERS[ProviderKind.AWS])
    if provider not in _WRITERS:
        losses.append(Loss(path="cloud", why="ray up knows AWS and Google Cloud: AWS is written."))
    types = {HEAD: _head(config, setting, node_config, losses)}
    for index, group in enumerate(config.groups):
        types[group.name] = _group(group, index, config, setting, node_config, losses)
    place: Plain = {"type": kind, "region": setting.target.region or "us-west-2"}
    if config.zones:
        place["availability_zone"] = ",".join(config.zones)
    plain = {
        "cluster_name": setting.name,
        "max_workers": sum(group.max_nodes for group in config.groups),
        "idle_timeout_minutes": max(1, round(config.worker_idle_seconds / 60)),
        "provider": place,
        "auth": {"ssh_user": "ubuntu"},
        **_docker(setting),
        "available_node_types": types,
        "head_node_type": HEAD,
    }
    return Exported(dump_value(plain), tuple(losses))


def _docker(setting: Setting) -> Plain:
    return {"docker": {"image": setting.image, "container_name": "ray"}} if setting.image else {}


def _losses(config: ComputeConfig) -> Iterator[Loss]:
    if config.configs is not None:
        yield Loss(path="configs", why="ray up has one provider: the first resource is used.")
    primary = config.primary
    for key in written(config.mobula):
        if key not in _CARRIED:
            yield Loss(path=f"mobula.{key}", why="ray up has no such setting.")
    for name in ("min_resources", "max_resources", "flags"):
        for key in getattr(primary, name):
            if key != "idle_termination_seconds":
                yield Loss(path=f"{name}.{key}", why="ray up has no such limit or flag.")
    for name in ("cloud", "cloud_resource", "enable_cross_zone_scaling"):
        if getattr(primary, name):
            yield Loss(path=name, why="The account is the one whose keys are used.")


def _head(
    config: ComputeConfig, setting: Setting, node_config: NodeWriter, losses: list[Loss]
) -> Plain:
    node = config.head_node or NodeConfig()
    found = _node(node, "head_node", config, setting, node_config, losses, spot=False)
    if config.groups:  # Anyscale's rule: a head with workers takes no work
        found["resources"] = {"CPU": 0, **found["resources"]}
    return found


def _group(
    group: WorkerGroup,
    index: int,
    config: ComputeConfig,
    setting: Setting,
    node_config: NodeWriter,
    losses: list[Loss],
) -> Plain:
    path = f"worker_nodes[{index}]"
    spot = group.market_type is not MarketType.ON_DEMAND
    if group.market_type is MarketType.PREFER_SPOT:
        why = "ray up does not fall back to on demand: it is spot only."
        losses.append(Loss(path=f"{path}.market_type", why=why))
    losses += [
        Loss(path=f"{path}.flags.{key}", why="ray up has no such flag.") for key in group.flags
    ]
    most = group.max_nodes if config.mobula.autoscaling else group.min_nodes
    return {
        "min_workers": group.min_nodes,
        "max_workers": most,
        **_node(group, path, config, setting, node_config, losses, spot=spot),
    }


def _node(
    node: NodeConfig,
    path: str,
    config: ComputeConfig,
    setting: Setting,
    node_config: NodeWriter,
    losses: list[Loss],
    *,
    spot: bool,
) -> Plain:
    found = types_for(node, setting.target, market=Market.ON_DEMAND)
    machine = node.instance_type or (found[0].name if found else "")
    if not machine:
        why = "ray up names machine types: no type of the cloud is known to have this hardware."
        losses.append(Loss(path=f"{path}.required_resources", why=why))
    elif node.required_resources is not None:
        why = f"ray up names machine types: {machine} is the cheapest that has the hardware."
        losses.append(Loss(path=f"{path}.required_resources", why=why))
    if node.cloud_deployment:
        losses.append(Loss(path=f"{path}.cloud_deployment", why="ray up has no such setting."))
    found_resources = {name: tidy_number(amount) for name, amount in node.resources.items()}
    labels = {"labels": dict(node.labels)} if node.labels else {}
    block = block_of(config, node)
    return {
        "node_config": node_config(machine, block, spot),
        "resources": found_resources,
        **labels,
    }


def read_text(text: str) -> Imported:
    """The configuration that a launcher's YAML describes."""
    top, unreadable = opened(text)
    if unreadable:
        return Imported(None, (), unreadable)
    types = mapping(top.get("available_node_types"))
    head = str(top.get("head_node_type", ""))
    if head not in types:
        message = "This is no ray up YAML: `head_node_type` names none of `available_node_types`."
        return Imported(None, (), (error("head_node_type", "not-ray-up", message),))
    losses: list[Loss] = [
        Loss(path=key, why="Mobula's images and drivers decide this.")
        for key in sorted(top.keys() - _READ)
    ]
    found = structure(_plain(top, types, head, losses))
    image = mapping(top.get("docker")).get("image")
    notes = {"image": str(image)} if image else {}
    return Imported(found.draft, tuple(losses), tuple(found.problems), notes)


_READ = {
    "cluster_name", "max_workers", "idle_timeout_minutes", "provider", "available_node_types",
    "head_node_type", "docker",
}  # fmt: skip


def _plain(top: Plain, types: Plain, head: str, losses: list[Loss]) -> Plain:
    place = mapping(top.get("provider"))
    zones = [zone for zone in str(place.get("availability_zone") or "").split(",") if zone]
    idle = top.get("idle_timeout_minutes", 5)
    groups = {name: mapping(one) for name, one in types.items() if name != head}
    return {
        "head_node": _read_node(mapping(types[head]), f"available_node_types.{head}", losses),
        "worker_nodes": [
            {
                "name": name,
                **_read_node(one, f"available_node_types.{name}", losses),
                "min_nodes": one.get("min_workers", 0),
                "max_nodes": max(1, _whole(one.get("max_workers"), top.get("max_workers", 2))),
                "market_type": "SPOT" if _is_spot(mapping(one.get("node_config"))) else "ON_DEMAND",
            }
            for name, one in groups.items()
        ],
        **({"zones": zones} if zones else {}),
        "mobula": {"worker_idle_seconds": round(60 * idle)}
        if isinstance(idle, int | float)
        else {},
    }


def _whole(*values: Any) -> int:
    return next((value for value in values if type(value) is int), 2)


def _is_spot(node_config: Plain) -> bool:
    market = mapping(node_config.get("InstanceMarketOptions"))
    scheduling = [mapping(one) for one in items(node_config.get("scheduling"))]
    return market.get("MarketType") == "spot" or any(one.get("preemptible") for one in scheduling)


def _read_node(one: Plain, path: str, losses: list[Loss]) -> Plain:
    node_config = mapping(one.get("node_config"))
    machine = node_config.get("InstanceType") or node_config.get("machineType") or ""
    rest = {
        key: value
        for key, value in node_config.items()
        if key not in {"InstanceType", "machineType", "InstanceMarketOptions", "scheduling"}
    }
    losses += [
        Loss(path=f"{path}.{key}", why="Mobula's images and drivers decide this.")
        for key in sorted(one.keys() - _NODE_KEYS)
    ]
    return {
        "instance_type": str(machine),
        **without_empty({
            "resources": mapping(one.get("resources")),
            "labels": mapping(one.get("labels")),
            "advanced_instance_config": rest,
        }),
    }  # fmt: skip


_NODE_KEYS = {"node_config", "resources", "labels", "min_workers", "max_workers"}
