"""From the hardware a node must have to the instance types that have it, the cheapest first."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from domain.catalogue.accelerators import has_model
from domain.catalogue.node_resources import attached_gpus, declared_type, named_type
from domain.catalogue.region import RegionCatalogue
from domain.configuration.ray_labels import ACCELERATOR
from domain.configuration.spec import ComputeConfig, NodeConfig, PhysicalResources
from domain.offerings import InstanceType, Market, Prices

MOST_TYPES = 3
"""So many types share a worker group; the head takes the first [Anyscale's documentation]."""
_SLACK = 2  # a machine may have up to twice the CPUs and memory that were asked for [the same]
_UNPRICED = Decimal("Infinity")


def types_for(
    node: NodeConfig, target: RegionCatalogue, *, market: Market, burstable: bool = False
) -> list[InstanceType]:
    """The types a node may run on: the one it names, or up to three that have its hardware.

    Burstable ones are slow or dear when they work without pause: unless allowed, they are taken
    only where nothing else has the hardware. Empty where the target offers none, or nothing is
    known of it.
    """
    if node.instance_type is not None:
        named = named_type(node, target)
        return [named] if named else []
    if node.required_resources is None:
        return []
    if target.traits.exact_sizes:
        return [declared_type(node.required_resources, node.required_labels)]
    if target.types is None:
        return []
    wanted = node.required_labels.get(ACCELERATOR)
    return list(_types_with(node.required_resources, wanted, target, market, burstable))


@lru_cache(maxsize=512)  # one check asks for the same hardware several times
def _types_with(
    required: PhysicalResources,
    gpu_model: str | None,
    target: RegionCatalogue,
    market: Market,
    burstable: bool,
) -> tuple[InstanceType, ...]:
    fitting = matches(required, (target.types or {}).values(), gpu_model=gpu_model)
    fitting = [machine for machine in fitting if machine.is_current] or fitting
    if not burstable:
        fitting = [machine for machine in fitting if not machine.burstable] or fitting
    return tuple(ranked(fitting, target.prices, market=market)[:MOST_TYPES])


def price_of(
    node: NodeConfig, target: RegionCatalogue, *, market: Market, burstable: bool = False
) -> Decimal | None:
    """The dollars an hour of the type that a node would be given first; None if unknown."""
    types = types_for(node, target, market=market, burstable=burstable)
    return usd_of(node, types[0], target, market=market) if types else None


def usd_of(
    node: NodeConfig, machine: InstanceType, target: RegionCatalogue, *, market: Market
) -> Decimal | None:
    """The dollars an hour of a node on that machine; None if unknown, as with attached GPUs."""
    gpus, _ = attached_gpus(node, target)
    return None if gpus else target.usd_of(machine, market=market)


def matches(
    required: PhysicalResources, types: Iterable[InstanceType], *, gpu_model: str | None = None
) -> list[InstanceType]:
    """The types with the required hardware: GPUs and architecture exact, the rest up to twice."""
    model = gpu_model or required.accelerator
    return [
        machine
        for machine in types
        if _has(machine, required) and (not model or has_model(machine, model))
    ]


def _has(one: InstanceType, required: PhysicalResources) -> bool:
    cpus, memory = required.CPU or 0, required.memory or 0
    return (
        one.gpus == (required.GPU or 0)
        and one.accelerator_units == (required.TPU or 0)
        and one.arch == (required.cpu_architecture or "x86_64")
        and cpus <= one.vcpus <= max(cpus, 1) * _SLACK
        and memory <= one.memory_bytes <= max(memory, 1) * _SLACK
    )


def ranked(types: Iterable[InstanceType], prices: Prices, *, market: Market) -> list[InstanceType]:
    """The types from the cheapest; what has no price comes last, by size and name."""
    return sorted(types, key=lambda machine: _rank(machine, prices, market))


def _rank(
    one: InstanceType, prices: Mapping[tuple[str, Market], Decimal], market: Market
) -> tuple[Decimal, float, int, str]:
    price = prices.get((one.name, market), _UNPRICED)
    return (price, one.vcpus, one.memory_bytes, one.name)


def missing_machines(config: ComputeConfig, target: RegionCatalogue) -> list[str]:
    """Return the paths of the nodes for which the target has no machine."""
    nodes = {"head_node": config.head_node or NodeConfig()}
    nodes |= {f"worker_nodes[{i}]": group for i, group in enumerate(config.groups)}
    return [p for p, node in nodes.items() if not types_for(node, target, market=Market.ON_DEMAND)]
