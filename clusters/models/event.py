from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from domain.events import EventKind


class EventSeverity(models.TextChoices):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Event(models.Model):
    """One line of a cluster's history."""

    cluster = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="events")
    node = models.ForeignKey("clusters.Node", models.CASCADE, null=True)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=40, choices=[(kind.value, kind.label) for kind in EventKind])
    severity = models.CharField(max_length=10, default=EventSeverity.INFO, choices=EventSeverity)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=1000)
    fields = models.JSONField(
        default=dict,
        encoder=DjangoJSONEncoder,
        help_text="The numbers, names and causes that the message is made of.",
    )
    actor = models.ForeignKey("accounts.User", models.PROTECT, null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="event_kind_known", condition=Q(kind__in=[kind.value for kind in EventKind])
            ),
        ]
        indexes = [
            # A cluster's newest events; the overview reads the newest of all by pk.
            models.Index(fields=["cluster", "-id"], name="event_of_cluster"),
        ]


class ScalingDecision(models.Model):
    """What the planner chose for one cluster, and why, in words."""

    class Kind(models.TextChoices):
        LAUNCH = "launch"
        DRAIN = "drain"
        UNSERVED = "unserved", "Unscheduled"
        CONSOLIDATE = "consolidate"
        SPOT_RETURN = "spot_return", "Back to spot"
        REPLACE = "replace"
        RECOMMEND = "recommend"
        KEEP = "keep"  # what was not worth to be moved

    cluster = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="decisions")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=20, choices=Kind)
    group = models.CharField(max_length=63, blank=True)
    count = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=1000)
    demand = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["cluster", "-id"], name="decision_of_cluster")]
