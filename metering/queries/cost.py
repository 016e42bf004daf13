"""Cost of past days: sums of the ledger, so that every total is the sum of its parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection

from metering.models import PARTS


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

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Return the rows that count as a condition on `metering_costday`, with its values."""
        wanted: dict[str, Collection[object] | None] = {
            "team_id": self.team_ids,
            "cluster_id": self.cluster_ids,
            "template_id": self.template_ids,
            "owner_id": self.owner_ids,
            "group": self.groups,
        }
        parameters = {column: list(ids) for column, ids in wanted.items() if ids is not None}
        conditions = ["day BETWEEN %(first)s AND %(last)s"]
        conditions += [f'"{column}" = ANY(%({column})s)' for column in parameters]
        return " AND ".join(conditions), parameters


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
    """Rows by day and group; `groups` are their totals, highest first, `total` is of all."""

    rows: tuple[CostRow, ...]
    groups: tuple[GroupTotal, ...]
    total: Cost


# The key of rows that sum the groups without rows of their own; no id and no group is called so.
OTHERS = "*"

# Names may change: the newest is shown.
_BY_DAY = """
    WITH of_day AS MATERIALIZED (
        SELECT day, coalesce({key}::text, '') AS key, coalesce(max({name}::text), '') AS name,
            {sums}, {unpriced}
        FROM metering_costday WHERE {condition}
        GROUP BY day, {key}
    ), of_group AS MATERIALIZED (
        SELECT key, (array_agg(name ORDER BY day DESC))[1] AS name, {sums},
            sum(unpriced_seconds) AS unpriced_seconds,
            row_number() OVER (ORDER BY sum(total) DESC, max(name), key) AS place
        FROM of_day GROUP BY key
    ), of_rows AS (
        SELECT day, least(place, %(top)s + 1) AS place,
            CASE WHEN place > %(top)s THEN '' ELSE of_group.name END AS name,
            CASE WHEN place > %(top)s THEN %(others)s ELSE key END AS key,
            {of_day}
        FROM of_day JOIN of_group USING (key)
    )
    SELECT NULL::date AS day, place, key, name, {columns} FROM of_group
    UNION ALL
    SELECT day, place, key, name, {sums}, sum(unpriced_seconds)
    FROM of_rows GROUP BY day, place, key, name
    ORDER BY day NULLS FIRST, place
"""
_SUMS = ", ".join(f"coalesce(sum({part}), 0)::bigint AS {part}" for part in (*PARTS, "total"))
_SUMS += ", sum(seconds) AS seconds"
_UNPRICED = "coalesce(sum(seconds) FILTER (WHERE total IS NULL), 0) AS unpriced_seconds"
_BY_NODE = f"""
    SELECT node, {", ".join(_FIELDS)} FROM (
        SELECT interval_id, {_SUMS}, {_UNPRICED} FROM metering_costhour
        WHERE cluster_id = %(cluster)s AND day BETWEEN %(first)s AND %(last)s
        GROUP BY interval_id
    ) AS line JOIN metering_interval AS interval ON interval.id = line.interval_id
    ORDER BY total DESC, node
"""  # noqa: S608 - of constants


def cost_by_day(
    *,
    first: date,
    last: date,
    group_by: GroupBy = GroupBy.CLUSTER,
    filters: CostFilter = CostFilter(),
    top: int | None = None,
) -> CostTable:
    """Return the cost of the UTC days from `first` to `last`, both included, in one query.

    With `top`, only that number of groups have rows, highest first; the others are summed by
    day, under the key `OTHERS`. `groups` has all of them nevertheless.
    """
    condition, parameters = filters.condition()
    key, name = _COLUMNS[group_by]
    query = _BY_DAY.format(
        key=f'"{key}"',
        name=f'"{name}"',
        condition=condition,
        sums=_SUMS,
        unpriced=_UNPRICED,
        columns=", ".join(_FIELDS),
        of_day=", ".join(f"of_day.{field}" for field in _FIELDS),
    )
    parameters |= {"first": first, "last": last, "top": top, "others": OTHERS}
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        records = cursor.fetchall()
    rows = tuple(
        CostRow(day=day, key=key, name=name, cost=_cost(amounts))
        for day, _, key, name, *amounts in records
        if day
    )
    groups = tuple(
        GroupTotal(key=key, name=name, cost=_cost(amounts))
        for day, _, key, name, *amounts in records
        if not day
    )
    return CostTable(rows=rows, groups=groups, total=Cost.sum(group.cost for group in groups))


def cost_by_node(cluster_id: UUID, *, first: date, last: date) -> list[GroupTotal]:
    """Return what each node of one cluster cost in these UTC days, the most expensive first."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_NODE, {"cluster": cluster_id, "first": first, "last": last})
        return [
            GroupTotal(key=node, name=node, cost=_cost(amounts))
            for node, *amounts in cursor.fetchall()
        ]


def unpriced_hours(
    *,
    first: date,
    last: date,
    filters: CostFilter = CostFilter(),
) -> Decimal:
    """Return the node-hours of these UTC days that no price is known for."""
    condition, parameters = filters.condition()
    query = f"SELECT sum(seconds) FROM metering_costday WHERE NOT priced AND {condition}"  # noqa: S608 - of constants
    with connection.cursor() as cursor:
        cursor.execute(query, parameters | {"first": first, "last": last})
        (seconds,) = cursor.fetchone()
    return (seconds or Decimal(0)) / 3600


def _cost(amounts: Sequence[Any]) -> Cost:
    return Cost(**dict(zip(_FIELDS, amounts, strict=True)))
