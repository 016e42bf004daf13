"""Numbers as configurations write them: memory with units, durations, whole and half CPUs."""

import re
from decimal import ROUND_CEILING, Decimal

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
LARGEST = 2**53
"""The largest number we take anywhere: JSON readers keep every whole number up to here."""

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5}
_DECIMAL = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_QUANTITY = re.compile(
    r"(?P<number>\d{1,18}(?:\.\d{1,18})?)(?P<unit>[KMGTP]i|[kKMGTP]?)\Z", re.ASCII
)
_PERCENT = re.compile(r"(\d{1,3})%\Z", re.ASCII)
_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?\Z", re.ASCII)


def parse_bytes(text: str) -> int:
    """The bytes a Kubernetes quantity stands for: `32Gi`, `1.5G`, `1024`.

    Raises ValueError with a sentence for the user, for example for `32GB`.
    """
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(_why_not_a_quantity(text))
    unit = match["unit"]
    scale = 1024 ** _BINARY[unit] if unit in _BINARY else 1000 ** _DECIMAL[unit]
    amount = (Decimal(match["number"]) * scale).to_integral_value(ROUND_CEILING)
    if amount > LARGEST:
        raise ValueError(f"{text} is more memory than any machine has.")
    return int(amount)


def _why_not_a_quantity(text: str) -> str:
    if match := re.fullmatch(r"(\d{1,18}(?:\.\d{1,18})?) ?([KMGTP])i?[Bb]", text, re.ASCII):
        return f"{text} is not a quantity: write {match[1]}{match[2]}i or {match[1]}{match[2]}."
    return f"{text[:40]!r} is not a quantity: write bytes or a number with a unit, such as 32Gi."


def format_bytes(amount: int) -> str | int:
    """The shortest exact way to write that many bytes: `16Gi`, `1500M`, or the plain number."""
    if amount < KIB:
        return amount
    exact = [
        *(f"{amount // 1024**power}{unit}" for unit, power in _BINARY.items()
          if amount % 1024**power == 0),
        *(f"{amount // 1000**power}{unit}" for unit, power in _DECIMAL.items()
          if power > 1 and amount % 1000**power == 0),
    ]  # fmt: skip
    return min(exact, key=len, default=amount)


def parse_duration(text: str) -> int:
    """The seconds in `1h30m`, `25m` or `90s`.

    Raises ValueError with a sentence for the user.
    """
    match = _DURATION.match(text)
    if match is None or not text:
        raise ValueError(f"{text[:40]!r} is not a duration: write hours, minutes, seconds: 1h30m.")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def part_of(part: int | str, whole: int) -> int | None:
    """A number as it is, or `10%` of the whole, rounded up; None if it is neither.

    A percentage is a whole one from 0 to 100.
    """
    if isinstance(part, int):
        return part
    match = _PERCENT.match(part)
    percent = int(match[1]) if match else 101
    return -(-whole * percent // 100) if percent <= 100 else None


def tidy_number(number: float) -> int | float:
    """The same number without a needless `.0`, and never a negative zero."""
    if abs(number) <= LARGEST and number == int(number):
        return int(number)
    return number


def amount_of(resource: str, amount: float) -> str:
    """The amount of a resource as a message says it: `4 CPU`, `16Gi memory`."""
    tidy = tidy_number(amount)
    if resource in {"memory", "object_store_memory"} and isinstance(tidy, int):
        return f"{format_bytes(tidy)} {resource}"
    return f"{tidy} {resource}"
