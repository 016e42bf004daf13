"""GPUs that a raw instance configuration attaches to a machine of Compute Engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.offerings import InstanceType

_BLOCKS = ("instanceProperties", "instance_properties")
_KEYS = (
    ("guestAccelerators", "acceleratorType", "acceleratorCount"),
    ("guest_accelerators", "accelerator_type", "accelerator_count"),
)
# What Ray calls the models that may be attached, by the end of Compute Engine's names.
_MODELS = {"t4": "T4", "p4": "P4", "v100": "V100", "p100": "P100", "k80": "K80"}
# How many of a model an N1 machine may have, and with how many CPUs at most
# [cloud.google.com/compute/docs/gpus, N1 machine series].
_MOST_CPUS: Mapping[str, Mapping[int, int]] = {
    "T4": {1: 48, 2: 48, 4: 96},
    "P4": {1: 24, 2: 48, 4: 96},
    "V100": {1: 12, 2: 24, 4: 48, 8: 96},
    "P100": {1: 16, 2: 32, 4: 64},
}
_FAMILY = "n1"


def attach_gpus(machine: InstanceType, model: str, count: int) -> Mapping[str, object] | None:
    """Return the block that attaches so many GPUs of a model to a machine; None if none can be.

    Machines with GPUs cannot move to another host while they run.
    """
    most = _MOST_CPUS.get(model, {}).get(count, 0)
    if machine.family != _FAMILY or machine.gpus or machine.vcpus > most:
        return None
    name = f"nvidia-tesla-{model.lower()}"
    return {
        "instanceProperties": {
            "guestAccelerators": [{"acceleratorType": name, "acceleratorCount": count}],
            "scheduling": {"onHostMaintenance": "TERMINATE"},
        }
    }


def attached_at(block: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    """Yield where the block attaches GPUs."""
    for outer in ((), *((name,) for name in _BLOCKS)):
        part = block.get(outer[0]) if outer else block
        for key, _, _ in _KEYS:
            if isinstance(part, Mapping) and part.get(key):
                yield (*outer, key)


def attached_gpus(block: Mapping[str, object]) -> tuple[float, str]:
    """Return how many GPUs the block attaches, and their model in Ray's words."""
    for part in (block, *(block.get(name) for name in _BLOCKS)):
        for key, type_key, count_key in _KEYS:
            gpus = part.get(key) if isinstance(part, Mapping) else None
            entries = gpus if isinstance(gpus, list) else []
            for entry in entries:
                count = entry.get(count_key) if isinstance(entry, Mapping) else None
                if type(count) is int and count > 0:
                    return float(count), _model(str(entry.get(type_key, "")))
    return 0.0, ""


def _model(name: str) -> str:
    """Return the model of "…/acceleratorTypes/nvidia-tesla-t4" or "nvidia-tesla-t4-vws"."""
    words = name.rpartition("/")[2].removesuffix("-vws").split("-")
    return _MODELS.get(words[-1], words[-1].upper())
