"""Twenty and a hundred node types: EC2's list prices of us-east-1, rounded, as fixed test data."""

from decimal import Decimal

from benchmarks.planning.instance import NodeType
from domain.quantities import GIB

# Family: $/h with two CPUs, GiB for each CPU.
_FAMILIES = {
    "m5": (0.096, 4), "c5": (0.085, 2), "r5": (0.126, 8),
    "m6a": (0.0864, 4), "c6a": (0.0765, 2), "r6a": (0.1134, 8),
    "m6i": (0.096, 4), "c6i": (0.085, 2), "r6i": (0.126, 8),
    "m7i": (0.1008, 4), "c7i": (0.08925, 2), "r7i": (0.1323, 8),
    "m7a": (0.11592, 4), "c7a": (0.10264, 2),
}  # fmt: skip
_SIZES = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "16xlarge": 64}
# Type: CPUs, GiB, GPUs, $/h.
_GPU_TYPES = {
    "g4dn.xlarge": (4, 16, 1, 0.526), "g4dn.2xlarge": (8, 32, 1, 0.752),
    "g4dn.12xlarge": (48, 192, 4, 3.912), "g5.xlarge": (4, 16, 1, 1.006),
    "g5.2xlarge": (8, 32, 1, 1.212), "g5.12xlarge": (48, 192, 4, 5.672),
    "g5.48xlarge": (192, 768, 8, 16.288), "g6.xlarge": (4, 16, 1, 0.8048),
    "g6.2xlarge": (8, 32, 1, 0.9776), "g6.12xlarge": (48, 192, 4, 4.6016),
    "g6.48xlarge": (192, 768, 8, 13.3504), "p3.2xlarge": (8, 61, 1, 3.06),
    "p3.8xlarge": (32, 244, 4, 12.24), "p3.16xlarge": (64, 488, 8, 24.48),
    "p4d.24xlarge": (96, 1152, 8, 32.7726), "g5.4xlarge": (16, 64, 1, 1.624),
}  # fmt: skip
_GPU_MODELS = {"g4dn": "T4", "g5": "A10G", "g6": "L4", "p3": "V100", "p4d": "A100"}
_GPUS_OF_TWENTY = ("g4dn.xlarge", "g4dn.12xlarge", "g5.xlarge", "g5.12xlarge", "g5.48xlarge")


def catalogue(count: int) -> tuple[NodeType, ...]:
    """Return 20 node types (three families, five GPU types) or 100 (fourteen, sixteen)."""
    if count == 100:
        return (*_cpu_types(), *_gpu_types())
    if count == 20:
        small = (type_ for type_ in _cpu_types() if _is_of_twenty(type_.name))
        return (*small, *(type_ for type_ in _gpu_types() if type_.name in _GPUS_OF_TWENTY))
    raise ValueError(f"There is a catalogue of 20 and of 100 types, none of {count}.")


def gpu_model(name: str) -> str | None:
    """Return the GPU model of a node type, None if it has no GPU."""
    return _GPU_MODELS.get(name.split(".", maxsplit=1)[0])


def _cpu_types() -> list[NodeType]:
    return [
        NodeType(
            name=f"{family}.{size}",
            resources={"CPU": float(cpus), "memory": float(cpus * gib * GIB)},
            hourly_usd=Decimal(str(round(price * cpus / 2, 6))),
        )
        for family, (price, gib) in _FAMILIES.items()
        for size, cpus in _SIZES.items()
    ]


def _gpu_types() -> list[NodeType]:
    return [
        NodeType(
            name=name,
            resources={"CPU": float(cpus), "memory": float(gib * GIB), "GPU": float(gpus)},
            hourly_usd=Decimal(str(price)),
        )
        for name, (cpus, gib, gpus, price) in _GPU_TYPES.items()
    ]


def _is_of_twenty(name: str) -> bool:
    family, size = name.split(".")
    return family in {"m5", "c5", "r5"} and size != "16xlarge"
