"""What the ledger's rows say together, for tests to compare."""

from datetime import datetime

from django.db.models import Sum

from domain.pricing import interval_microusd
from metering.models import (
    PARTS,
    CostAccount,
    CostDay,
    CostHour,
    CostScopeDay,
    CostTeamDay,
    Interval,
)


def price(interval: Interval, until: datetime) -> int:
    """Return what the interval costs up to `until`, from its own columns."""
    interval.refresh_from_db()
    end = min(interval.ended_at or until, until)
    return interval_microusd(
        interval.hourly_microusd or 0,
        origin=interval.started_at,
        start=interval.started_at,
        end=max(end, interval.started_at),
    )


def total(rows: type[CostHour | CostDay | CostAccount] = CostHour) -> int:
    """Return the sum of all rows' totals."""
    return rows.objects.aggregate(all=Sum("total"))["all"] or 0


def parts() -> dict[str, int]:
    """Return the sums of the parts that are not 0."""
    sums = CostHour.objects.aggregate(**{f"all_{part}": Sum(part) for part in PARTS})
    return {part: sums[f"all_{part}"] for part in PARTS if sums[f"all_{part}"]}


def snapshot() -> list[dict[str, object]]:
    """Return all hours, in order, to be compared with later ones."""
    return list(CostHour.objects.order_by("interval", "hour").values(*PARTS, "total", "seconds"))


def clear() -> None:
    """Forget all hours, what is added up from them, and the intervals."""
    for model in (CostHour, CostDay, CostAccount, CostTeamDay, CostScopeDay, Interval):
        model.objects.all().delete()
