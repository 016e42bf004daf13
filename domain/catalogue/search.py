"""Machines by need: which types would do, and which of them gives the most for the money."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from math import ceil

from domain.catalogue.region import RegionCatalogue
from domain.offerings import InstanceType, Market
from domain.quantities import GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRequirements:
    """What a machine must have at least; an empty or zero field asks for nothing."""

    text: str = ""
    vcpus: float = 0
    gib: float = 0
    gpus: float = 0
    gpu_model: str = ""
    arch: str = ""
    network_gbps: float = 0
    zone: str = ""
    market: Market | None = None  # where it must be sold; its price there is the one that counts
    max_usd: Decimal | None = None  # an hour; without a market on demand, else at spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A type that would do, with its prices in dollars an hour; None is unknown."""

    machine: InstanceType
    on_demand: Decimal | None
    spot: Decimal | None
    market: Market | None = None  # the one that was asked for

    @property
    def price(self) -> Decimal | None:
        """The price at the market that was asked for; without one on demand, else at spot."""
        if self.market is Market.SPOT:
            return self.spot
        if self.market is Market.ON_DEMAND or self.on_demand is not None:
            return self.on_demand
        return self.spot

    @property
    def saving(self) -> float | None:
        """The part of the price on demand that spot saves."""
        if self.on_demand is None or self.spot is None:
            return None
        return float(1 - self.spot / self.on_demand)

    @property
    def saving_percent(self) -> int | None:
        """The saving of spot in whole percent."""
        return None if self.saving is None else round(100 * self.saving)

    @property
    def zones(self) -> Sequence[str] | None:
        """The zones that offer it, by the alphabet; None where nobody knows."""
        return None if self.machine.zones is None else sorted(self.machine.zones)

    @property
    def zone_endings(self) -> Sequence[str]:
        """What tells its zones apart where the region is known: "a" of us-central1-a."""
        return [zone.rpartition("-")[2] for zone in self.zones or ()]

    @property
    def gib(self) -> float:
        """The machine's memory in GiB."""
        return self.machine.memory_bytes / GIB

    @property
    def per_cpu(self) -> Decimal | None:
        """The price of one of its CPUs."""
        return self.per(self.machine.vcpus)

    @property
    def per_gpu(self) -> Decimal | None:
        """The price of one of its GPUs."""
        return self.per(self.machine.gpus)

    def per(self, amount: float) -> Decimal | None:
        """The price of one unit, where the machine has so many of them."""
        return self.price / Decimal(str(amount)) if self.price is not None and amount else None


ORDERS: Mapping[str, Callable[[Found], object]] = {
    "price": lambda match: _known(match.price),
    "spot": lambda match: _known(match.spot),
    "vcpus": lambda match: -match.machine.vcpus,
    "memory": lambda match: -match.machine.memory_bytes,
    "gpus": lambda match: -match.machine.gpus,
    "per_vcpu": lambda match: _known(match.per(match.machine.vcpus)),
    "per_gpu": lambda match: _known(match.per(match.machine.gpus)),
    "name": lambda match: match.machine.name,
}
"""What results can be sorted by; what has no price comes last."""

_NO_PRICE = Decimal("Infinity")


def _known(price: Decimal | None) -> Decimal:
    return _NO_PRICE if price is None else price


def search(
    target: RegionCatalogue, need: MachineRequirements, *, order: str = "price"
) -> list[Found]:
    """The target's types that would do, in that order; none where nothing is known of it."""
    matches = [
        Found(
            machine=machine,
            on_demand=target.prices.get((machine.name, Market.ON_DEMAND)),
            spot=target.prices.get((machine.name, Market.SPOT)),
            market=need.market,
        )
        for machine in (target.types or {}).values()
        if _would_do(machine, need)
    ]
    if need.max_usd is not None:
        matches = [
            match for match in matches if match.price is not None and match.price <= need.max_usd
        ]
    key = ORDERS.get(order, ORDERS["price"])
    return sorted(matches, key=lambda match: (key(match), match.machine.name))


