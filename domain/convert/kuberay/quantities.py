"""Quantities of Kubernetes as amounts: `500m`, `1.5`, `4Gi`, `1e3`, `12E` [apimachinery]."""

import re
from decimal import ROUND_CEILING, Decimal

from domain.convert.result import Plain
from domain.quantities import LARGEST

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}))"
    r"(?:(?P<binary>[KMGTPE])i|(?P<decimal>[numkKMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,3}))?\Z"
)
_BINARY: dict[str, int] = {letter: 1024**power for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL: dict[str, Decimal] = {
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("numkMGTPE", start=-3)
       if letter in "num"},
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    "K": Decimal(1000),  # refused by Kubernetes, taken by Ray
}  # fmt: skip


def amount(quantity: object) -> Decimal | None:
    """The number that a quantity stands for; None if it is none."""
    if isinstance(quantity, bool) or not isinstance(quantity, str | int | float):
        return None
    match = _QUANTITY.match(str(quantity).strip())
    if match is None:
        return None
    number = Decimal(match["number"])
    if match["binary"]:
        return number * _BINARY[match["binary"]]
    if match["decimal"]:
        return number * _DECIMAL[match["decimal"]]
    return number.scaleb(int(match["exponent"] or 0))


def whole(quantity: object) -> int | None:
    """The amount rounded up, as the operator and Ray do; None if it is no sensible amount."""
    number = amount(quantity)
    if number is None or not 0 <= number <= LARGEST:
        return None
    return int(number.to_integral_value(ROUND_CEILING))


def same(one: object, other: object) -> bool:
    """True if the two quantities are the same amount, however they are written."""
    first, second = amount(one), amount(other)
    return str(one) == str(other) if first is None or second is None else first == second


def without_zeros(amounts: Plain) -> Plain:
    """The resources without those of which there are none."""
    return {key: value for key, value in amounts.items() if amount(value) != 0}
