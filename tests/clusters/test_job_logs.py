"""Output of jobs is kept within bounds; agents go on from where they are all the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import Settings

from accounts.models import User
from clusters.logs import jobs as job_logs
from clusters.models import Job, JobLog, JobLogUsage
from clusters.queries.clusters import log_of
from retention import partitions
from retention.tables import JOB_LOGS

from .head import Head

pytestmark = pytest.mark.django_db
LINE = "123456789\n"


def send(head: Head, *, job: str = "j1", lines: int = 1) -> dict[str, Any]:
    """Have the agent send lines of a job, each as a piece of its own; return the last answer."""
    answer = head.report(jobs=[{"submission_id": job, "status": "RUNNING", "entrypoint": "x"}])
    for _ in range(lines):
        row = Job.objects.get(submission_id=job)
        piece = {"submission_id": job, "offset": row.log_bytes, "text": LINE}
        answer = head.report(logs=[piece])
    return answer


def test_a_cluster_with_too_much_output_loses_its_oldest(head: Head, settings: Settings) -> None:
    settings.JOB_LOGS_PER_CLUSTER = 35
    assert send(head, lines=5)["log_offsets"] == {"j1": 50}
    job = Job.objects.get()
    assert (log_of(job).text, log_of(job).is_cut) == (LINE * 3, True)
    send(head, job="j2")
    assert (log_of(job).text, log_of(Job.objects.get(submission_id="j2")).text) == (LINE * 2, LINE)
    assert (
        JobLogUsage.objects.get().bytes == 30 == sum(piece.size for piece in JobLog.objects.all())
    )


def test_the_page_of_a_job_says_that_output_was_removed(
    head: Head, settings: Settings, alice: User
) -> None:
    client = Client()
    client.force_login(alice)
    send(head, lines=2)
    page = reverse("clusters:job", args=[head.cluster.pk, Job.objects.get().pk])
    assert "Older log output was removed." not in client.get(page).content.decode()
    settings.JOB_LOGS_PER_CLUSTER = 10
    send(head)
    assert "Older log output was removed." in client.get(page).content.decode()


def test_too_much_in_total_removes_the_oldest_days_first(head: Head, settings: Settings) -> None:
    send(head, lines=6)
    first, second, *_ = JobLog.objects.order_by("pk")
    JobLog.objects.filter(pk=first.pk).update(at=now() - timedelta(days=2))
    JobLog.objects.filter(pk=second.pk).update(at=now() - timedelta(days=1))
    partitions.prepare(now())
    settings.JOB_LOGS_IN_TOTAL = 50
    job_logs.ROOM.bound_total(now())
    assert JobLog.objects.count() == 5
    assert JobLogUsage.objects.get().bytes == 50
    settings.JOB_LOGS_IN_TOTAL = 25
    job_logs.ROOM.bound_total(now())
    assert JobLog.objects.count() == 2
    assert JobLogUsage.objects.get().bytes == 20
    assert log_of(Job.objects.get()).text == LINE * 2
    assert send(head)["log_offsets"] == {"j1": 70}


def test_usage_is_counted_again_after_old_days_were_dropped(head: Head) -> None:
    send(head, lines=3)
    oldest = JobLog.objects.order_by("pk")[0]
    JobLog.objects.filter(pk=oldest.pk).update(at=now() - timedelta(days=40))
    partitions.prepare(now())
    assert partitions.drop_expired(now(), tables=[JOB_LOGS]) == 1
    job_logs.ROOM.count_usage()
    assert JobLogUsage.objects.get().bytes == 20
