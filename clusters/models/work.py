from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import now


class Command(models.Model):
    """Something the head agent is to do; it is handed out until its result is here."""

    class Kind(models.TextChoices):
        DRAIN = "drain"
        SUBMIT_JOB = "submit_job"
        STOP_JOB = "stop_job"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="commands")
    run = models.ForeignKey("clusters.Run", models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=20, choices=Kind)
    node = models.ForeignKey("clusters.Node", models.CASCADE, null=True)
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True)
    finished_at = models.DateTimeField(null=True)
    ok = models.BooleanField(null=True)
    message = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [
            # What a sync's answer must carry.
            models.Index(
                fields=["cluster"],
                name="command_open",
                condition=models.Q(finished_at=None),
            )
        ]


class Job(models.Model):
    """A Ray job of one cluster, kept with its log after the cluster is gone."""

    cluster = models.ForeignKey(
        "clusters.Cluster", models.CASCADE, related_name="jobs", db_index=False
    )
    run = models.ForeignKey(
        "clusters.Run", models.CASCADE, related_name="jobs", help_text="Ids may repeat in another."
    )
    submission_id = models.CharField(max_length=200)
    status = models.CharField(max_length=20, default="PENDING")
    entrypoint = models.TextField(blank=True)
    message = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    submitted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    log_bytes = models.BigIntegerField(default=0)

    OVER = ("SUCCEEDED", "FAILED", "STOPPED")  # Ray's final statuses

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "submission_id"], name="job_submission_once")
        ]
        # A cluster's newest jobs.
        indexes = [models.Index(fields=["cluster", "-id"], name="job_of_cluster")]

    def __str__(self) -> str:
        return self.submission_id

    @property
    def is_over(self) -> bool:
        return self.status in self.OVER

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has run so far."""
        if self.started_at is None:
            return None
        return ((self.ended_at or now()) - self.started_at).total_seconds()


class JobLog(models.Model):
    """A piece of a job's log, `offset` in bytes of UTF-8 from its beginning.

    The table is in partitions by `at`: whoever writes holds the job's row, so that no piece is
    there twice.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="pieces", db_index=False)
    cluster = models.ForeignKey(
        "clusters.Cluster", models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField(db_default=Now(), help_text="When it was received.")
    offset = models.BigIntegerField()
    size = models.PositiveIntegerField(db_default=0, help_text="In bytes of UTF-8.")
    text = models.TextField()

    class Meta:
        ordering = ["offset"]
        indexes = [
            models.Index(fields=["job", "offset"], name="joblog_of_job"),
            # A cluster's oldest pieces, which make room.
            models.Index(fields=["cluster", "id"], name="joblog_of_cluster"),
        ]


class JobLogUsage(models.Model):
    """How many bytes of job logs are kept of a cluster."""

    cluster = models.OneToOneField(
        "clusters.Cluster", models.CASCADE, primary_key=True, related_name="job_log_usage"
    )
    bytes = models.BigIntegerField(default=0)
