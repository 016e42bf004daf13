"""The YAML of `ray up`, Ray's own cluster launcher, for AWS and Google Cloud."""

from collections.abc import Callable, Iterator, Mapping

from domain.catalogue.matching import types_for
from domain.catalogue.node_resources import RESERVATIONS
from domain.configuration.instance_blocks import block_of
from domain.configuration.spec import (
    ComputeConfig,
    MarketType,
    NodeConfig,
    WorkerGroup,
    written,
)
from domain.convert.result import (
    ExportContext,
    Exported,
    Loss,
    Plain,
    distinct,
    items,
    losses_of_groups,
    mapping,
    without_empty,
)
from domain.offerings import Market, ProviderKind
from domain.quantities import tidy_number
from domain.yaml.writing import dump_value

HEAD = "ray.head.default"
_CARRIED = frozenset({
    "image", "worker_idle_seconds", "autoscaling", "merge_instance_config", "groups",
})  # fmt: skip
# Google's bulkInsert wraps what describes one machine; the launcher inserts machines one by one.
WRAPPERS = ("instanceProperties", "instance_properties")
MARKET = "InstanceMarketOptions"

type NodeWriter = Callable[[str, Plain, bool], Plain]


def _aws(machine: str, block: Plain, spot: bool) -> Plain:
    options = {**mapping(block.get(MARKET)), "MarketType": "spot"}
    return {"InstanceType": machine, **block, **({MARKET: options} if spot else {})}


def _gcp(machine: str, block: Plain, spot: bool) -> Plain:
    market = [{**scheduling(block), "preemptible": True}]
    return {"machineType": machine, **block, **({"scheduling": market} if spot else {})}


def scheduling(node_config: Plain) -> Plain:
    """Google's scheduling: a mapping in its API, a list with one in Ray's examples."""
    value = node_config.get("scheduling")
    return mapping(next(iter(items(value)), {})) if isinstance(value, list) else mapping(value)


_WRITERS: Mapping[ProviderKind, tuple[str, NodeWriter]] = {
    ProviderKind.AWS: ("aws", _aws),
    ProviderKind.GCP: ("gcp", _gcp),
}
# What ray up asks for besides, and nobody here knows.
_TO_FILL_IN = {
    ProviderKind.GCP: "Fill in provider.project_id and provider.availability_zone: ray up "
    "requires both on Google Cloud.",
}


def write(config: ComputeConfig, setting: ExportContext) -> Exported:
    """The launcher's YAML; on another provider than AWS or Google Cloud, for AWS."""
    losses = list(_losses(config))
    config = config.primary
    provider = setting.target.provider
    kind, node_config = _WRITERS.get(provider or ProviderKind.AWS, _WRITERS[ProviderKind.AWS])
    if provider not in _WRITERS:
        losses.append(Loss(path="cloud", why="ray up supports AWS and Google Cloud: AWS is used."))
    if provider in _TO_FILL_IN:
        losses.append(Loss(path="cloud", why=_TO_FILL_IN[provider]))
    types = {HEAD: _head(config, setting, node_config, losses)}
    names = distinct([group.name or "workers" for group in config.groups], taken=[HEAD])
    for index, (name, group) in enumerate(zip(names, config.groups, strict=True)):
        if name != group.name:
            why = (
                f"Node types in ray up have their own naming rules: {group.name!r} becomes {name}."
            )
            losses.append(Loss(path=f"worker_nodes[{index}].name", why=why))
        types[name] = _group(group, index, config, setting, node_config, losses)
    place: Plain = {"type": kind, "region": setting.target.region or "us-west-2"}
    if config.zones:
        place["availability_zone"] = ",".join(config.zones)
    plain = {
        "cluster_name": setting.name,
        "max_workers": sum(types[name]["max_workers"] for name in names),
        "idle_timeout_minutes": tidy_number(config.worker_idle_seconds / 60),
        "provider": place,
        "auth": {"ssh_user": "ubuntu"},
        **_docker(setting),
        "available_node_types": types,
        "head_node_type": HEAD,
    }
    return Exported(dump_value(plain), tuple(losses))


def _docker(setting: ExportContext) -> Plain:
    return {"docker": {"image": setting.image, "container_name": "ray"}} if setting.image else {}


def _losses(config: ComputeConfig) -> Iterator[Loss]:
    if config.configs is not None:
        yield Loss(path="configs", why="ray up has one provider: the first resource is used.")
    primary = config.primary
    for key in written(config.mobula):
        if key not in _CARRIED:
            yield Loss(path=f"mobula.{key}", why="Not supported by ray up.")
    yield from losses_of_groups(config, why="Not supported by ray up node types.")
    for name in ("min_resources", "max_resources", "flags"):
        for key in getattr(primary, name):
            if key != "idle_termination_seconds":
                yield Loss(path=f"{name}.{key}", why="Not supported by ray up.")
    yield from _losses_of_place(config)


