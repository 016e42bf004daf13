"""Cost of past days: sums of the ledger, so that every total is the sum of its parts.

They are read from the roll-up that is coarse enough: by team, by cluster, balances of clusters, or
hours of nodes. All of these are written in one transaction, and a table is one statement: its sums
are of one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from metering.models import PARTS
from metering.queries.cost_balances import rows_of_range
from metering.queries.cost_clusters import SUMS, UNPRICED, top_clusters
from metering.queries.cost_scopes import days_of_teams
from metering.queries.cost_terms import (
    COLUMNS,
    FIELDS,
    OTHERS,
    Cost,
    CostFilter,
    CostRow,
    CostTable,
    GroupBy,
    GroupTotal,
    Step,
)

_FIELDS = ", ".join(FIELDS)
_BY_CLUSTER = "metering_costday"
_ALL = CostFilter()
_BY_NODE = f"""(
    SELECT line.day, interval.node, line.cluster_id, interval.team_id, interval.template_id,
        interval.owner_id, interval."group", line.seconds,
        {", ".join(f"line.{part}" for part in (*PARTS, "total"))}
    FROM metering_costhour AS line JOIN metering_interval AS interval
        ON interval.id = line.interval_id
) AS of_node"""  # noqa: S608 - of constants

# Names may change: the newest is shown, which is the last in the order of days. Rows of steps name
# their group by its place.
_BY_STEP = """
    WITH of_step AS MATERIALIZED (
        SELECT {start} AS day, coalesce({key}::text, '') AS key,
            max(day::text || coalesce({name}::text, '') COLLATE "C") AS dated_name,
            {sums}, {unpriced}
        FROM {table} WHERE {condition}
        GROUP BY 1, {key}
    ), of_group AS MATERIALIZED (
        SELECT key, substr(max(dated_name), 11) AS name, {sums},
            sum(unpriced_seconds) AS unpriced_seconds,
            row_number() OVER (ORDER BY sum(total) DESC, substr(max(dated_name), 11), key) AS place
        FROM of_step GROUP BY key
    ), of_rows AS (
        SELECT day, least(place, %(top)s + 1) AS place, {of_step}
        FROM of_step JOIN of_group USING (key)
    )
    SELECT NULL::date AS day, place, key, name, {columns} FROM of_group
    UNION ALL
    SELECT day, place, NULL, NULL, {sums}, sum(unpriced_seconds) FROM of_rows GROUP BY day, place
    ORDER BY day NULLS FIRST, place
"""


def cost_by_day(
    *,
    first: date,
    last: date,
    group_by: GroupBy = GroupBy.CLUSTER,
    filters: CostFilter = _ALL,
    step: Step = Step.DAY,
    top: int | None = None,
) -> CostTable:
    """Return the cost of the UTC days from `first` to `last`, both included, in one query.

    With `top`, only that number of groups have rows, highest first; the others are summed by
    step, under the key `OTHERS`. `groups` has all of them nevertheless.
    """
    if group_by is GroupBy.CLUSTER and filters.cluster_ids is None and top is not None:
        query, parameters = top_clusters(filters, step)
    else:
        query, parameters = _steps_query(group_by, filters, step)
    parameters |= {"first": first, "last": last, "top": top}
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return _table(cursor.fetchall(), top)


def _table(records: Sequence[tuple[Any, ...]], top: int | None) -> CostTable:
    """Return the records' groups, which come first, and their rows by step."""
    rows, groups, named = [], [], {}
    for day, place, key, name, *amounts in records:
        cost = Cost._make(amounts)
        if day is None:
            groups.append(GroupTotal(key=key, name=name, cost=cost))
            if top is None or place <= top:
                named[place] = (key, name)
        else:
            of_group = named.get(place, (OTHERS, ""))
            rows.append(CostRow(day=day, key=of_group[0], name=of_group[1], cost=cost))
    total = Cost.sum(group.cost for group in groups)
    return CostTable(rows=tuple(rows), groups=tuple(groups), total=total)


def _steps_query(group_by: GroupBy, filters: CostFilter, step: Step) -> tuple[str, dict[str, Any]]:
    condition, parameters = filters.condition()
    key, name = COLUMNS[group_by]
    query = _BY_STEP.format(
        start=step.sql,
        table=_source(group_by, filters),
        key=f'"{key}"',
        name=f'"{name}"',
        condition=condition,
        sums=SUMS,
        unpriced=UNPRICED,
        columns=_FIELDS,
        of_step=", ".join(f"of_step.{field}" for field in FIELDS),
    )
    return query, parameters


def _source(group_by: GroupBy, filters: CostFilter) -> str:
    if group_by is GroupBy.NODE:
        return _BY_NODE
    by_cluster = group_by is GroupBy.CLUSTER or filters.cluster_ids is not None
    return _BY_CLUSTER if by_cluster else days_of_teams(filters, group_by)


def totals_by_group(
    *, first: date, last: date, group_by: GroupBy, filters: CostFilter = _ALL
) -> dict[str, int]:
    """Return the micro-dollars of each group in these UTC days, by its key."""
    key, _ = COLUMNS[group_by]
    source = _source(group_by, filters)
    if source == _BY_CLUSTER:
        rows, parameters = rows_of_range(
            filters=filters, keys=f'"{key}"', amounts=("total", "seconds")
        )
    else:
        condition, parameters = filters.condition()
        rows = f'SELECT "{key}", total, seconds FROM {source} WHERE {condition}'  # noqa: S608 - of constants
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce("{key}"::text, ''), coalesce(sum(total), 0)::bigint
                FROM ({rows}) AS of_range GROUP BY "{key}" HAVING sum(seconds) > 0""",  # noqa: S608 - of constants
            parameters | {"first": first, "last": last},
        )
        return dict(cursor.fetchall())


def cost_by_node(cluster_id: UUID, *, first: date, last: date) -> list[GroupTotal]:
    """Return what each node of one cluster cost in these UTC days, the most expensive first."""
    of_cluster = CostFilter(cluster_ids=[cluster_id])
    table = cost_by_day(first=first, last=last, group_by=GroupBy.NODE, filters=of_cluster, top=0)
    return list(table.groups)


def unpriced_hours(
    *,
    first: date,
    last: date,
    filters: CostFilter = _ALL,
) -> Decimal:
    """Return the node-hours of these UTC days that no price is known for."""
    condition, parameters = filters.condition()
    query = f"SELECT sum(seconds) FROM metering_costday WHERE NOT priced AND {condition}"  # noqa: S608 - of constants
    with connection.cursor() as cursor:
        cursor.execute(query, parameters | {"first": first, "last": last})
        (seconds,) = cursor.fetchone()
    return (seconds or Decimal(0)) / 3600
