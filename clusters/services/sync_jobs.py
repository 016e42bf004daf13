"""What a report says of the cluster's jobs, and the pieces of their logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from clusters.models import Cluster, Job, JobLog

LOG_LIMIT = 16 * 2**20  # bytes of log kept of one job


def store_jobs(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> None:
    """Store the jobs that changed."""
    for item in items:
        if not item.get("submission_id"):
            continue
        Job.objects.update_or_create(
            cluster=cluster,
            submission_id=str(item["submission_id"])[:200],
            defaults={
                "status": str(item["status"])[:20],
                "entrypoint": _text(item.get("entrypoint")),
                "message": _text(item.get("message")),
                "metadata": item.get("metadata") or {},
                "started_at": _moment(item.get("started_at")),
                "ended_at": _moment(item.get("ended_at")),
            },
        )


def store_logs(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Append the pieces that continue their log; return the offset to go on from, for each."""
    offsets: dict[str, int] = {}
    for item in items:
        job = Job.objects.select_for_update().filter(
            cluster=cluster, submission_id=item["submission_id"]
        )
        for row in job:
            offsets[row.submission_id] = _append(row, item)
    return offsets


def _append(job: Job, item: Mapping[str, Any]) -> int:
    text, offset = str(item["text"]), int(item["offset"])
    size = len(text.encode())
    if offset != job.log_bytes or not size:
        return job.log_bytes  # sent before, or a piece is missing: go on from what is here
    if offset < LOG_LIMIT:
        # NUL cannot be stored; a space of the same length keeps the offsets true.
        JobLog.objects.create(job=job, offset=offset, text=text.replace("\0", " "))
    Job.objects.filter(pk=job.pk).update(log_bytes=offset + size)
    return offset + size


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def _text(value: object) -> str:
    return str(value or "").replace("\0", " ")[:20_000]
