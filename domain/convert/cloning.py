"""A configuration for another cloud: each machine by its nearest there, the rest as it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil

from domain.catalogue.accelerators import has_model
from domain.catalogue.nearest import Candidate, any_machines, candidates
from domain.catalogue.node_resources import attached_gpus
from domain.catalogue.pod_shapes import shape_type
from domain.catalogue.region import RegionCatalogue
from domain.catalogue.search import equivalents
from domain.configuration.spec import (
    ComputeConfig,
    MarketType,
    NodeConfig,
    PhysicalResources,
)
from domain.offerings import InstanceType, Market
from domain.problems import path_of

HARDWARE = ""
"""Stands for no type by name: the node asks for the hardware of the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One node's machine and what could take its place, the nearest first; none: by hardware."""

    path: str
    name: str  # of the group, or "Head"
    old: str
    machine: InstanceType | None  # None: its size is not known
    candidates: tuple[Candidate, ...]
    is_like: bool = True  # the target has a machine that does all that the old one did

    def chosen(self, value: str) -> Candidate | None:
        """The candidate that a form posts as this value."""
        return next((one for one in self.candidates if one.value == value), None)


def mapped(
    config: ComputeConfig,
    *,
    source: RegionCatalogue,
    target: RegionCatalogue,
    known: Callable[[str], InstanceType | None] = shape_type,
) -> list[Mapped]:
    """What each node could run on in the target, if it names a machine type.

    Also each node whose hardware no machine there has. `known` tells of types that the source does
    not name.
    """
    nodes = [
        _mapped(path, name, node, source, target, known)
        for path, name, node in _nodes(config.primary)
    ]
    return [node for node in nodes if node is not None]


def cloned(
    config: ComputeConfig, *, cloud: str, chosen: Mapping[str, str], machines: list[Mapped]
) -> tuple[ComputeConfig, list[str]]:
    """The configuration for the cloud of that name, and what was left out, in words.

    `chosen` has a type by the path of each node; what is not chosen asks for its hardware.
    """
    others = len(config.configs or ()) - 1
    config = config.primary
    by_path = {one.path: one for one in machines}
    nodes = {
        path: _with_machine(node, by_path.get(path), chosen.get(path, HARDWARE))
        for path, _, node in _nodes(config)
    }
    head = nodes.pop("head_node", None)
    groups = None if config.worker_nodes is None else tuple(nodes.values())
    own = {
        name: settings.model_copy(update={"fallback_types": ()})
        for name, settings in config.mobula.groups.items()
    }
    moved = config.replace(
        cloud=cloud,
        cloud_resource=None,
        zones=None,
        advanced_instance_config={},
        head_node=head,
        worker_nodes=groups,
        flags={name: value for name, value in config.flags.items() if name != "efa_config"},
        configs=None,
        mobula=config.mobula.model_copy(update={"groups": own}),
    )
    return moved, list(_left_out(config, machines, chosen, others=others))


def _nodes(config: ComputeConfig) -> Iterator[tuple[str, str, NodeConfig]]:
    if config.head_node is not None:
        yield "head_node", "Head", config.head_node
    for index, group in enumerate(config.groups):
        yield f"worker_nodes[{index}]", group.name, group


def _mapped(
    path: str,
    name: str,
    node: NodeConfig,
    source: RegionCatalogue,
    target: RegionCatalogue,
    known: Callable[[str], InstanceType | None],
) -> Mapped | None:
    is_spot = getattr(node, "market_type", MarketType.ON_DEMAND) is not MarketType.ON_DEMAND
    market = Market.SPOT if is_spot else Market.ON_DEMAND
    old = node.instance_type or ""
    if old:
        machine = source.type_named(old) or known(old)
        gpus, model = attached_gpus(node, source)
        if machine and gpus and not machine.gpus:
            machine = replace(machine, gpus=gpus, gpu_model=model)
    else:
        machine = _unserved(node, target)
        if machine is None:
            return None
    before = source.usd_of(machine, market=market) if machine and old else None
    found = (
        candidates(machine, target, market=market, usd_before=before)
        if machine
        else any_machines(target)
    )
    is_like = bool(machine and equivalents(machine, target))
    return Mapped(
        path=path,
        name=name,
        old=old or "By hardware",
        machine=machine,
        candidates=tuple(found),
        is_like=is_like,
    )


def _unserved(node: NodeConfig, target: RegionCatalogue) -> InstanceType | None:
    """The machine that a node asks for by its hardware, if the target is known to have none."""
    need = node.required_resources
    if need is None or not target.types:
        return None
    machine = InstanceType(
        name="",
        vcpus=need.CPU or 1,
        memory_bytes=need.memory or 0,
        gpus=need.GPU or 0,
        gpu_model=need.accelerator or "",
        arch=need.cpu_architecture or "x86_64",
    )
    if (
        target.traits.exact_sizes
        or need.TPU
        or any(
            one.vcpus >= machine.vcpus
            and one.memory_bytes >= machine.memory_bytes
            and one.gpus >= machine.gpus
            and one.arch == machine.arch
            and (not machine.gpu_model or has_model(one, machine.gpu_model))
            for one in target.types.values()
        )
    ):
        return None
    return machine


def _with_machine(node: NodeConfig, mapping: Mapped | None, chosen: str) -> NodeConfig:
    values = {**dict(node), "advanced_instance_config": None, "cloud_deployment": None}
    candidate = mapping.chosen(chosen) if mapping else None
    if candidate:
        values |= {"instance_type": candidate.machine.name, "required_resources": None}
        if candidate.block:
            values["advanced_instance_config"] = dict(candidate.block)
    elif mapping and mapping.machine and node.instance_type:
        values |= {"instance_type": None, "required_resources": _hardware(mapping.machine)}
    return type(node).model_validate(values)


def _hardware(machine: InstanceType) -> PhysicalResources:
    return PhysicalResources(
        CPU=max(1, ceil(machine.vcpus)),
        memory=machine.memory_bytes,
        GPU=ceil(machine.gpus) or None,
        accelerator=machine.gpu_model or None,
        cpu_architecture="arm64" if machine.arch == "arm64" else None,
    )


def _left_out(
    config: ComputeConfig, machines: list[Mapped], chosen: Mapping[str, str], *, others: int
) -> Iterator[str]:
    if others > 0:
        yield f"configs: {others} more cloud resources; only the first is cloned."
    yield from (
        f"{one.path}.instance_type: the size of {one.old} is unknown; choose a type."
        for one in machines
        if one.machine is None and one.old and not one.chosen(chosen.get(one.path, HARDWARE))
    )
    if config.zones:
        yield f"zones: {', '.join(config.zones)} are zones of the source cloud."
    if config.cloud_resource:
        yield f"cloud_resource: {config.cloud_resource} belongs to the source cloud."
    if config.advanced_instance_config:
        yield "advanced_instance_config: it does not apply to the target cloud."
    if "efa_config" in config.flags:
        yield "flags.efa_config: its placement group and security group belong to the source cloud."
    yield from _left_out_of_nodes(config)


def _left_out_of_nodes(config: ComputeConfig) -> Iterator[str]:
    for name, settings in config.mobula.groups.items():
        if settings.fallback_types:
            path = path_of(("mobula", "groups", name, "fallback_types"))
            yield (
                f"{path}: {', '.join(settings.fallback_types)} are instance types of the "
                "source cloud."
            )
    for path, _, node in _nodes(config):
        if node.advanced_instance_config:
            yield f"{path}.advanced_instance_config: it does not apply to the target cloud."
        if node.cloud_deployment:
            yield f"{path}.cloud_deployment: it belongs to the source cloud."
