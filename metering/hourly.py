"""The ledger rows of one interval: pure arithmetic on whole micro-dollars."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from domain.pricing import interval_microusd
from metering.models import PARTS, CostHour, Interval
from metering.usage import NodeHour, Usage
from providers.base import NodeRole

_HOUR = timedelta(hours=1)


def cost_of_hours(
    interval: Interval, *, since: datetime, until: datetime, usage: Usage
) -> list[CostHour]:
    """Return one row for each UTC hour that the node was paid for between `since` and `until`.

    `since` must be the interval's start or a full hour, so that no row covers half its hour.
    """
    return [
        _line(interval, hour, start, end, usage.get((interval.node, hour)))
        for hour, start, end in _hours(since, until)
    ]


def _hours(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, datetime]]:
    hour = since.replace(minute=0, second=0, microsecond=0)
    while since < until:
        end = min(hour + _HOUR, until)
        yield hour, since, end
        hour, since = hour + _HOUR, end


def _line(
    interval: Interval, hour: datetime, start: datetime, end: datetime, use: NodeHour | None
) -> CostHour:
    line = CostHour(
        interval=interval,
        cluster_id=interval.cluster_id,
        hour=hour,
        day=hour.date(),
        seconds=_seconds(end - start),
    )
    for part, amount in _parts(interval, start, end, use).items():
        setattr(line, part, amount)
    return line


def _parts(
    interval: Interval, start: datetime, end: datetime, use: NodeHour | None
) -> dict[str, int]:
    """Return the parts and their total; nothing where no price is known."""
    if interval.hourly_microusd is None:
        return {}
    ready = min(max(interval.ready_at or end, start), end)
    leaving = min(max(interval.leaving_at or end, ready), end)
    parts = dict.fromkeys(PARTS, 0)
    parts["overhead"] = _price(interval, start, ready) + _price(interval, leaving, end)
    serving = _price(interval, ready, leaving)
    if interval.role == NodeRole.HEAD:
        parts["control"] = serving
    else:
        parts["used"] = serving
    return {**parts, "total": sum(parts.values())}


def _price(interval: Interval, start: datetime, end: datetime) -> int:
    assert interval.hourly_microusd is not None
    return interval_microusd(
        interval.hourly_microusd, origin=interval.started_at, start=start, end=end
    )


def _seconds(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1)).scaleb(-6)
