"""What is measured of a node, in the order of the tables' columns."""

from dataclasses import dataclass, fields
from datetime import datetime
from math import inf
from operator import attrgetter


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One node at one moment: cores, bytes, GPUs, bytes a second. None is unknown, never 0.

    `held` is what Ray has reserved there, `used` what the machine really does.
    """

    node: str
    at: datetime
    cpu_capacity: float | None = None
    cpu_held: float | None = None
    cpu_used: float | None = None
    memory_capacity: float | None = None
    memory_held: float | None = None
    memory_used: float | None = None
    gpu_capacity: float | None = None
    gpu_held: float | None = None
    gpu_used: float | None = None
    object_store_capacity: float | None = None
    object_store_used: float | None = None
    disk_used: float | None = None
    disk_read_bps: float | None = None
    disk_write_bps: float | None = None
    net_in_bps: float | None = None
    net_out_bps: float | None = None

    def __post_init__(self) -> None:
        # One NaN would spoil every mean and price it takes part in.
        for measure, value in zip(MEASURES, _values(self), strict=True):
            if value is not None and not 0 <= value < inf:
                raise ValueError(f"{measure} of {self.node} is {value}; it must be 0 or more.")


MEASURES = tuple(field.name for field in fields(Sample) if field.name not in {"node", "at"})
_values = attrgetter(*MEASURES)
# These also get a 95th percentile, which right-sizing asks for.
WITH_P95 = ("cpu_used", "memory_used", "gpu_used")
