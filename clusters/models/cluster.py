from __future__ import annotations

import secrets
import uuid
from typing import ClassVar, NamedTuple

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import TeamQuerySet
from domain.health.model import ATTENTION, Level
from domain.lifecycle import ClusterState, ClusterTarget, EndCause, NodeRole, NodeState
from domain.offerings import Market


class Hardware(NamedTuple):
    """What one machine physically has."""

    vcpus: float
    memory_bytes: int
    gpus: float


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
    image_version = models.ForeignKey("images.ImageVersion", models.PROTECT)
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


class Node(models.Model):
    """One machine, written down before it is asked for. Its name is used only once, ever."""

    name = models.CharField(max_length=20, unique=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="nodes")
    group = models.ForeignKey(Group, models.PROTECT, related_name="nodes")
    run = models.ForeignKey("clusters.Run", models.PROTECT, related_name="nodes")
    version = models.ForeignKey(
        "configurations.Version",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The version whose settings it was launched with.",
    )
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in NodeRole])
    market = models.CharField(
        max_length=20, default=Market.ON_DEMAND, choices=[(m.value, m.label) for m in Market]
    )
    state = models.CharField(
        max_length=20,
        default=NodeState.REQUESTED,
        choices=[(state.value, state.label) for state in NodeState],
    )
    # A group may rent more than one kind of machine: what this one is. Empty: as its group.
    instance_type = models.CharField(max_length=63, blank=True)
    zone = models.CharField(max_length=63, blank=True, help_text="Empty: the provider chose.")
    resources = models.JSONField(default=dict, help_text="Logical. Empty: as its group.")
    vcpus = models.FloatField(
        null=True, help_text="Physical. Empty, as the next two: as its group."
    )
    memory_bytes = models.BigIntegerField(null=True)
    gpus = models.FloatField(null=True)
    planned = models.JSONField(default=list, help_text="What it was launched for.")
    hourly_microusd = models.BigIntegerField(null=True, help_text="Empty: no price is known.")
    # No constraint: decisions are dropped before the nodes that they were about.
    decision = models.ForeignKey(
        "clusters.ScalingDecision", models.DO_NOTHING, null=True, db_constraint=False
    )
    decision_reason = models.CharField(
        max_length=1000, blank=True, help_text="Kept for longer than the decision."
    )

    requested_at = models.DateTimeField(db_default=Now())
    launched_at = models.DateTimeField(null=True)
    booted_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    draining_at = models.DateTimeField(null=True)
    drain_deadline = models.DateTimeField(null=True, help_text="Empty: only if Ray agrees.")
    terminating_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_cause = models.CharField(
        max_length=20, blank=True, choices=[(c.value, c.value) for c in EndCause]
    )
    end_reason = models.CharField(max_length=1000, blank=True)

    # What Ray said of it last.
    address = models.CharField(max_length=100, blank=True)
    ray_node_id = models.CharField(max_length=64, blank=True)
    missing_since = models.DateTimeField(null=True, help_text="When Ray stopped listing it.")
    idle_since = models.DateTimeField(null=True, help_text="Empty: busy, or not known.")
    actors = models.PositiveIntegerField(null=True, help_text="That live on it; empty: not known.")
    total = models.JSONField(default=dict)
    free = models.JSONField(default=dict)
    logs_wanted_until = models.DateTimeField(
        null=True, help_text="Until then, a user reads its logs: all files are fetched."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="node_state_known", condition=Q(state__in=[s.value for s in NodeState])
            ),
            models.CheckConstraint(
                name="node_ended_says_when",
                condition=~Q(state=NodeState.TERMINATED) | Q(ended_at__isnull=False),
            ),
            # Two heads of one run would be two clusters.
            models.UniqueConstraint(
                fields=["cluster"],
                condition=Q(role=NodeRole.HEAD) & ~Q(state=NodeState.TERMINATED),
                name="node_one_head",
            ),
        ]
        indexes = [
            # The live nodes of a cluster: every pass of the reconcile loop.
            models.Index(
                fields=["cluster"], name="node_live", condition=~Q(state=NodeState.TERMINATED)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def machine(self) -> str:
        """The instance type that the node is."""
        return self.instance_type or self.group.instance_type

    @property
    def hardware(self) -> Hardware:
        """What the machine physically has."""
        own, group = (self.vcpus, self.memory_bytes, self.gpus), self.group
        if own == (None, None, None):
            return Hardware(group.vcpus, group.memory_bytes, group.gpus)
        return Hardware(self.vcpus or 0, self.memory_bytes or 0, self.gpus or 0)

    @property
    def promised(self) -> dict[str, float]:
        """The logical resources that the node brings once it is up."""
        brought: dict[str, float] = self.resources or self.group.resources
        return brought

    @property
    def label(self) -> str:
        """The node's name for people: its group and its number."""
        number = self.name.rpartition("-")[2]
        return "head" if self.role == NodeRole.HEAD else f"{self.group.name}-{number}"
