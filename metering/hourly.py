"""The ledger rows of one interval: pure arithmetic on whole micro-dollars."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from domain.cost_split import Parts, Use, control, overhead, split_work
from domain.lifecycle import NodeRole
from domain.pricing import RateCard, interval_microusd
from metering.models import PARTS, CostHour, Interval
from metering.usage import Means, NodeHour, Usage

_HOUR = timedelta(hours=1)
_UNMEASURED = NodeHour(*[Means(None, None, None)] * 3)

# From the micro-dollars of a time in service to their parts.
type Split = Callable[[int], Parts]


def cost_of_hours(
    interval: Interval, *, since: datetime, until: datetime, usage: Usage, card: RateCard
) -> list[CostHour]:
    """Return one row for each UTC hour that the node was paid for between `since` and `until`.

    `since` must be the interval's start or a full hour, so that no row covers half its hour.
    `card` weighs the node's resources against each other.
    """
    return [
        _line(interval, hour, start, end, _work(interval, usage.get((interval.node, hour)), card))
        for hour, start, end in _hours(since, until)
    ]


def _hours(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, datetime]]:
    hour = since.replace(minute=0, second=0, microsecond=0)
    while since < until:
        end = min(hour + _HOUR, until)
        yield hour, since, end
        hour, since = hour + _HOUR, end


def _line(
    interval: Interval, hour: datetime, start: datetime, end: datetime, work: Split
) -> CostHour:
    line = CostHour(
        interval=interval,
        cluster_id=interval.cluster_id,
        hour=hour,
        day=hour.date(),
        seconds=_seconds(end - start),
    )
    if interval.hourly_microusd is not None:
        parts = _parts(interval, start, end, work)
        for part in PARTS:
            setattr(line, part, sum(getattr(slice_, part) for slice_ in parts))
        line.total = sum(slice_.total for slice_ in parts)
    return line


def _parts(interval: Interval, start: datetime, end: datetime, work: Split) -> list[Parts]:
    """Return the parts of boot, service and drain within the hour."""
    ready = min(max(interval.ready_at or end, start), end)
    leaving = min(max(interval.leaving_at or end, ready), end)
    return [
        overhead(_price(interval, start, ready)),
        work(_price(interval, ready, leaving)),
        overhead(_price(interval, leaving, end)),
    ]


def _work(interval: Interval, hour: NodeHour | None, card: RateCard) -> Split:
    """Return how the price of the time in service is split in this hour."""
    if interval.role == NodeRole.HEAD:
        return control
    if hour is None:
        hour = _UNMEASURED
    return partial(
        split_work,
        card=card,
        cpu=_use(hour.cpu, interval.vcpus),
        memory=_use(hour.memory, interval.memory_bytes),
        gpu=_use(hour.gpu, interval.gpus),
    )


def _use(means: Means, capacity: float) -> Use:
    known = capacity if means.capacity is None else means.capacity
    return Use(capacity=known, held=means.held, used=means.used)


def _price(interval: Interval, start: datetime, end: datetime) -> int:
    return interval_microusd(
        interval.hourly_microusd or 0, origin=interval.started_at, start=start, end=end
    )


def _seconds(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1)).scaleb(-6)
