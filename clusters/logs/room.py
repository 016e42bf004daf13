"""Logs are kept within bounds: where there is no room, the oldest output makes some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from retention import partitions
from retention.tables import Partitioned

_BATCH = 1000  # pieces removed by one statement
_USE = """
    INSERT INTO {usage} AS usage (cluster_id, bytes) VALUES (%s, %s)
    ON CONFLICT (cluster_id) DO UPDATE SET bytes = greatest(0, usage.bytes + EXCLUDED.bytes)
    RETURNING bytes
"""
# The oldest pieces that together have so many bytes.
_REMOVE = """
    WITH oldest AS (
        SELECT id, at, sum(size) OVER (ORDER BY id) - size AS before
        FROM (SELECT id, at, size FROM {pieces} WHERE {where} ORDER BY id LIMIT {batch})
            AS first
    ), removed AS (
        DELETE FROM {pieces} AS piece USING oldest
        WHERE piece.id = oldest.id AND piece.at = oldest.at AND oldest.before < %(bytes)s
        RETURNING piece.cluster_id, piece.size
    ), by_cluster AS (
        SELECT cluster_id, sum(size) AS size FROM removed GROUP BY cluster_id
    ), used AS (
        UPDATE {usage} AS usage SET bytes = greatest(0, usage.bytes - by_cluster.size)
        FROM by_cluster WHERE usage.cluster_id = by_cluster.cluster_id
    )
    SELECT coalesce(sum(size), 0) FROM by_cluster
"""
_COUNT = """
    UPDATE {usage} AS usage SET bytes = coalesce(
        (SELECT sum(size) FROM {pieces} AS piece WHERE piece.cluster_id = usage.cluster_id), 0
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRoom:
    """The pieces of one kind of log, in partitions, and how many bytes each cluster has of them.

    `usage` is the table of those sums; the bounds are read each time, as tests change settings.
    """

    pieces: Partitioned
    usage: str
    per_cluster: Callable[[], int]
    in_total: Callable[[], int]

    def use(self, cluster: UUID, size: int) -> None:
        """Count so many bytes more, or fewer; a cluster with more than its share loses its oldest.

        The caller is in a transaction, and stores the piece first.
        """
        ((used,),) = self._rows(_USE, [cluster, size])
        excess = used - self.per_cluster()
        while excess > 0 and (removed := self._remove_oldest(excess, cluster=cluster)):
            excess -= removed

    def bound_total(self, now: datetime) -> None:
        """Remove the oldest output of all clusters that is too much: days, then pieces."""
        today = self.pieces.name(now)
        for name in partitions.names(self.pieces):
            if name >= today or self._excess() <= 0:
                break
            partitions.drop(self.pieces, name)
            self.count_usage()
        while (excess := self._excess()) > 0:
            with transaction.atomic():
                self._lock_usage()
                if not self._remove_oldest(excess):
                    return

    @transaction.atomic
    def count_usage(self) -> None:
        """Count again what each cluster has: partitions were dropped."""
        self._lock_usage()
        with connection.cursor() as cursor:
            cursor.execute(self._named(_COUNT))

    def _excess(self) -> int:
        ((total,),) = self._rows("SELECT coalesce(sum(bytes), 0) FROM {usage}")
        return int(total) - self.in_total()

    def _lock_usage(self) -> None:
        """Wait for those who append, each of which holds its own cluster's row."""
        self._rows("SELECT cluster_id FROM {usage} ORDER BY cluster_id FOR UPDATE")

    def _remove_oldest(self, excess: int, *, cluster: UUID | None = None) -> int:
        where = "cluster_id = %(cluster)s" if cluster else "true"
        values: dict[str, Any] = {"cluster": cluster, "bytes": excess}
        ((removed,),) = self._rows(_REMOVE, values, where=where)
        return int(removed)

    def _rows(self, query: str, values: Any = None, *, where: str = "") -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self._named(query, where=where), values)
            return list(cursor.fetchall())

    def _named(self, query: str, *, where: str = "") -> str:
        return query.format(pieces=self.pieces.table, usage=self.usage, where=where, batch=_BATCH)
