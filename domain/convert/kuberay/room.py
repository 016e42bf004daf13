"""What a pod can ask of a machine: all of it but what Kubernetes keeps for itself."""

from dataclasses import replace

from domain.offerings import InstanceType
from domain.quantities import GIB, MIB

# The kubelet and the system, as GKE reserves memory of a node: so much of each further part.
# EKS and AKS reserve less on most machines [GKE's documentation, "Plan node sizes"].
_RESERVED_PARTS = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06))
_RESERVED_BEYOND = 0.02
_EVICTION = 100 * MIB
_SYSTEM_PODS = 512 * MIB  # of each node: network, logs, metrics


def pod_room(machine: InstanceType) -> InstanceType:
    """The largest pod that a node of this machine takes, in whole CPUs and GiB where it can."""
    return replace(machine, vcpus=_cpus(machine.vcpus), memory_bytes=_memory(machine.memory_bytes))


def _cpus(cpus: float) -> float:
    """One CPU less covers the reservation and the system's pods; Ray counts whole CPUs."""
    return cpus - 1 if cpus >= 2 else cpus / 2


def _memory(memory: int) -> int:
    left = memory - _reserved(memory) - _EVICTION - _SYSTEM_PODS
    unit = GIB if left >= 2 * GIB else MIB
    return max(int(left) // unit * unit, memory // 4)


def _reserved(memory: int) -> float:
    reserved, rest = 0.0, float(memory)
    for gib, part in _RESERVED_PARTS:
        taken = min(rest, gib * GIB)
        reserved, rest = reserved + taken * part, rest - taken
    return reserved + rest * _RESERVED_BEYOND
