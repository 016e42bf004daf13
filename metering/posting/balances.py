"""Keeps the balances of clusters: written with the days that they sum.

A range of days is the difference of two balances, so its length does not matter. Days are posted in
their order, so a round writes the balance of the day; where an older day changes, all from it on
are written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from metering.models import PARTS

_SUMS = (*PARTS, "total", "seconds", "unpriced_seconds")
_KEYS = 'cluster_id, team_id, template_id, owner_id, "group"'
_SAME_ACCOUNT = """account.cluster_id = of_day.cluster_id AND account.team_id = of_day.team_id
    AND account.template_id IS NOT DISTINCT FROM of_day.template_id
    AND account.owner_id = of_day.owner_id AND account."group" = of_day."group\""""
_TOUCHED = "unnest(%(clusters)s::uuid[], %(days)s::date[]) AS touched (cluster_id, since)"

_DROP = f"""
    DELETE FROM metering_costbalance AS balance USING metering_costaccount AS account, {_TOUCHED}
    WHERE account.cluster_id = touched.cluster_id AND balance.account_id = account.id
        AND balance.day >= touched.since
"""  # noqa: S608 - of constants
_OPEN = f"""
    INSERT INTO metering_costaccount (
        {_KEYS}, cluster_name, first_day, last_day, {", ".join(_SUMS)}
    )
    SELECT {_KEYS}, max(cluster_name), min(day), max(day), {", ".join("0" for _ in _SUMS)}
    FROM {_TOUCHED} JOIN metering_costday AS of_day USING (cluster_id)
    WHERE of_day.day >= touched.since GROUP BY {_KEYS}
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - of constants
_ADD = f"""
    INSERT INTO metering_costbalance (account_id, day, {", ".join(_SUMS)})
    SELECT account.id, of_day.day, {
    ", ".join(f"coalesce(before.{field}, 0) + sum(of_day.{field}) OVER in_order" for field in _SUMS)
}
    FROM (
        SELECT {_KEYS}, day, {", ".join(f"coalesce(sum({part}), 0) AS {part}" for part in PARTS)},
            coalesce(sum(total), 0) AS total, sum(seconds) AS seconds,
            coalesce(sum(seconds) FILTER (WHERE NOT priced), 0) AS unpriced_seconds
        FROM {_TOUCHED} JOIN metering_costday USING (cluster_id)
        WHERE day >= touched.since GROUP BY {_KEYS}, day
    ) AS of_day
    JOIN metering_costaccount AS account ON {_SAME_ACCOUNT}
    LEFT JOIN LATERAL (
        SELECT * FROM metering_costbalance WHERE account_id = account.id ORDER BY day DESC LIMIT 1
    ) AS before ON true
    WINDOW in_order AS (PARTITION BY account.id ORDER BY of_day.day)
    ORDER BY of_day.day
"""  # noqa: S608 - of constants
_BALANCE = f"""
    UPDATE metering_costaccount AS account
    SET cluster_name = newest.cluster_name, first_day = oldest.day, last_day = latest.day,
        {", ".join(f"{field} = latest.{field}" for field in _SUMS)}
    FROM {_TOUCHED} CROSS JOIN LATERAL (
        SELECT cluster_name FROM metering_costday WHERE cluster_id = touched.cluster_id
        ORDER BY day DESC, cluster_name DESC LIMIT 1
    ) AS newest
    JOIN metering_costaccount AS same ON same.cluster_id = touched.cluster_id
    CROSS JOIN LATERAL (
        SELECT * FROM metering_costbalance WHERE account_id = same.id ORDER BY day DESC LIMIT 1
    ) AS latest
    CROSS JOIN LATERAL (
        SELECT min(day) AS day FROM metering_costbalance WHERE account_id = same.id
    ) AS oldest
    WHERE account.id = same.id
"""  # noqa: S608 - of constants
_CLOSE = f"""
    DELETE FROM metering_costaccount AS account USING {_TOUCHED}
    WHERE account.cluster_id = touched.cluster_id AND NOT EXISTS (
        SELECT FROM metering_costbalance WHERE account_id = account.id
    )
"""  # noqa: S608 - of constants


def balance(cursor: CursorWrapper, touched: Iterable[tuple[UUID, date]]) -> None:
    """Write the balances of clusters whose given days changed, from the first of these on."""
    since: dict[UUID, date] = {}
    for cluster_id, day in touched:
        since[cluster_id] = min(day, since.get(cluster_id, day))
    values: dict[str, Any] = {"clusters": list(since), "days": list(since.values())}
    for statement in (_DROP, _OPEN, _ADD, _BALANCE, _CLOSE):
        cursor.execute(statement, values)
