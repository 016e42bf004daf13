"""From EC2's description of a machine type to ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.catalogue.accelerators import NEURON_CORES, AcceleratorFields, neuron
from domain.offerings import InstanceType

MIB = 2**20
# Others, such as Inferentia and Gaudi, are no GPUs to Ray.
_MAKERS = {"NVIDIA", "AMD"}
# EC2's names where Ray has another.
_MODELS = {
    "T4g": "T4G",
    "RTX PRO Server 6000": "RTX-PRO-6000",
    "RTX PRO Server 4500": "RTX-PRO-4500",
}
_GIGABITS = re.compile(r"(?:(\d+)x )?(?:Up to )?(\d+(?:\.\d+)?) Gigabit")


def machine_type(row: Mapping[str, Any], *, zones: frozenset[str]) -> InstanceType:
    """Return the machine that an entry of DescribeInstanceTypes tells of."""
    name = row["InstanceType"]
    gpus = [
        gpu for gpu in row.get("GpuInfo", {}).get("Gpus", ()) if gpu.get("Manufacturer") in _MAKERS
    ]
    network = row.get("NetworkInfo", {})
    return InstanceType(
        name=name,
        vcpus=float(row["VCpuInfo"]["DefaultVCpus"]),
        memory_bytes=row["MemoryInfo"]["SizeInMiB"] * MIB,
        gpus=sum(_count(gpu) for gpu in gpus),
        gpu_model=_model(gpus[0]["Name"]) if gpus else "",
        gpu_memory_bytes=_gpu_memory(row, gpus),
        **_neuron(row),
        family=name.partition(".")[0],
        arch=_arch(row),
        burstable=bool(row.get("BurstablePerformanceSupported")),
        zones=zones,
        has_spot="spot" in row.get("SupportedUsageClasses", ()),
        has_efa=bool(network.get("EfaSupported")),
        can_cluster="cluster" in row.get("PlacementGroupInfo", {}).get("SupportedStrategies", ()),
        local_disk_bytes=_disk(row.get("InstanceStorageInfo", {})),
        network_gbps=_gbps(network.get("NetworkPerformance", "")),
    )


def _neuron(row: Mapping[str, Any]) -> AcceleratorFields:
    """Return the cores of Inferentia and Trainium, which Ray counts instead of devices."""
    cores = 0.0
    for device in row.get("NeuronInfo", {}).get("NeuronDevices", ()):
        each = NEURON_CORES.get(device.get("Name", ""), device.get("CoreInfo", {}).get("Count", 0))
        cores += device.get("Count", 0) * each
    return neuron(cores)


def _count(gpu: Mapping[str, Any]) -> float:
    # A machine with a part of a GPU has none of its own, and one logical GPU of an eighth, say.
    shared = gpu.get("LogicalGpuCount", 0) * gpu.get("GpuPartitionSize", 0)
    return float(gpu.get("Count") or shared)


def _model(name: str) -> str:
    return _MODELS.get(name, name.replace(" ", "-"))


def _gpu_memory(row: Mapping[str, Any], gpus: list[Mapping[str, Any]]) -> int:
    return int(row["GpuInfo"].get("TotalGpuMemoryInMiB", 0)) * MIB if gpus else 0


def _disk(storage: Mapping[str, Any]) -> int:
    """Return the bytes of its NVMe SSDs: other disks of the machine are too slow to count."""
    if storage.get("NvmeSupport", "unsupported") == "unsupported":
        return 0
    ssds = [disk for disk in storage.get("Disks", ()) if disk.get("Type") == "ssd"]
    return sum(int(disk["SizeInGB"] * disk["Count"]) for disk in ssds) * 10**9


def _arch(row: Mapping[str, Any]) -> str:
    known = row.get("ProcessorInfo", {}).get("SupportedArchitectures", ())
    return "arm64" if any(arch.startswith("arm64") for arch in known) else "x86_64"


def _gbps(words: str) -> float | None:
    match = _GIGABITS.search(words)
    return float(match[2]) * int(match[1] or 1) if match else None
