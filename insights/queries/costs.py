"""Cost with the names that people know, and its change against the period before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from accounts.models import Team
from clusters.models import Node
from domain.wording import usd
from metering.queries import CostFilter, CostTable, GroupBy, GroupTotal, totals_by_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was spent, in micro-dollars, and what in the period before."""

    current: int
    previous: int

    @property
    def amount(self) -> int:
        return self.current - self.previous

    @property
    def is_new(self) -> bool:
        return not self.previous and self.current > 0

    @property
    def amount_words(self) -> str:
        """The difference with its sign: "+$1.20"."""
        return f"+{usd(self.amount)}" if self.amount > 0 else usd(self.amount)

    @property
    def percent_words(self) -> str:
        """The difference in percent of before, "new" where there was none."""
        if self.is_new:
            return "new"
        if not self.previous:
            return "–"
        percent = round(100 * self.amount / self.previous)
        return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{abs(percent)}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One group of the table; `url` leads to what it is made of, "" where that is all."""

    group: GroupTotal
    change: Change
    url: str = ""


def cost_lines(table: CostTable, previous: Mapping[str, int]) -> list[CostLine]:
    """Return the table's groups, and one line for those that cost something only before."""
    lines = [
        CostLine(
            group=group,
            change=Change(current=group.cost.total, previous=previous.get(group.key, 0)),
        )
        for group in table.groups
    ]
    known = {group.key for group in table.groups}
    gone = {key: amount for key, amount in previous.items() if key not in known and amount}
    if not gone:
        return lines
    words = f"{len(gone)} without cost in this period"
    rest = GroupTotal(key="", name=words, cost=table.total.sum([]))
    return [*lines, CostLine(group=rest, change=Change(current=0, previous=sum(gone.values())))]


def named(table: CostTable, group_by: GroupBy) -> CostTable:
    """Return the table with the names of teams and nodes, which the ledger does not know."""
    keys = [group.key for group in table.groups]
    if group_by is GroupBy.TEAM:
        teams = Team.objects.filter(pk__in=keys).values_list("pk", "name")
        names = {str(pk): name for pk, name in teams}
    elif group_by is GroupBy.NODE:
        nodes = Node.objects.filter(name__in=keys).select_related("group")
        names = {node.name: node.label for node in nodes}
    else:
        return table
    return replace(
        table,
        groups=tuple(
            replace(group, name=names.get(group.key, group.name)) for group in table.groups
        ),
        rows=tuple(replace(row, name=names.get(row.key, row.name)) for row in table.rows),
    )


def previous_totals(
    period_before: tuple[date, date], *, group_by: GroupBy, filters: CostFilter
) -> Mapping[str, int]:
    """Return what each group cost in the period before, by its key."""
    first, last = period_before
    return totals_by_group(first=first, last=last, group_by=group_by, filters=filters)


def with_idle(groups: Sequence[GroupTotal]) -> list[GroupTotal]:
    """Return the groups that had idle cost, by name."""
    return sorted((group for group in groups if group.cost.idle), key=lambda group: group.name)
