"""What a report says of the cluster's jobs, and the pieces of their logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from clusters.agent import bounds
from clusters.logs import jobs as job_logs
from clusters.models import Cluster, Job
from clusters.queries.clusters import LOG_LIMIT

PIECE_LIMIT = 128 * 1024  # bytes of log taken at a time; the agent sends less
MOST_JOBS, MOST_JOBS_A_REPORT, MOST_PIECES_A_REPORT = 10_000, 500, 500
STATUSES = {"PENDING", "RUNNING", *Job.OVER}
_TOLD = ("status", "entrypoint", "message", "metadata", "started_at", "ended_at")


def store_jobs(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> None:
    """Store the jobs that changed; a cluster keeps 10,000, later ones are not taken."""
    jobs = _read(cluster, islice(items, MOST_JOBS_A_REPORT))
    if not jobs:
        return
    known = Job.objects.filter(run=cluster.run_id, submission_id__in=jobs).values_list(
        "submission_id", flat=True
    )
    new = jobs.keys() - set(known)
    if new and cluster.jobs.count() + len(new) > MOST_JOBS:
        jobs = {key: job for key, job in jobs.items() if key not in new}
    Job.objects.bulk_create(
        jobs.values(),
        update_conflicts=True,
        unique_fields=["run", "submission_id"],
        update_fields=_TOLD,
    )


def _read(cluster: Cluster, items: Iterable[Mapping[str, Any]]) -> dict[str, Job]:
    """Return the jobs by submission id, those left out that have none or no known status."""
    found = (
        Job(
            cluster=cluster,
            run_id=cluster.run_id,
            submission_id=bounds.text(item.get("submission_id"), most=200),
            status=item["status"],
            entrypoint=bounds.text(item.get("entrypoint"), most=20_000),
            message=bounds.text(item.get("message"), most=20_000),
            metadata=bounds.words(item.get("metadata") or {}),
            started_at=bounds.moment(item.get("started_at")),
            ended_at=bounds.moment(item.get("ended_at")),
        )
        for item in items
    )
    return {job.submission_id: job for job in found if job.submission_id and job.status in STATUSES}


def store_logs(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Append the pieces that continue their log; return the offset to go on from, for each."""
    offsets: dict[str, int] = {}
    for item in islice(items, MOST_PIECES_A_REPORT):
        job = Job.objects.select_for_update().filter(
            run=cluster.run_id, submission_id=item["submission_id"]
        )
        for row in job:
            offsets[row.submission_id] = _append(row, item)
    return offsets


def _append(job: Job, item: Mapping[str, Any]) -> int:
    whole = bounds.text(item["text"], most=PIECE_LIMIT).encode()
    # A character that is cut in two comes whole with the next piece.
    text, offset = whole[:PIECE_LIMIT].decode(errors="ignore"), int(item["offset"])
    size = len(text.encode())
    if offset != job.log_bytes or not size:
        return job.log_bytes  # sent before, or a piece is missing: go on from what is here
    if offset < LOG_LIMIT:
        job_logs.append(job, offset=offset, text=text, size=size)
    Job.objects.filter(pk=job.pk).update(log_bytes=offset + size)
    return offset + size