def _losses_of_place(config: ComputeConfig) -> Iterator[Loss]:
    primary = config.primary
    for name in ("cloud", "cloud_resource"):
        if getattr(primary, name):
            yield Loss(path=name, why="The account is that of the credentials in use.")
    if primary.enable_cross_zone_scaling:
        yield Loss(path="enable_cross_zone_scaling", why="ray up uses all listed zones.")
    if not config.mobula.autoscaling:
        why = "ray up always autoscales: each group's maximum is set to its minimum."
        yield Loss(path="mobula.autoscaling", why=why)
    if primary.auto_select_worker_config:
        yield Loss(path="auto_select_worker_config", why="ray up requires names for node types.")


def _head(
    config: ComputeConfig, setting: ExportContext, node_config: NodeWriter, losses: list[Loss]
) -> Plain:
    node = config.head_node or NodeConfig()
    found = _node(node, "head_node", config, setting, node_config, losses, spot=False)
    if config.groups:  # Anyscale's rule: a head with workers takes no work
        found["resources"] = {"CPU": 0, "GPU": 0, **found["resources"]}
    return found


def _group(
    group: WorkerGroup,
    index: int,
    config: ComputeConfig,
    setting: ExportContext,
    node_config: NodeWriter,
    losses: list[Loss],
) -> Plain:
    path = f"worker_nodes[{index}]"
    spot = group.market_type is not MarketType.ON_DEMAND
    if group.market_type is MarketType.PREFER_SPOT:
        why = "ray up has no on-demand fallback: the group is spot only."
        losses.append(Loss(path=f"{path}.market_type", why=why))
    most = group.max_nodes if config.mobula.autoscaling else group.min_nodes
    if most != group.max_nodes:
        why = "Without autoscaling a group keeps its minimum."
        losses.append(Loss(path=f"{path}.max_nodes", why=why))
    own = config.mobula.groups.get(group.name)
    idle = own.worker_idle_seconds if own else None
    return {
        "min_workers": group.min_nodes,
        "max_workers": most,
        **({} if idle is None else {"idle_timeout_s": idle}),
        **_node(group, path, config, setting, node_config, losses, spot=spot),
    }


def _node(
    node: NodeConfig,
    path: str,
    config: ComputeConfig,
    setting: ExportContext,
    node_config: NodeWriter,
    losses: list[Loss],
    *,
    spot: bool,
) -> Plain:
    found = types_for(
        node, setting.target, market=Market.ON_DEMAND, burstable=config.mobula.allow_burstable
    )
    machine = node.instance_type or (found[0].name if found else "")
    if not machine:
        why = (
            "ray up requires machine types: no known instance type of the cloud has this hardware."
        )
        losses.append(Loss(path=f"{path}.required_resources", why=why))
    elif node.required_resources is not None:
        why = f"ray up requires machine types: {machine} is the cheapest that has the hardware."
        losses.append(Loss(path=f"{path}.required_resources", why=why))
    losses += _losses_of_node(node, path)
    labels = {"labels": dict(node.labels)} if node.labels else {}
    block = _unwrapped(block_of(config, node), path, losses)
    return {
        "node_config": without_empty(node_config(machine, block, spot)),
        "resources": _whole_amounts(node),
        **labels,
    }


def _unwrapped(block: Plain, path: str, losses: list[Loss]) -> Plain:
    wrapper = next((key for key in WRAPPERS if mapping(block.get(key))), None)
    if wrapper is None:
        return block
    if others := sorted(block.keys() - {wrapper}):
        why = f"{', '.join(others)}: ray up does not support these keys."
        losses.append(Loss(path=f"{path}.advanced_instance_config", why=why))
    return mapping(block[wrapper])


def _whole_amounts(node: NodeConfig) -> dict[str, int]:
    """Ray's schema takes whole numbers only."""
    return {
        name: int(amount) for name, amount in node.resources.items() if name not in RESERVATIONS
    }


def _losses_of_node(node: NodeConfig, path: str) -> Iterator[Loss]:
    for name, amount in node.resources.items():
        if name in RESERVATIONS:
            yield Loss(path=f"{path}.resources.{name}", why="ray up reserves nothing on a node.")
        elif amount != int(amount):
            why = f"ray up requires whole numbers: {amount:g} becomes {int(amount)}."
            yield Loss(path=f"{path}.resources.{name}", why=why)
    for key in node.required_labels:
        why = "ray up selects by machine type only."
        yield Loss(path=f'{path}.required_labels["{key}"]', why=why)
    for key in node.flags:
        yield Loss(path=f"{path}.flags.{key}", why="Not a ray up flag.")
    if node.cloud_deployment:
        yield Loss(path=f"{path}.cloud_deployment", why="Not supported by ray up.")
