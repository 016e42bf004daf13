"""What a team spent this month, against the same days of the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from accounts.models import Team
from insights.periods import Period, month_of
from insights.queries.costs import Change, CostLine, cost_lines, previous_totals
from metering.queries import CostFilter, GroupBy, cost_by_day


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSpend:
    """Micro-dollars by UTC day: of this month up to today, and of all days of the last one."""

    period: Period
    days: Mapping[date, int]
    days_before: Mapping[date, int]

    @property
    def total(self) -> int:
        return sum(self.days.values())

    @property
    def has_cost(self) -> bool:
        return any(self.days.values()) or any(self.days_before.values())

    @property
    def change(self) -> Change:
        """Against the last month's same days."""
        first, last = self.period.previous
        before = sum(amount for day, amount in self.days_before.items() if first <= day <= last)
        return Change(current=self.total, previous=before)

    @property
    def change_words(self) -> str:
        """Such as "+12% vs February 1–10"."""
        change = self.change
        if not change.previous:
            return "No cost last month"
        return f"{change.percent_words} vs {self.period.previous_words}"


def month_spend(team: Team, *, now: datetime) -> MonthSpend:
    """Return the team's month so far, in one query."""
    today = now.astimezone(UTC).date()
    period = month_of(today.replace(day=1), today)
    start = period.previous[0]
    filters = CostFilter(team_ids=[team.pk])
    table = cost_by_day(first=start, last=today, group_by=GroupBy.TEAM, filters=filters)
    amounts = {row.day: row.cost.total for row in table.rows}
    days = [start + timedelta(days=offset) for offset in range((today - start).days + 1)]
    return MonthSpend(
        period=period,
        days={day: amounts.get(day, 0) for day in days if day >= period.first},
        days_before={day: amounts.get(day, 0) for day in days if day < period.first},
    )


def spenders_of(team: Team, month: MonthSpend) -> list[CostLine]:
    """Return what each user spent this month, the highest first."""
    filters, period = CostFilter(team_ids=[team.pk]), month.period
    table = cost_by_day(
        first=period.first, last=period.last, group_by=GroupBy.USER, filters=filters, top=0
    )
    before = previous_totals(period.previous, group_by=GroupBy.USER, filters=filters)
    lines = cost_lines(table, before)
    return [line for line in lines if line.group.key]
