"""A region's types and prices with custom machine types, which are found by their names alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.catalogue.provider import CustomType
from domain.offerings import InstanceType, Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a family's custom types cost in dollars an hour; 0 where spot is not known."""

    usd_per_vcpu: Decimal
    usd_per_gib: Decimal
    spot_usd_per_vcpu: Decimal
    spot_usd_per_gib: Decimal


type Rates = Mapping[str, Rate]


class WithCustomTypes(dict[str, InstanceType]):
    """A region's types that also finds custom ones by name, where the region sells their family."""

    def __init__(
        self, types: Mapping[str, InstanceType], rates: Rates, custom_type: CustomType
    ) -> None:
        super().__init__(types)
        self._rates = rates
        self._custom_type = custom_type

    def __missing__(self, name: str) -> InstanceType:
        machine_type = self._custom_type(name)
        if machine_type is None or machine_type.family not in self._rates:
            raise KeyError(name)
        return machine_type

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

    def __init__(
        self,
        prices: Mapping[tuple[str, Market], Decimal],
        rates: Rates,
        custom_type: CustomType,
    ) -> None:
        super().__init__(prices)
        self._rates = rates
        self._custom_type = custom_type

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
        machine = self._custom_type(name)
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
