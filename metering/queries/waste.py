"""What was paid for and not used, of each node of one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

_MOST_ROWS = 2_000
_QUERY = """
    SELECT node, sum(share * reserved_idle)::bigint, sum(share * infra_idle)::bigint,
        sum(share * total)::bigint
    FROM (
        SELECT interval.node, reserved_idle, infra_idle, total, least(1,
            extract(epoch FROM line.hour + interval '1 hour' - %(since)s) / 3600) AS share
        FROM metering_costhour AS line JOIN metering_interval AS interval
            ON interval.id = line.interval_id
        WHERE line.cluster_id = %(cluster)s AND line.day >= %(since)s::date - 1
            AND line.hour > %(since)s - interval '1 hour' AND line.total IS NOT NULL
    ) AS within GROUP BY node
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """Micro-dollars of workers in service: reserved but not used, and not reserved at all."""

    held_unused: int = 0
    unreserved: int = 0
    paid: int = 0

    @property
    def wasted(self) -> int:
        return self.held_unused + self.unreserved


def waste_by_node(
    cluster_id: UUID, *, since: datetime, now: datetime, node_count: int
) -> dict[str, Waste] | None:
    """Return the waste of a cluster's nodes; None where that would read too many hours.

    The hour in which the range begins counts by the share that is within.
    """
    if node_count * ((now - since) / timedelta(hours=1) + 1) > _MOST_ROWS:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, {"cluster": cluster_id, "since": since})
        return {
            node: Waste(held_unused=held, unreserved=unreserved, paid=paid)
            for node, held, unreserved, paid in cursor.fetchall()
        }
