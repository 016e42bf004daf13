"""Whether the ledger of an installation is whole, asked of the database with rules of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.stack import Console

# Each query returns a sentence for every row that is wrong.
RULES = {
    "a node that was there has no interval": """
        SELECT node.name AS wrong FROM clusters_node AS node
        LEFT JOIN metering_interval AS interval ON interval.node = node.name
        WHERE (node.booted_at IS NOT NULL OR node.ready_at IS NOT NULL) AND interval.id IS NULL""",
    "an interval belongs to no node that was there": """
        SELECT interval.node AS wrong FROM metering_interval AS interval
        LEFT JOIN clusters_node AS node ON node.name = interval.node
        WHERE node.id IS NULL OR (node.booted_at IS NULL AND node.ready_at IS NULL)""",
    "an interval begins at another time than its node": """
        SELECT node.name AS wrong FROM clusters_node AS node
        JOIN metering_interval AS interval ON interval.node = node.name
        WHERE interval.started_at <> coalesce(node.booted_at, node.ready_at)""",
    "an interval ends at another time than its node": """
        SELECT node.name || ': ' || coalesce(interval.ended_at::text, 'open') AS wrong
        FROM clusters_node AS node JOIN metering_interval AS interval ON interval.node = node.name
        WHERE interval.ended_at IS DISTINCT FROM node.ended_at""",
    "a node ended more than once": """
        SELECT node.name || ': ' || count(*) AS wrong FROM clusters_event AS event
        JOIN clusters_node AS node ON node.id = event.node_id
        WHERE event.to_state = 'terminated' GROUP BY node.name HAVING count(*) > 1""",
}
# Only once all nodes have ended and the ledger was posted.
FINAL_RULES = {
    "the hours of an interval do not sum to its price": """
        SELECT interval.node || ': ' || coalesce(sum(line.total), 0) AS wrong
        FROM metering_interval AS interval
        LEFT JOIN metering_costhour AS line ON line.interval_id = interval.id
        GROUP BY interval.id
        HAVING coalesce(sum(line.total), 0) <> div(
            interval.hourly_microusd * (extract(epoch FROM interval.ended_at - interval.started_at)
            * 1000000)::numeric, 3600000000)""",
    "an interval has no price": """
        SELECT interval.node AS wrong FROM metering_interval AS interval
        WHERE interval.hourly_microusd IS NULL""",
    "the parts do not sum to the total": """
        SELECT line.id::text AS wrong FROM metering_costhour AS line
        WHERE line.total <> line.control + line.overhead + line.used + line.reserved_idle
            + line.infra_idle""",
    "the days do not sum to the hours": """
        SELECT cluster_id::text AS wrong FROM (
            SELECT cluster_id, day, total FROM metering_costhour
            UNION ALL SELECT cluster_id, day, -total FROM metering_costday
        ) AS together GROUP BY cluster_id, day HAVING sum(total) <> 0""",
}


def wrong_entries(console: Console, *, final: bool = False) -> list[str]:
    """Return what is wrong with the ledger; `final`: all nodes have ended and it was posted."""
    rules = {**RULES, **(FINAL_RULES if final else {})}
    return [
        f"{rule}: {row['wrong']}" for rule, query in rules.items() for row in console.rows(query)
    ]


def post_ledger(console: Console) -> None:
    """Bring the ledger up to now, as beat does each minute."""
    console.python(
        "from django.utils.timezone import now\nfrom metering import ledger\nledger.post(now())"
    )


def total_microusd(console: Console, cluster_id: str) -> int:
    """Return what a cluster's hours sum to."""
    query = "SELECT coalesce(sum(total), 0)::bigint AS sum FROM metering_costhour"
    return int(console.rows(f"{query} WHERE cluster_id = %s", cluster_id)[0]["sum"])
