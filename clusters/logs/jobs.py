"""Store the output of jobs."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from clusters.logs.room import LogRoom
from clusters.models import Job, JobLog
from retention.tables import JOB_LOGS

ROOM = LogRoom(
    pieces=JOB_LOGS,
    usage="clusters_joblogusage",
    per_cluster=lambda: int(settings.JOB_LOGS_PER_CLUSTER),
    in_total=lambda: int(settings.JOB_LOGS_IN_TOTAL),
)


@transaction.atomic
def append(job: Job, *, offset: int, text: str, size: int) -> None:
    """Store a piece of the job's log; the caller holds the job's row.

    A cluster that has more than its share loses its oldest output.
    """
    JobLog.objects.create(job=job, cluster_id=job.cluster_id, offset=offset, text=text, size=size)
    ROOM.use(job.cluster_id, size)
