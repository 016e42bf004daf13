"""Cost of past days: sums of the ledger, so that every total is the sum of its parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, Sum

from metering.models import PARTS, CostDay, CostHour


class GroupBy(StrEnum):
    CLUSTER = "cluster"
    TEMPLATE = "template"
    USER = "user"
    GROUP = "group"
    TEAM = "team"


# The column that tells groups apart, and the one that holds their name. Teams' names are elsewhere.
_COLUMNS: dict[GroupBy, tuple[str, str]] = {
    GroupBy.CLUSTER: ("cluster_id", "cluster_name"),
    GroupBy.TEMPLATE: ("template_id", "template_name"),
    GroupBy.USER: ("owner_id", "owner_name"),
    GroupBy.GROUP: ("group", "group"),
    GroupBy.TEAM: ("team_id", "team_id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Micro-dollars by part, and node-seconds; `unpriced_seconds` of them have no known price."""

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
        columns = zip(*map(_values, costs), strict=True)
        sums: dict[str, Any] = dict(zip(_FIELDS, map(sum, columns), strict=False))
        return Cost(**sums)


_FIELDS = tuple(field.name for field in fields(Cost))
_values = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFilter:
    """Which rows count; None means all of them."""

    team_ids: Collection[int] | None = None
    cluster_ids: Collection[UUID] | None = None
    template_ids: Collection[int] | None = None
    owner_ids: Collection[int] | None = None
    groups: Collection[str] | None = None

    def condition(self) -> Q:
        """Return the rows that count as a condition on `CostDay`."""
        wanted = {
            "team_id__in": self.team_ids,
            "cluster_id__in": self.cluster_ids,
            "template_id__in": self.template_ids,
            "owner_id__in": self.owner_ids,
            "group__in": self.groups,
        }
        return Q(**{lookup: list(ids) for lookup, ids in wanted.items() if ids is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What one group cost on one UTC day. `key` identifies the group, as text."""

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
    """Rows by day and group; `groups` are their totals, the dearest first, `total` is of all."""

    rows: tuple[CostRow, ...]
    groups: tuple[GroupTotal, ...]
    total: Cost


def cost_by_day(
    *,
    first: date,
    last: date,
    group_by: GroupBy = GroupBy.CLUSTER,
    filters: CostFilter = CostFilter(),
) -> CostTable:
    """Return the cost of the UTC days from `first` to `last`, both included, in one query."""
    key, name = _COLUMNS[group_by]
    found = (
        CostDay.objects.filter(filters.condition(), day__gte=first, day__lte=last)
        .values("day", key)
        .annotate(label=Max(name), **_sums())
        .order_by("day", key)
    )
    rows = tuple(
        CostRow(day=row["day"], key=_text(row[key]), name=_text(row["label"]), cost=_cost(row))
        for row in found
    )
    groups = _groups(rows)
    return CostTable(rows=rows, groups=groups, total=Cost.sum(group.cost for group in groups))


def cost_by_node(cluster_id: UUID, *, first: date, last: date) -> list[GroupTotal]:
    """Return what each node of one cluster cost in these UTC days, the dearest first."""
    found = (
        CostHour.objects.filter(cluster_id=cluster_id, day__gte=first, day__lte=last)
        .values("interval__node")
        .annotate(**_sums())
    )
    nodes = (
        GroupTotal(key=row["interval__node"], name=row["interval__node"], cost=_cost(row))
        for row in found
    )
    return sorted(nodes, key=_dearest_first)


def unpriced_hours(
    *,
    first: date,
    last: date,
    filters: CostFilter = CostFilter(),
) -> Decimal:
    """Return the node-hours of these UTC days that no price is known for."""
    rows = CostDay.objects.filter(filters.condition(), day__gte=first, day__lte=last, priced=False)
    seconds: Decimal | None = rows.aggregate(seconds=Sum("seconds"))["seconds"]
    return (seconds or Decimal(0)) / 3600


def _sums() -> dict[str, Sum]:
    sums = {f"sum_{name}": Sum(name) for name in (*PARTS, "total", "seconds")}
    return sums | {"sum_unpriced_seconds": Sum("seconds", filter=Q(total=None))}


def _cost(row: Mapping[str, Any]) -> Cost:
    sums: dict[str, Any] = {name: row[f"sum_{name}"] or 0 for name in _FIELDS}
    return Cost(**sums)


def _groups(rows: Iterable[CostRow]) -> tuple[GroupTotal, ...]:
    by_key: dict[str, list[CostRow]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    totals = (
        GroupTotal(key=key, name=found[-1].name, cost=Cost.sum(row.cost for row in found))
        for key, found in by_key.items()
    )
    return tuple(sorted(totals, key=_dearest_first))


def _dearest_first(group: GroupTotal) -> tuple[int, str]:
    return -group.cost.total, group.name


def _text(value: object) -> str:
    return "" if value is None else str(value)