def _would_do(one: InstanceType, need: MachineRequirements) -> bool:
    return (
        one.vcpus >= need.vcpus
        and one.memory_bytes >= need.gib * GIB
        and one.gpus >= need.gpus
        and (not need.gpu_model or one.gpu_model == need.gpu_model)
        and (not need.arch or one.arch == need.arch)
        and (one.network_gbps or 0) >= need.network_gbps
        and (not need.zone or one.zones is None or need.zone in one.zones)
        and (need.market is not Market.SPOT or one.has_spot)
        and (not need.text or need.text.lower() in one.name.lower())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One way to serve a need: so many machines of a type, each with room for some units."""

    found: Found
    per_machine: int  # units that fit on one
    machines: int
    market: Market
    hourly_usd: Decimal
    per_unit: Decimal


def recommend(
    target: RegionCatalogue,
    unit: MachineRequirements,
    *,
    units: int,
    market: Market = Market.ON_DEMAND,
    most: int = 10,
) -> list[Advice]:
    """The cheapest ways to have room for `units` times `unit`, the cheapest in all first.

    A unit is what one task or actor needs; only machines with a price at that market are advised.
    """
    ways = [
        _advice(match, unit, units=units, market=market, price=price)
        for match in search(target, replace(unit, market=market))
        if (price := target.prices.get((match.machine.name, market))) is not None
    ]
    ways.sort(key=lambda way: (way.hourly_usd, way.machines, way.found.machine.name))
    return ways[:most]


def _advice(
    one: Found, unit: MachineRequirements, *, units: int, market: Market, price: Decimal
) -> Advice:
    fitting = max(1, _fitting(one.machine, unit))
    machines = ceil(units / fitting)
    total = price * machines
    return Advice(
        found=one,
        per_machine=fitting,
        machines=machines,
        market=market,
        hourly_usd=total,
        per_unit=(total / units).quantize(Decimal("0.000001"), ROUND_CEILING),
    )


def _fitting(machine: InstanceType, unit: MachineRequirements) -> int:
    rooms = ((machine.vcpus, unit.vcpus), (machine.memory_bytes, unit.gib * GIB))
    # In floats 1 // 0.1 is 9: ten tenths of a GPU would not fit on it.
    counts = [int(has / asks + 1e-9) for has, asks in (*rooms, (machine.gpus, unit.gpus)) if asks]
    return min(counts, default=1)


def equivalents(
    machine: InstanceType,
    target: RegionCatalogue,
    *,
    market: Market = Market.ON_DEMAND,
    most: int = 3,
) -> list[Found]:
    """The target's types that can take the machine's place, the nearest first.

    They have its GPUs, its architecture, and at least its CPUs and memory; the smallest of them
    come first, the cheaper of two that are as large.
    """
    need = MachineRequirements(
        vcpus=machine.vcpus,
        gib=machine.memory_bytes / GIB,
        gpus=machine.gpus,
        gpu_model=machine.gpu_model,
        arch=machine.arch,
    )
    matches = [match for match in search(target, need) if match.machine.gpus == machine.gpus]
    return sorted(matches, key=lambda match: _distance(match, machine, market))[:most]


def _distance(
    one: Found, machine: InstanceType, market: Market
) -> tuple[float, bool, Decimal, str]:
    """How much larger it is, in CPUs and memory; then its price."""
    larger = one.machine.vcpus / max(machine.vcpus, 1) + (
        one.machine.memory_bytes / max(machine.memory_bytes, 1)
    )
    price = one.spot if market is Market.SPOT else one.on_demand
    return (round(larger, 2), price is None, _known(price), one.machine.name)


def models_of(types: Iterable[InstanceType]) -> Sequence[str]:
    """The GPU models among the types, by the alphabet."""
    return sorted({machine.gpu_model for machine in types if machine.gpu_model})


def zones_of(types: Iterable[InstanceType]) -> Sequence[str]:
    """The zones that are known to offer any of the types, by the alphabet."""
    return sorted({zone for machine in types for zone in machine.zones or ()})


def knows_network(types: Iterable[InstanceType]) -> bool:
    """Whether the speed of any of their networks is known."""
    return any(machine.network_gbps is not None for machine in types)
