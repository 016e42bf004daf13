"""Checks of each node by itself: its machine, its resources and labels, its group."""

import re
from collections.abc import Iterator, Mapping
from math import ceil

from domain.catalogue.accelerators import has_model
from domain.catalogue.matching import types_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.ray_labels import ACCELERATOR
from domain.configuration.spec import ComputeConfig, NodeConfig, PhysicalResources
from domain.offerings import InstanceType, Market
from domain.problems import (
    Problem,
    error,
    nearest,
    note,
    removing,
    setting,
    shown,
    warning,
)
from domain.quantities import GIB, MIB, amount_of
from domain.validation.nodes.groups import group_problems
from domain.validation.nodes.labels import label_problems
from domain.validation.nodes.resources import LARGEST_MEMORY, resource_problems

# No machine of any cloud has more than this: (CPUs, bytes, GPUs).
LARGEST_MACHINE = {"CPU": 512, "memory": LARGEST_MEMORY, "GPU": 16}


def node_problems(config: ComputeConfig, *, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the head and with each group, taken one by one."""
    if config.head_node is not None:
        yield from _node(config.head_node, "head_node", target)
    for index, group in enumerate(config.groups):
        yield from _node(group, f"worker_nodes[{index}]", target)
    yield from group_problems(config, target)


def _node(node: NodeConfig, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    yield from _machine(node, path, target)
    yield from resource_problems(node, path, target)
    yield from label_problems(node, path, target)


def _machine(node: NodeConfig, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    required, name = node.required_resources, node.instance_type
    at = f"{path}.instance_type"
    if required is None and not name:
        message = "Set `instance_type` or `required_resources`."
        yield error(at, "machine-missing", message, hint="Set an instance type.")
    elif required is not None and name:
        message = f"Both `instance_type: {name[:60]}` and `required_resources` are given."
        hint = "Remove one of them."
        yield error(at, "machine-twice", message, hint=hint, fix=removing(at))
    elif required is not None:
        yield from _hardware(required, f"{path}.required_resources", node.resources)
        yield from _found(node, required, f"{path}.required_resources", target)
    elif name:
        yield from type_problems(name, at, target)
        yield from _burstable(name, at, target)


def type_problems(name: str, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with naming this instance type, if the cloud has none of that name."""
    if target.types is not None and name in target.types:
        return
    here = target.traits
    others = (other for other in here.others if other.own_type and other.own_type.match(name))
    if owner := next(others, None):
        message = f"{shown(name)} is an instance type of {owner.name}; this cloud is {here.name}."
        hint = "Choose a type that this cloud offers."
        yield error(path, "type-of-other-provider", message, hint=hint)
    elif target.types is not None:
        family = _family(name)
        near = nearest(name, [known for known in target.types if _family(known) == family])
        fix = setting(path, near) if near else None
        message = f"This cloud has no instance type {shown(name)}."
        hint = f"Did you mean `{near}`?" if near else "Choose an available one."
        if not near and _TYPE_OF_FAMILY.match(name):
            hint = f"It offers no types of family {family}. Choose one with the same accelerators."
        yield error(path, "unknown-instance-type", message, hint=hint, fix=fix)


# "p3.8xlarge" of AWS, "n1-standard-8" of Google Cloud; shapes of pods have no family.
_TYPE_OF_FAMILY = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+\Z|[a-z]+\d[a-z]*-[a-z]+-\d+[a-z]*\Z")


def _family(name: str) -> str:
    """The family of a type: another one is other hardware, however alike the names are."""
    lower = name.lower()
    return re.split(r"[.-]", lower, maxsplit=1)[0] if _TYPE_OF_FAMILY.match(lower) else ""


def _burstable(name: str, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    machine = target.type_named(name)
    if machine is not None and machine.burstable:
        message = f"{shown(name)} has its CPUs only for bursts."
        hint = (
            "Under steady load it is slow or billed extra, and Ray counts all of its CPUs: "
            "choose another family for work without pause."
        )
        yield note(path, "burstable-type", message, hint=hint)


def _found(
    node: NodeConfig, required: PhysicalResources, path: str, target: RegionCatalogue
) -> Iterator[Problem]:
    """Whether any machine of the cloud has the required hardware."""
    if target.types is None or types_for(node, target, market=Market.ON_DEMAND):
        return
    model = node.required_labels.get(ACCELERATOR) or required.accelerator
    if any(_has(one, required, model) for one in target.types.values()):
        message = "Every machine that has the required hardware is more than twice as large."
        hint = "CPUs and memory can be up to twice the request: require more, or set a type."
        yield error(path, "only-larger-types", message, hint=hint)
    else:
        message = "No instance type of this cloud has the required hardware."
        hint = "Require less, or set an `instance_type`."
        yield error(path, "no-type-fits", message, hint=hint)


def _has(offered: InstanceType, required: PhysicalResources, model: str | None) -> bool:
    return (
        offered.gpus == (required.GPU or 0)
        and offered.vcpus >= (required.CPU or 0)
        and offered.memory_bytes >= (required.memory or 0)
        and offered.arch == (required.cpu_architecture or "x86_64")
        and (not model or has_model(offered, model))
    )


def _hardware(
    required: PhysicalResources, path: str, reported: Mapping[str, float]
) -> Iterator[Problem]:
    """What is wrong with the hardware itself; it has to have what the node reports."""
    if not required.CPU:
        message = "`required_resources` needs at least one CPU."
        fix = setting(f"{path}.CPU", max(1, ceil(reported.get("CPU", 0))))
        hint = "Add CPU: 1 or more."
        yield error(f"{path}.CPU", "required-cpu-missing", message, hint=hint, fix=fix)
    if not required.memory:
        message = "`required_resources` needs memory."
        # As most machines have it; no more than the largest has.
        enough = max(4 * (required.CPU or 1), ceil(reported.get("memory", 0) / GIB))
        fix = setting(f"{path}.memory", f"{min(enough, LARGEST_MEMORY // GIB)}Gi")
        hint = "Add memory: 8Gi."
        yield error(f"{path}.memory", "required-memory-missing", message, hint=hint, fix=fix)
    elif required.memory < MIB:
        message = f"A memory of {required.memory} is in bytes: too small."
        # Whoever leaves the unit out means GiB, or MiB where no machine has so many GiB.
        fits = required.memory * GIB <= LARGEST_MACHINE["memory"]
        meant = f"{required.memory}{'Gi' if fits else 'Mi'}"
        fix = setting(f"{path}.memory", meant)
        hint = f"Did you mean {meant}?"
        yield error(f"{path}.memory", "memory-without-unit", message, hint=hint, fix=fix)
    for name, most in LARGEST_MACHINE.items():
        asked = getattr(required, name) or 0
        if asked > most:
            message = f"No machine has {amount_of(name, asked)}."
            hint = f"The largest machine has {amount_of(name, most)}."
            yield error(f"{path}.{name}", "required-too-large", message, hint=hint)
    if required.tpu_hosts and not required.TPU:
        at, message = (
            f"{path}.tpu_hosts",
            "`tpu_hosts` is set, but no TPUs are.",
        )
        yield warning(at, "hosts-without-tpu", message, hint="Set TPU.", fix=removing(at))
