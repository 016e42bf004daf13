"""From Compute Engine's description of a machine type to ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.offerings import InstanceType

MIB, GIB = 2**20, 2**30
LOCAL_SSD_BYTES = 375 * GIB  # of one partition
# Compute Engine's name → Ray's name and the GiB of one.
_GPUS = {
    "nvidia-tesla-t4": ("T4", 16),
    "nvidia-tesla-v100": ("V100", 16),
    "nvidia-tesla-p100": ("P100", 16),
    "nvidia-tesla-p4": ("P4", 8),
    "nvidia-l4": ("L4", 24),
    "nvidia-tesla-a100": ("A100", 40),
    "nvidia-a100-80gb": ("A100", 80),
    "nvidia-h100-80gb": ("H100", 80),
    "nvidia-h100-mega-80gb": ("H100", 80),
    "nvidia-h200-141gb": ("H200", 141),
    "nvidia-b200": ("B200", 180),
    "nvidia-rtx-pro-6000": ("RTX-PRO-6000", 96),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineOffering:
    """A machine type with what its price is made of."""

    type: InstanceType
    accelerator: str = ""  # in Compute Engine's words: "nvidia-l4"
    has_other_parts: bool = False  # bundled disks, a share of a core: not priced by the parts here


def machine(
    row: Mapping[str, Any], zones: frozenset[str], gpu_words: Mapping[str, str]
) -> MachineOffering:
    """Return the machine of an entry; `gpu_words` are the accelerators' descriptions by name."""
    gpus = {
        gpu["guestAcceleratorType"]: gpu["guestAcceleratorCount"]
        for gpu in row.get("accelerators", ())
        if not gpu["guestAcceleratorType"].startswith("ct")  # TPUs
    }
    accelerator, count = next(iter(gpus.items()), ("", 0))
    model, gib = _GPUS.get(accelerator, (gpu_words.get(accelerator, ""), 0))
    ssds = int(row.get("bundledLocalSsds", {}).get("partitionCount", 0))
    return MachineOffering(
        type=InstanceType(
            name=row["name"],
            vcpus=float(row["guestCpus"]),
            memory_bytes=row["memoryMb"] * MIB,
            gpus=float(count),
            gpu_model=model.replace("NVIDIA ", "").replace(" ", "-"),
            gpu_memory_bytes=count * gib * GIB,
            family=row["name"].partition("-")[0],
            arch="arm64" if row.get("architecture") == "ARM64" else "x86_64",
            burstable=bool(row.get("isSharedCpu")),
            zones=zones,
            local_disk_bytes=ssds * LOCAL_SSD_BYTES,
        ),
        accelerator=accelerator,
        has_other_parts=bool(
            ssds or row.get("isSharedCpu") or len(row.get("accelerators", ())) > bool(count)
        ),
    )
