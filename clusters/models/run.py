from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Run(models.Model):
    """One start of a cluster: what is true of it from this start to its end.

    Only `clusters.runs` begins and ends runs. An ended run keeps what it ended with.
    """

    cluster = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField(help_text="Counts the cluster's starts, from 1.")
    requested_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, help_text="When its head was ready.")
    ended_at = models.DateTimeField(null=True, help_text="When its last machine was terminated.")
    end_reason = models.CharField(max_length=1000, blank=True)
    checks = models.ForeignKey(
        "clouds.CloudCheck",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The checks of its cloud that were made for it. Empty: none.",
    )
    last_error = models.CharField(max_length=500, blank=True)
    last_error_class = models.CharField(max_length=20, blank=True, default="")
    failed_at = models.DateTimeField(null=True, help_text="When a node failed last.")

    idle_since = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True, help_text="The idle timer is paused until then.")

    # What the head agent reported last.
    agent_token_hash = models.CharField(max_length=64)
    sealed_tokens = models.CharField(max_length=250, blank=True, default="")
    agent_seen_at = models.DateTimeField(null=True)
    ray_version = models.CharField(max_length=20, blank=True, db_default="")
    python_version = models.CharField(max_length=20, blank=True, db_default="")
    ray_session = models.CharField(max_length=100, blank=True)
    report_digest = models.CharField(
        max_length=32,
        blank=True,
        db_default="",
        help_text="Of the last report that was stored. Empty: the next one is, whatever it says.",
    )
    report_at = models.DateTimeField(null=True, help_text="When that one was stored.")
    news = models.PositiveBigIntegerField(
        db_default=0, help_text="Counts what was written that the next pass must see."
    )
    demand = models.JSONField(default=dict)
    demand_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(
        null=True, help_text="Since when work has been pending without a pause."
    )
    waits = models.JSONField(default=list, help_text="What the last plan found no node for.")
    drivers = models.PositiveIntegerField(null=True, help_text="Running jobs and drivers.")
    actors = models.PositiveIntegerField(null=True)

    workspace = models.JSONField(
        default=dict, help_text="Of a workspace: what the agent says of JupyterLab."
    )

    # Where its head is reached, as the provider says.
    gcs_address = models.CharField(max_length=200, blank=True)
    dashboard_url = models.CharField(max_length=200, blank=True)
    client_address = models.CharField(max_length=200, blank=True)
    jupyter_url = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        ordering = ["cluster", "number"]
        # A report is recognized by its token alone.
        indexes = [models.Index(fields=["agent_token_hash"], name="run_by_agent_token")]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "number"], name="run_number_once"),
            models.CheckConstraint(name="run_number_from_one", condition=models.Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"run {self.number}"
