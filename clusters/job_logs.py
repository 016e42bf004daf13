"""Store the output of jobs within bounds: where there is no room, the oldest output makes some."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from clusters.models import Job, JobLog, JobLogUsage
from retention import partitions
from retention.tables import JOB_LOGS

_BATCH = 1000  # pieces removed by one statement
_USE = """
    INSERT INTO clusters_joblogusage AS usage (cluster_id, bytes) VALUES (%s, %s)
    ON CONFLICT (cluster_id) DO UPDATE SET bytes = usage.bytes + EXCLUDED.bytes
    RETURNING bytes
"""
# The oldest pieces that together have so many bytes.
_REMOVE = """
    WITH oldest AS (
        SELECT id, at, sum(size) OVER (ORDER BY id) - size AS before
        FROM (SELECT id, at, size FROM clusters_joblog WHERE {where} ORDER BY id LIMIT {batch})
            AS first
    ), removed AS (
        DELETE FROM clusters_joblog AS piece USING oldest
        WHERE piece.id = oldest.id AND piece.at = oldest.at AND oldest.before < %(bytes)s
        RETURNING piece.cluster_id, piece.size
    ), by_cluster AS (
        SELECT cluster_id, sum(size) AS size FROM removed GROUP BY cluster_id
    ), used AS (
        UPDATE clusters_joblogusage AS usage SET bytes = usage.bytes - by_cluster.size
        FROM by_cluster WHERE usage.cluster_id = by_cluster.cluster_id
    )
    SELECT coalesce(sum(size), 0) FROM by_cluster
"""
_COUNT = """
    UPDATE clusters_joblogusage AS usage SET bytes = coalesce(
        (SELECT sum(size) FROM clusters_joblog AS piece WHERE piece.cluster_id = usage.cluster_id),
        0
    )
"""


@transaction.atomic
def append(job: Job, *, offset: int, text: str, size: int) -> None:
    """Store a piece of the job's log; the caller holds the job's row.

    A cluster that has more than its share loses its oldest output.
    """
    with connection.cursor() as cursor:
        cursor.execute(_USE, [job.cluster_id, size])
        (used,) = cursor.fetchone()
    JobLog.objects.create(job=job, cluster_id=job.cluster_id, offset=offset, text=text, size=size)
    excess = used - settings.JOB_LOGS_PER_CLUSTER
    while excess > 0 and (removed := _remove_oldest(excess, cluster=job.cluster_id)):
        excess -= removed


def bound_total(now: datetime) -> None:
    """Remove the oldest output of all clusters where it is too much: by days, today's by pieces."""
    if _total() <= settings.JOB_LOGS_IN_TOTAL:
        return
    today = JOB_LOGS.name(now)
    for name in partitions.names(JOB_LOGS):
        if name >= today:
            break
        partitions.drop(JOB_LOGS, name)
        count_usage()
        if _total() <= settings.JOB_LOGS_IN_TOTAL:
            return
    while (excess := _total() - settings.JOB_LOGS_IN_TOTAL) > 0:
        with transaction.atomic():
            _lock_usage()
            if not _remove_oldest(excess):
                return


@transaction.atomic
def count_usage() -> None:
    """Count again what each cluster has: partitions were dropped."""
    _lock_usage()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)


def _total() -> int:
    return JobLogUsage.objects.aggregate(total=Sum("bytes"))["total"] or 0


def _lock_usage() -> None:
    """Wait for those who append, each of which holds its own cluster's row."""
    list(JobLogUsage.objects.select_for_update().order_by("pk").values_list("pk"))


def _remove_oldest(excess: int, *, cluster: UUID | None = None) -> int:
    query = _REMOVE.format(where="cluster_id = %(cluster)s" if cluster else "true", batch=_BATCH)
    values: dict[str, Any] = {"cluster": cluster, "bytes": excess}
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        (removed,) = cursor.fetchone()
    return int(removed)
