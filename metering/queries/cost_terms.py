"""What questions about cost are made of, and their answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID


class GroupBy(StrEnum):
    CLUSTER = "cluster"
    TEMPLATE = "template"
    USER = "user"
    GROUP = "group"
    TEAM = "team"
    NODE = "node"


class Step(StrEnum):
    """How many UTC days one row of a table sums. Weeks begin on Monday; a range's ends cut them."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, day: date, *, first: date) -> date:
        """Return the day that the step of `day` begins with in a range that begins with `first`."""
        if self is Step.WEEK:
            return max(day - timedelta(days=day.weekday()), first)
        return max(day.replace(day=1), first) if self is Step.MONTH else day

    @property
    def sql(self) -> str:
        """The same of the column `day`; %(first)s is the range's first day."""
        return _STARTS[self]


_STARTS = {
    Step.DAY: "day",
    # 2001 began with a Monday.
    Step.WEEK: "greatest(day - (day - date '2001-01-01') %% 7, %(first)s)",
    Step.MONTH: "greatest(date_trunc('month', day::timestamp)::date, %(first)s)",
}


# The column that tells groups apart, and the one that holds their name. Teams' names are elsewhere.
COLUMNS: dict[GroupBy, tuple[str, str]] = {
    GroupBy.CLUSTER: ("cluster_id", "cluster_name"),
    GroupBy.TEMPLATE: ("template_id", "template_name"),
    GroupBy.USER: ("owner_id", "owner_name"),
    GroupBy.GROUP: ("group", "group"),
    GroupBy.TEAM: ("team_id", "team_id"),
    GroupBy.NODE: ("node", "node"),
}


class Cost(NamedTuple):
    """Micro-dollars by part, and node-seconds; `unpriced_seconds` of them have no known price.

    A tuple because a page makes thousands of them.
    """

    control: int = 0
    overhead: int = 0
    used: int = 0
    reserved_idle: int = 0
    infra_idle: int = 0
    total: int = 0
    seconds: Decimal = Decimal(0)
    unpriced_seconds: Decimal = Decimal(0)

    @property
    def idle(self) -> int:
        return self.reserved_idle + self.infra_idle

    @staticmethod
    def sum(costs: Iterable[Cost]) -> Cost:
        """Return the sum of each field."""
        sums = [sum(amounts) for amounts in zip(*costs, strict=True)]
        return Cost._make(sums) if sums else Cost()


FIELDS = Cost._fields


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFilter:
    """Which rows count; None means all of them."""

    team_ids: Collection[int] | None = None
    cluster_ids: Collection[UUID] | None = None
    template_ids: Collection[int] | None = None
    owner_ids: Collection[int] | None = None
    groups: Collection[str] | None = None
    except_team_ids: Collection[int] = ()

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Return the rows that count as a condition on a table of days, with its values."""
        narrowed, parameters = self.narrowing()
        return f"day BETWEEN %(first)s AND %(last)s{narrowed}", parameters

    def narrowing(self) -> tuple[str, dict[str, Any]]:
        """Return what follows a condition on the time, "" or " AND ...", with its values."""
        wanted: dict[str, Collection[object] | None] = {
            "team_id": self.team_ids,
            "cluster_id": self.cluster_ids,
            "template_id": self.template_ids,
            "owner_id": self.owner_ids,
            "group": self.groups,
        }
        parameters = {column: list(ids) for column, ids in wanted.items() if ids is not None}
        conditions = [f'"{column}" = ANY(%({column})s)' for column in parameters]
        if self.except_team_ids:
            conditions.append("team_id <> ALL(%(except_teams)s)")
            parameters["except_teams"] = list(self.except_team_ids)
        return "".join(f" AND {condition}" for condition in conditions), parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What one group cost from a UTC day on, for a step. `key` identifies the group, as text."""

    day: date
    key: str
    name: str
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTotal:
    """What one group, or one node, cost in the whole range."""

    key: str
    name: str
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    """Rows by step and group; `groups` are their totals, highest first, `total` is of all."""

    rows: tuple[CostRow, ...]
    groups: tuple[GroupTotal, ...]
    total: Cost


# The key of rows that sum the groups without rows of their own; no id and no group is called so.
OTHERS = "*"
