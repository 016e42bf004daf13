"""What can be rented: an instance type in a zone at a market, with a price."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self


class ProviderKind(StrEnum):
    """Who rents out the machines, each with its name for people."""

    AWS = "aws", "AWS"
    GCP = "gcp", "Google Cloud"
    KUBERNETES = "kubernetes", "Kubernetes"
    LOCAL = "local", "This machine"
    FAKE = "fake", "Fake (tests)"

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member that equals its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Market(StrEnum):
    """At which price a machine is rented, and whether it may be taken away."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"

    @property
    def label(self) -> str:
        return "Spot" if self is Market.SPOT else "On-demand"


type Prices = Mapping[tuple[str, Market], Decimal]
"""Dollars an hour of one machine, by instance type and market; what is unknown is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """A machine that a cloud offers; None stands for what is unknown."""

    name: str
    vcpus: float
    memory_bytes: int
    gpus: float = 0.0  # per machine; a part of one where the hardware is shared
    gpu_model: str = ""  # in Ray's words: "A10G"
    gpu_memory_bytes: int = 0  # of all its GPUs together
    accelerator: str = ""  # the model of those that are no GPUs, in Ray's words: "TPU-V6E"
    accelerator_units: float = 0.0  # how many Ray counts: chips of TPUs, cores of Neuron devices
    family: str = ""
    arch: str = "x86_64"
    burstable: bool = False  # has its CPUs only for bursts, or as a share of a core
    is_current: bool = True  # False: so old that it is taken only where it is named
    zones: frozenset[str] | None = None  # that offer it
    has_spot: bool = True
    has_efa: bool = False
    can_cluster: bool = True  # may be in a cluster placement group
    local_disk_bytes: int = 0
    network_gbps: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """An instance type in one zone at one market, with its price there."""

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


def type_of(offering: Offering) -> InstanceType:
    """The instance type of an offering, as far as the offering tells."""
    return InstanceType(
        name=offering.instance_type,
        vcpus=offering.vcpus,
        memory_bytes=offering.memory_bytes,
        gpus=offering.gpus,
        gpu_model=offering.gpu_model,
        arch=offering.arch,
    )
