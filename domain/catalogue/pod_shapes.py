"""Pod shapes of Kubernetes: `8CPU-32GB-1xT4` says by its name what the pod has."""

import re

from domain.offerings import InstanceType
from domain.quantities import GIB, tidy_number

_SHAPE = re.compile(
    r"(?P<cpus>[1-9]\d{0,3})CPU-(?P<gb>[1-9]\d{0,4})GB(-(?P<gpus>[1-9]\d?)x(?P<model>[A-Za-z0-9-]+))?\Z",
    re.ASCII,
)


def shape_type(name: str) -> InstanceType | None:
    """The machine that a shape's name stands for; None if it is no such name."""
    match = _SHAPE.match(name)
    if match is None:
        return None
    return InstanceType(
        name=name,
        vcpus=float(match["cpus"]),
        memory_bytes=int(match["gb"]) * GIB,
        gpus=float(match["gpus"] or 0),
        gpu_model=match["model"] or "",
    )


def shape_name(*, cpus: float, memory_bytes: int, accelerators: float = 0, model: str = "") -> str:
    """The name of a machine of this size: "8CPU-32GB-1xT4"."""
    size = f"{tidy_number(cpus)}CPU-{tidy_number(round(memory_bytes / GIB, 2))}GB"
    return f"{size}-{tidy_number(accelerators)}x{model or 'GPU'}" if accelerators else size
