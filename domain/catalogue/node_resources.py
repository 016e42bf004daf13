"""What a node brings: the instance types a cloud offers, and the resources Ray gets from one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.catalogue.accelerators import UNNAMED_TPU, accelerator_resources
from domain.catalogue.pod_shapes import shape_name
from domain.catalogue.region import RegionCatalogue
from domain.configuration.ray_labels import ACCELERATOR
from domain.configuration.spec import (
    ComputeConfig,
    NodeConfig,
    PhysicalResources,
    WorkerGroup,
)
from domain.offerings import InstanceType

RESERVATIONS = frozenset({"system_reserved_cpu_millicpu", "system_reserved_memory_bytes"})
"""Keys of `resources` that hold something back on a node; Ray offers no such resource."""


def effective_resources(
    node: NodeConfig, instance_type: InstanceType, *, is_head: bool, has_workers: bool
) -> dict[str, float]:
    """The logical resources Ray gets from a node: CPU, GPU, `memory` in bytes, accelerators' and
    custom ones.

    What `resources` says replaces what the machine has. A head with workers offers no CPU and no
    GPU unless `resources` says otherwise, so that work goes to the workers.
    """
    keeps_free = is_head and has_workers
    amounts: dict[str, float] = {
        "CPU": 0.0 if keeps_free else float(instance_type.vcpus),
        "memory": float(instance_type.memory_bytes),
    }
    if instance_type.gpus:
        amounts["GPU"] = 0.0 if keeps_free else float(instance_type.gpus)
    declared = {name: n for name, n in node.resources.items() if name not in RESERVATIONS}
    gpus = declared.get("GPU", amounts.get("GPU", 0))
    accelerators = accelerator_resources(instance_type, declared=declared, gpus=gpus)
    if keeps_free:  # of a head, Ray is told to offer none, and looks for no model
        accelerators = {}
    return {**amounts, **accelerators, **declared}


def declared_type(
    required: PhysicalResources, labels: Mapping[str, str] | None = None
) -> InstanceType:
    """The smallest machine that has the required hardware; `labels` may name the accelerator."""
    model = (labels or {}).get(ACCELERATOR) or required.accelerator or ""
    name = shape_name(
        cpus=required.CPU or 0,
        memory_bytes=required.memory or 0,
        accelerators=required.GPU or required.TPU or 0,
        model=model or (UNNAMED_TPU if required.TPU else ""),
    )
    return InstanceType(
        name=name,
        vcpus=float(required.CPU or 0),
        memory_bytes=required.memory or 0,
        gpus=float(required.GPU or 0),
        gpu_model=model if required.GPU else "",
        accelerator=(model or UNNAMED_TPU) if required.TPU else "",
        accelerator_units=float(required.TPU or 0),
        arch=required.cpu_architecture or "x86_64",
    )


@dataclass(frozen=True, slots=True)
class Shapes:
    """What each node of a configuration offers, a slice with all its hosts; None: not known."""

    head: Mapping[str, float] | None
    groups: tuple[tuple[WorkerGroup, Mapping[str, float] | None], ...]


def shapes_of(config: ComputeConfig, target: RegionCatalogue) -> Shapes:
    """The resources of the head, and of what each group counts: a node, or a TPU slice."""
    has_workers = bool(config.groups)

    def offered_by(node: NodeConfig, *, is_head: bool) -> Mapping[str, float] | None:
        machine = machine_of(node, target)
        if machine is None:
            return None
        return effective_resources(node, machine, is_head=is_head, has_workers=has_workers)

    head = offered_by(config.head_node, is_head=True) if config.head_node else None
    return Shapes(
        head, tuple((g, _of_all_hosts(g, offered_by(g, is_head=False))) for g in config.groups)
    )


def _of_all_hosts(
    group: WorkerGroup, offered: Mapping[str, float] | None
) -> Mapping[str, float] | None:
    if offered is None or group.hosts == 1:
        return offered
    return {name: amount * group.hosts for name, amount in offered.items()}


def machine_of(node: NodeConfig, target: RegionCatalogue) -> InstanceType | None:
    """The machine a node runs on, as far as the configuration or the catalogue tells."""
    if node.instance_type is not None:
        return named_type(node, target)
    if node.required_resources is None:
        return None
    return declared_type(node.required_resources, node.required_labels)


def named_type(node: NodeConfig, target: RegionCatalogue) -> InstanceType | None:
    """The machine of the type that a node names, with the GPUs that its block attaches to it."""
    machine = target.type_named(node.instance_type)
    gpus, model = attached_gpus(node, target)
    if machine is None or not gpus:
        return machine
    return replace(machine, gpus=gpus, gpu_model=model, gpu_memory_bytes=0)


def attached_gpus(node: NodeConfig, target: RegionCatalogue) -> tuple[float, str]:
    """The number and model of the GPUs that a node's block attaches; 0 where it attaches none."""
    attached = target.traits.attached_gpus
    return attached(node.advanced_instance_config or {}) if attached else (0.0, "")
