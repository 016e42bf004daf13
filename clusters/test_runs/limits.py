"""The limits of a test run in time and money."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.pricing import usd_of
from domain.wording import duration, price, usd
from promotions.models import TestRun


def exceeded_time(run: TestRun, *, doing: str, now: datetime) -> str:
    """Return a sentence that names the limit of time if it is over, and ""."""
    limit = timedelta(minutes=run.max_minutes)
    if now < (run.started_at or run.wanted_at) + limit:
        return ""
    return f"Ended at its limit of {duration(limit)}: {doing}."


def exceeded_money(run: TestRun, *, microusd: int) -> str:
    """Return a sentence that names the limit of cost if more was spent, and ""."""
    if usd_of(microusd) <= run.max_usd:
        return ""
    return f"Ended at its limit of {price(run.max_usd)}: its cluster has cost {usd(microusd)}."
