"""Custom machine types of Google Cloud: `n2-custom-8-32768` names its CPUs and its MiB itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.offerings import InstanceType, Market

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a family's custom types cost in dollars an hour; 0 where spot is not known."""

    usd_per_vcpu: Decimal
    usd_per_gib: Decimal
    spot_usd_per_vcpu: Decimal
    spot_usd_per_gib: Decimal


type Rates = Mapping[str, Rate]


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a family allows: a number of vCPUs, and GiB for each of them."""

    most_vcpus: int
    least_gib: Decimal
    most_gib: Decimal


# cloud.google.com/compute/docs/instances/creating-instance-with-custom-machine-type
_FAMILIES = {
    "n1": _Limits(96, Decimal("0.9"), Decimal("6.5")),
    "n2": _Limits(128, Decimal("0.5"), Decimal(8)),
    "n2d": _Limits(224, Decimal("0.5"), Decimal(8)),
    "e2": _Limits(32, Decimal("0.5"), Decimal(8)),
}
_NAME = re.compile(r"(?:(n1|n2|n2d|e2)-)?custom-(\d{1,3})-(\d{3,8})(-ext)?\Z", re.ASCII)


def custom_type(name: str) -> InstanceType | None:
    """Return the machine that a custom type's name stands for; None if Google refuses it."""
    match = _NAME.match(name)
    if match is None:
        return None
    family, vcpus, mib = match[1] or "n1", int(match[2]), int(match[3])
    limits, gib_each = _FAMILIES[family], Decimal(mib) / 1024 / max(vcpus, 1)
    fits = (
        0 < vcpus <= limits.most_vcpus
        and (vcpus == 1 or vcpus % 2 == 0)
        and mib % 256 == 0
        and gib_each >= limits.least_gib
        and (gib_each <= limits.most_gib or bool(match[4]))
    )
    if not fits:
        return None
    return InstanceType(name=name, vcpus=vcpus, memory_bytes=mib * MIB, family=family)


class WithCustomTypes(dict[str, InstanceType]):
    """A region's types that also finds custom ones by name, where the region sells their family."""

    def __init__(self, types: Mapping[str, InstanceType], rates: Rates) -> None:
        super().__init__(types)
        self._rates = rates

    def __missing__(self, name: str) -> InstanceType:
        found = custom_type(name)
        if found is None or found.family not in self._rates:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self.get(name) is not None

    def get(self, name: object, default: object = None) -> InstanceType | None:  # type: ignore[override]
        """Return the type of that name, listed or custom."""
        try:
            return self[name]  # type: ignore[index]
        except (KeyError, TypeError):
            return default  # type: ignore[return-value]


class WithCustomPrices(dict[tuple[str, Market], Decimal]):
    """A region's prices that also knows those of custom types."""

    def __init__(self, prices: Mapping[tuple[str, Market], Decimal], rates: Rates) -> None:
        super().__init__(prices)
        self._rates = rates

    def __missing__(self, key: tuple[str, Market]) -> Decimal:
        price = next(self._priced(*key), None)
        if price is None:
            raise KeyError(key)
        return price

    def get(self, key: object, default: object = None) -> Decimal | None:  # type: ignore[override]
        """Return the price of a type at a market, listed or custom."""
        try:
            return self[key]  # type: ignore[index]
        except (KeyError, TypeError):
            return default  # type: ignore[return-value]

    def _priced(self, name: str, market: Market) -> Iterator[Decimal]:
        machine = custom_type(name)
        rate = self._rates.get(machine.family) if machine else None
        if machine is None or rate is None:
            return
        gib = Decimal(machine.memory_bytes) / 2**30
        of_vcpu, of_gib = (
            (rate.spot_usd_per_vcpu, rate.spot_usd_per_gib)
            if market is Market.SPOT
            else (rate.usd_per_vcpu, rate.usd_per_gib)
        )
        if of_vcpu and of_gib:
            yield (of_vcpu * Decimal(machine.vcpus) + of_gib * gib).quantize(Decimal("0.000001"))
