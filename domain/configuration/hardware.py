"""The hardware that a node must have, and the name that it gives a group without one."""

from collections.abc import Mapping
from typing import Literal

from domain.configuration.types import Bytes, Count, Model, Text
from domain.quantities import GIB, tidy_number


class PhysicalResources(Model):
    """The hardware a node must have, when no instance type is named; `memory` is in bytes."""

    CPU: Count | None = None
    memory: Bytes | None = None
    GPU: Count | None = None
    accelerator: Text | None = None
    TPU: Count | None = None
    tpu_hosts: Count | None = None
    cpu_architecture: Literal["x86_64", "arm64"] | None = None


def default_name(group: Mapping[str, object]) -> str:
    """The name Anyscale gives a group that has none, from whatever was written about it."""
    instance_type = group.get("instance_type")
    if isinstance(instance_type, str):
        return instance_type
    required = group.get("required_resources")
    try:
        hardware = PhysicalResources.model_validate(required) if required else PhysicalResources()
    except ValueError:
        return ""
    labels = group.get("required_labels")
    label = labels.get("ray.io/accelerator-type") if isinstance(labels, Mapping) else None
    return _hardware_name(hardware, label if isinstance(label, str) else hardware.accelerator)


def _hardware_name(hardware: PhysicalResources, accelerator: str | None) -> str:
    parts = []
    if hardware.CPU:
        parts.append(f"{hardware.CPU}CPU")
    if hardware.memory:
        parts.append(f"{tidy_number(round(hardware.memory / GIB, 2))}GB")
    if hardware.GPU:
        parts.append(f"{hardware.GPU}GPU")
    if hardware.TPU:
        parts.append(f"{hardware.TPU}TPU")
    if accelerator:
        parts.append(accelerator)
    if hardware.cpu_architecture == "arm64":
        parts.append("ARM64")
    return "-".join(["FP", *parts]) if parts else ""
