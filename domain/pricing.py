"""What a machine costs: a rate card, an hourly price, and the price of any interval, exactly."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

MICROUSD_PER_USD = 1_000_000
BYTES_PER_GIB = 2**30
_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1) // _MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """Dollars an hour of each resource, for machines that no cloud sends a bill for."""

    usd_per_cpu_hour: Decimal
    usd_per_gib_hour: Decimal
    usd_per_gpu_hour: Decimal


# What such machines cost to rent, roughly; an admin replaces it with what theirs cost.
DEFAULT_CARD = RateCard(
    usd_per_cpu_hour=Decimal("0.033"),
    usd_per_gib_hour=Decimal("0.0045"),
    usd_per_gpu_hour=Decimal("0.95"),
)


def hourly_usd(card: RateCard, *, vcpus: float, memory_bytes: int, gpus: float) -> Decimal:
    """Return the dollars an hour of a machine of this size, in whole micro-dollars."""
    # str() first: Decimal(0.1) would carry the float's error into the price.
    exact = (
        card.usd_per_cpu_hour * Decimal(str(vcpus))
        + card.usd_per_gib_hour * memory_bytes / BYTES_PER_GIB
        + card.usd_per_gpu_hour * Decimal(str(gpus))
    )
    # What the ledger charges: a price that is shown is the price that is paid.
    return usd_of(microusd(exact))


def hourly_microusd(card: RateCard, *, vcpus: float, memory_bytes: int, gpus: float) -> int:
    """Return the micro-dollars an hour of a machine of this size, half a one to the even."""
    return microusd(hourly_usd(card, vcpus=vcpus, memory_bytes=memory_bytes, gpus=gpus))


def microusd(usd: Decimal) -> int:
    """Return dollars as whole micro-dollars, half a one to the even."""
    return int((usd * MICROUSD_PER_USD).to_integral_value(ROUND_HALF_EVEN))


def usd_of(microusd: int) -> Decimal:
    """Return micro-dollars as dollars, exactly."""
    return Decimal(microusd) / MICROUSD_PER_USD


def interval_microusd(
    hourly_microusd: int, *, origin: datetime, start: datetime, end: datetime
) -> int:
    """Return the micro-dollars from `start` to `end` of what began to cost at `origin`.

    Differences of one running total: however an interval is cut, its pieces sum to the whole,
    as long as all of them name the same origin. All three are aware times in UTC.
    """
    if end < start:
        raise ValueError(f"The interval ends at {end}, before its start at {start}.")
    return _total(hourly_microusd, end - origin) - _total(hourly_microusd, start - origin)


def _total(hourly_microusd: int, elapsed: timedelta) -> int:
    return hourly_microusd * (elapsed // _MICROSECOND) // _HOUR
