from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import TeamQuerySet
from domain.health.model import ATTENTION, Level
from domain.lifecycle import ClusterState, ClusterTarget, NodeRole
from domain.offerings import Market


def new_handle() -> str:
    """Return a cluster's short name for paths and machines: a letter, then seven hex digits."""
    return "c" + secrets.token_hex(4)[:7]


class Cluster(models.Model):
    """One Ray cluster: what is wanted of it, and how far it has come."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handle = models.CharField(max_length=8, unique=True, default=new_handle, editable=False)
    name = models.CharField(max_length=63)
    team = models.ForeignKey("accounts.Team", models.PROTECT)
    owner = models.ForeignKey("accounts.User", models.PROTECT)
    cloud = models.ForeignKey("clouds.Cloud", models.PROTECT)
    version = models.ForeignKey("configurations.Version", models.PROTECT, related_name="clusters")
    environment = models.CharField(
        max_length=63, blank=True, help_text="The environment whose overlay applies; empty: none."
    )
    release = models.ForeignKey(
        "promotions.Release",
        models.PROTECT,
        null=True,
        related_name="clusters",
        help_text="The release it was brought to, and follows. Empty: it follows none.",
    )
    settings = models.ForeignKey(
        "promotions.EnvironmentSettings",
        models.PROTECT,
        null=True,
        related_name="clusters",
        help_text="Those of its environment that are laid over the version. Empty: none.",
    )
    test_run = models.OneToOneField(
        "promotions.TestRun",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The test of a change request that it was launched for. Empty: none.",
    )
    replaced_by = models.ForeignKey(
        "self",
        models.RESTRICT,
        null=True,
        related_name="+",
        help_text="The cluster that took its place. While set, it takes no new jobs.",
    )
    image_version = models.ForeignKey("images.ImageVersion", models.PROTECT)
    workspace = models.ForeignKey(
        "clusters.Workspace",
        models.PROTECT,
        null=True,
        related_name="clusters",
        help_text="Whose JupyterLab its head serves. Empty: it is no workspace.",
    )
    resource = models.PositiveIntegerField(
        default=0, help_text="Index of the cloud resource in use, from 0."
    )

    state = models.CharField(
        max_length=20,
        default=ClusterState.REQUESTED,
        choices=[(state.value, state.label) for state in ClusterState],
    )
    target = models.CharField(
        max_length=20,
        default=ClusterTarget.RUNNING,
        choices=[(target.value, target.value) for target in ClusterTarget],
    )
    state_since = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    run = models.OneToOneField(
        "clusters.Run", models.RESTRICT, related_name="+", help_text="The current or last start."
    )

    # Settings that came from the version and may be changed while the cluster runs.
    autoscaling = models.BooleanField(default=True)
    idle_minutes = models.PositiveIntegerField(null=True)
    max_lifetime_minutes = models.PositiveIntegerField(null=True)
    worker_idle_seconds = models.PositiveIntegerField(default=60)
    max_usd_per_hour = models.DecimalField(null=True, max_digits=12, decimal_places=4)
    min_resources = models.JSONField(default=dict)
    max_resources = models.JSONField(default=dict)

    replacing_since = models.DateTimeField(
        null=True, help_text="Since when outdated nodes are being replaced. Empty: they stay."
    )

    # The reconcile loop: whose turn it is, and when somebody must look again.
    lease_token = models.UUIDField(null=True)
    lease_expires = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True, help_text="When the lease was extended last.")
    wake_at = models.DateTimeField(db_default=Now())
    passed_at = models.DateTimeField(
        null=True, help_text="When the last pass ended. In the future: the clock was set back."
    )
    rest_until = models.DateTimeField(
        null=True, help_text="No pass before that, unless a user asks for one."
    )
    slow_until = models.DateTimeField(
        null=True, help_text="Until then, passes run in the queue for slow clusters."
    )
    timeouts = models.PositiveIntegerField(
        default=0, help_text="The last passes that were stopped for taking too long, in a row."
    )
    next_node = models.PositiveIntegerField(default=0, help_text="Names are never used again.")

    # What a pass that found nothing to do leaves: see clusters/reconcile/settled.py.
    look_at = models.DateTimeField(
        null=True, help_text="While wake_at is this, the machines alone need a look then."
    )
    settled_until = models.DateTimeField(null=True, help_text="A whole pass is due then.")
    is_routine = models.BooleanField(
        default=False, db_default=False, help_text="Nothing is due then: the pass is a precaution."
    )
    settled_news = models.PositiveBigIntegerField(
        null=True, help_text="The run's news that the pass knew."
    )
    machines = models.CharField(
        max_length=32, blank=True, db_default="", help_text="Digest of the machines that it saw."
    )

    # How it is, as the last pass judged it.
    health = models.CharField(
        max_length=10, default=Level.FINE.value, choices=[(v.value, v.label) for v in Level]
    )
    health_since = models.DateTimeField(db_default=Now())
    findings = models.JSONField(default=list, help_text="What is wrong, the worst first.")

    objects: ClassVar[TeamQuerySet[Cluster]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cluster_state_known", condition=Q(state__in=[s.value for s in ClusterState])
            ),
            models.CheckConstraint(
                name="cluster_target_known",
                condition=Q(target__in=[t.value for t in ClusterTarget]),
            ),
            models.UniqueConstraint(
                fields=["team", "name"],
                condition=~Q(state=ClusterState.TERMINATED),
                name="cluster_name_once_while_live",
                violation_error_message="This team has a live cluster of that name already.",
            ),
        ]
        indexes = [
            # The sweep: which clusters are due?
            models.Index(
                fields=["wake_at"],
                name="cluster_due",
                condition=~Q(state=ClusterState.TERMINATED),
            ),
            # The list page of a team, newest first.
            models.Index(fields=["team", "-created_at"], name="cluster_of_team"),
            models.Index(
                fields=["team"],
                name="cluster_attention",
                condition=Q(health__in=[v.value for v in ATTENTION]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_test(self) -> bool:
        """Whether it was launched for a test run: it follows no release and ends with the run."""
        return self.test_run_id is not None


class Group(models.Model):
    """The head, or one group of workers, as this cluster runs it now."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=63)
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in NodeRole])
    position = models.PositiveIntegerField()
    instance_type = models.CharField(max_length=63)
    market = models.CharField(
        max_length=20, default=Market.ON_DEMAND, choices=[(m.value, m.label) for m in Market]
    )
    vcpus = models.FloatField(help_text="Physical, of one node.")
    memory_bytes = models.BigIntegerField()
    gpus = models.FloatField(default=0)
    resources = models.JSONField(default=dict, help_text="Logical, of one node.")
    labels = models.JSONField(default=dict)
    min_nodes = models.PositiveIntegerField()
    max_nodes = models.PositiveIntegerField()
    idle_seconds = models.PositiveIntegerField(
        null=True, help_text="Worker idle timeout. Empty: the cluster's."
    )
    # What only a person can mend, a right or a setting, stops the group until somebody has.
    stopped_at = models.DateTimeField(null=True)
    stopped_reason = models.CharField(max_length=500, blank=True)
    retried_at = models.DateTimeField(null=True, help_text="Earlier failures do not count.")

    class Meta:
        ordering = ["cluster", "position"]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "name"], name="group_name_once"),
            models.CheckConstraint(
                name="group_min_below_max", condition=Q(min_nodes__lte=F("max_nodes"))
            ),
        ]

    def __str__(self) -> str:
        return self.name
