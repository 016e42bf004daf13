from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from clusters.models.cluster import Cluster, Group
from domain.lifecycle import EndCause, NodeRole, NodeState
from domain.offerings import Market


class Hardware(NamedTuple):
    """What one machine physically has."""

    vcpus: float
    memory_bytes: int
    gpus: float


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
    settings = models.ForeignKey(
        "promotions.EnvironmentSettings",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Those of the environment that it was launched with. Empty: none.",
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
    # Nodes that are asked for together: which of them are, and in which place, is known before the
    # first is asked for, so that a repeated call means the same machines.
    batch = models.CharField(
        max_length=20, blank=True, db_default="", help_text="Its first node. Empty: alone."
    )
    batch_index = models.PositiveSmallIntegerField(default=0, db_default=0)
    batch_size = models.PositiveSmallIntegerField(default=1, db_default=1)
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

    # What its machine reported of itself, where machines report (docs/nodes.md).
    startup = models.JSONField(default=list, help_text="Its steps, with when each began and ended.")
    fault = models.CharField(max_length=1000, blank=True, db_default="")
    interruption_at = models.DateTimeField(null=True, help_text="The provider takes it back then.")
    rebalance_at = models.DateTimeField(
        null=True, help_text="When the provider said that it is likely to be taken back."
    )

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
            models.CheckConstraint(
                name="node_within_batch", condition=Q(batch_index__lt=F("batch_size"))
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
            # Pools at risk: every plan.
            models.Index(
                fields=["rebalance_at"],
                name="node_at_risk",
                condition=Q(rebalance_at__isnull=False),
            ),
            # Those that ended, the newest first: the page of a cluster, at each poll.
            models.Index(
                "cluster",
                F("ended_at").desc(nulls_last=True),
                F("id").desc(),
                name="node_ended",
                condition=Q(state=NodeState.TERMINATED),
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
