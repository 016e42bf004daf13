"""Checks of the head: large enough, no GPU to idle, and of the workers' architecture."""

from collections.abc import Iterator

from domain.catalogue.matching import types_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.offerings import InstanceType, Market
from domain.problems import Problem, note, shown, warning
from domain.quantities import GIB


def head_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the head's machine, as far as the machine is known."""
    head = _machine(config.head_node or NodeConfig(), config, target)
    if head is None:
        return
    if config.groups:
        yield from _small(head, target)
        yield from _with_gpu(head, config)
    yield from _architectures(head, config, target)


def _machine(
    node: NodeConfig, config: ComputeConfig, target: RegionCatalogue
) -> InstanceType | None:
    burstable = config.mobula.allow_burstable
    found = types_for(node, target, market=Market.ON_DEMAND, burstable=burstable)
    return found[0] if found else None


def _small(head: InstanceType, target: RegionCatalogue) -> Iterator[Problem]:
    rules = target.traits
    if head.vcpus >= rules.head_cpus and head.memory_bytes >= rules.head_memory:
        return
    message = (
        f"The head has {head.vcpus:g} CPUs and {head.memory_bytes / GIB:g} GiB; "
        f"{rules.head_cpus:g} and {rules.head_memory // GIB} GiB are recommended."
    )
    hint = "Ray's control plane runs there: if it runs out of memory, the cluster fails."
    yield note("head_node", "head-small", message, hint=hint)


def _with_gpu(head: InstanceType, config: ComputeConfig) -> Iterator[Problem]:
    takes_work = bool(config.head_node and config.head_node.resources.get("GPU"))
    if head.gpus and not takes_work:
        message = f"The head's {head.gpus:g} GPUs are billed but never used: work runs on workers."
        hint = "Choose a head without GPUs, or let it run work: resources: {GPU: 1}."
        yield warning("head_node.instance_type", "head-with-gpu", message, hint=hint)


def _architectures(
    head: InstanceType, config: ComputeConfig, target: RegionCatalogue
) -> Iterator[Problem]:
    """All nodes run one image, and most images are built for one architecture."""
    for index, group in enumerate(config.groups):
        machine = _machine(group, config, target)
        if machine is not None and machine.arch != head.arch:
            message = f"{shown(group.name)} is {machine.arch}, the head {head.arch}."
            hint = "One image must be built for both, or Ray does not start."
            yield warning(f"worker_nodes[{index}]", "mixed-architectures", message, hint=hint)
