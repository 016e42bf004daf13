"""What GPU models are worth beside each other: memory and speed of one.

Memory in GB and dense FP16 tensor TFLOPS, both from NVIDIA's data sheets of each model (without
tensor cores for K80, M60, P4 and P100); A10G from AWS's page of the g5 instances (70 TFLOPS).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.offerings import InstanceType
from domain.quantities import GIB


@dataclass(frozen=True, slots=True)
class GpuModel:
    """One GPU: its memory in GB, and how fast it multiplies."""

    memory_gb: float
    tflops: float


GPU_MODELS: Mapping[str, GpuModel] = {
    "K80": GpuModel(12, 4),
    "M60": GpuModel(8, 5),
    "P4": GpuModel(8, 5.5),
    "P100": GpuModel(16, 19),
    "V100": GpuModel(16, 125),
    "T4": GpuModel(16, 65),
    "T4G": GpuModel(16, 65),
    "A10G": GpuModel(24, 70),
    "A10": GpuModel(24, 125),
    "L4": GpuModel(24, 121),
    "A100": GpuModel(40, 312),
    "A100-40G": GpuModel(40, 312),
    "A100-80G": GpuModel(80, 312),
    "L40S": GpuModel(48, 362),
    "RTX-PRO-6000": GpuModel(96, 503),
    "H100": GpuModel(80, 989),
    "H200": GpuModel(141, 989),
    "B200": GpuModel(180, 2250),
}


def gpu_gb(machine: InstanceType) -> float:
    """Return the memory of one of its GPUs: as listed, else that of its model; 0: not known."""
    if machine.gpus and machine.gpu_memory_bytes:
        return machine.gpu_memory_bytes / machine.gpus / GIB
    model = GPU_MODELS.get(machine.gpu_model)
    return model.memory_gb if model else 0


def gpu_tflops(machine: InstanceType) -> float:
    """Return how fast one of its GPUs is; 0: not known."""
    model = GPU_MODELS.get(machine.gpu_model)
    return model.tflops if model else 0
