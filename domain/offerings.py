"""What can be rented: an instance type in a zone at a market, with a price."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Market(StrEnum):
    ON_DEMAND = "on_demand"
    SPOT = "spot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    instance_type: str
    region: str
    zone: str = ""
    market: Market = Market.ON_DEMAND
    arch: str = "x86_64"
    vcpus: float
    memory_bytes: int
    gpus: float = 0
    gpu_model: str = ""
    hourly_usd: Decimal | None  # None: unknown, which is not 0
