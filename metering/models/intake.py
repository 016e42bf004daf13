"""What is remembered about samples that came in; the samples themselves are in partitions.

`metering_sample` and the three roll-up tables have no models: nothing but `samples`, `rollups`
and `queries` touches them, always with SQL. Migration 0002 makes them.
"""

from __future__ import annotations

from django.db import models


class Intake(models.Model):
    """How much one cluster sent, and when; its row is the lock that makes senders take turns."""

    cluster_id = models.UUIDField(primary_key=True)
    accepted = models.BigIntegerField(db_default=0)
    repeated = models.BigIntegerField(db_default=0, help_text="Sent again, skipped.")
    too_old = models.BigIntegerField(db_default=0, help_text="Older than the raw history.")
    too_new = models.BigIntegerField(db_default=0, help_text="More than five minutes ahead.")
    last_at = models.DateTimeField(null=True, help_text="The newest sample.")


class Cursor(models.Model):
    """The newest sample of one node; what is not newer was recorded before."""

    pk = models.CompositePrimaryKey("cluster_id", "node")
    cluster_id = models.UUIDField()
    node = models.TextField()
    at = models.DateTimeField()


class PendingBucket(models.Model):
    """Five minutes of one cluster that have samples the roll-ups have not seen."""

    pk = models.CompositePrimaryKey("bucket", "cluster_id")
    bucket = models.DateTimeField()
    cluster_id = models.UUIDField()
    revision = models.BigIntegerField(db_default=0, help_text="Grows with each batch of samples.")
