"""Cost by cluster: totals of all of them, and days of the most expensive ones and of the rest.

A team may have thousands of clusters. So totals are differences of balances, only clusters of the
top are summed by day, and the others of a day are what remains of the team's.
"""

from __future__ import annotations

from typing import Any

from metering.models import PARTS
from metering.queries.cost_balances import rows_of_range
from metering.queries.cost_scopes import days_of_teams
from metering.queries.cost_terms import FIELDS, CostFilter, Step

SUMS = ", ".join(f"coalesce(sum({part}), 0)::bigint AS {part}" for part in (*PARTS, "total"))
SUMS += ", sum(seconds) AS seconds"
UNPRICED = "coalesce(sum(seconds) FILTER (WHERE total IS NULL), 0) AS unpriced_seconds"
_FIELDS = ", ".join(FIELDS)
_QUERY = f"""
    WITH of_group AS MATERIALIZED (
        SELECT cluster_id, max(cluster_name) AS name,
            {", ".join(f"sum({field})::bigint AS {field}" for field in (*PARTS, "total"))},
            sum(seconds) AS seconds, sum(unpriced_seconds) AS unpriced_seconds
        FROM ({{rows}}) AS of_range GROUP BY cluster_id HAVING sum(seconds) > 0
    ), named AS MATERIALIZED (
        SELECT *, row_number() OVER (ORDER BY total DESC, name, cluster_id::text) AS place
        FROM of_group
    ), of_top AS MATERIALIZED (
        SELECT {{start}} AS day, named.place,
            {", ".join(f"summed.{part}" for part in (*PARTS, "total", "seconds"))}
        FROM metering_costday AS summed JOIN named USING (cluster_id)
        WHERE {{condition}} AND named.place <= %(top)s
    ), top_days AS MATERIALIZED (
        SELECT day, place, {SUMS}, {UNPRICED} FROM of_top GROUP BY day, place
    ), all_days AS (
        SELECT {{start}} AS day, {SUMS}, {UNPRICED} FROM {{days}} WHERE {{condition}} GROUP BY 1
    ), rest AS (
        SELECT day, {", ".join(f"sum({field}) AS {field}" for field in FIELDS)} FROM (
            SELECT day, {_FIELDS} FROM all_days
            UNION ALL
            SELECT day, {", ".join(f"-{field}" for field in FIELDS)} FROM top_days
        ) AS both_sides GROUP BY day
    )
    SELECT NULL::date AS day, place, cluster_id::text AS key, name, {_FIELDS} FROM named
    UNION ALL SELECT day, place, NULL, NULL, {_FIELDS} FROM top_days
    UNION ALL SELECT day, %(top)s + 1, NULL, NULL, {_FIELDS} FROM rest WHERE seconds > 0
    ORDER BY day NULLS FIRST, place
"""  # noqa: S608 - of constants


def top_clusters(filters: CostFilter, step: Step) -> tuple[str, dict[str, Any]]:
    """Return the query, and its values but `first`, `last` and `top`."""
    rows, parameters = rows_of_range(
        filters=filters, keys="cluster_id, cluster_name", amounts=FIELDS
    )
    condition, values = filters.condition()
    query = _QUERY.format(
        rows=rows, condition=condition, days=days_of_teams(filters), start=step.sql
    )
    return query, parameters | values
