"""What the last look at consolidation found in a cluster, and how far a proposal has come."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Consolidation(models.Model):
    """A cluster's proposal: found, found again some time later, then perhaps carried out."""

    cluster = models.OneToOneField(
        "clusters.Cluster", models.CASCADE, primary_key=True, related_name="consolidation"
    )
    run = models.PositiveIntegerField(default=1)
    looked_at = models.DateTimeField()
    proposal = models.JSONField(default=dict, help_text="Empty: none was found.")
    since = models.DateTimeField(null=True, help_text="Since when the same one is found.")
    stays = models.JSONField(default=dict, help_text="Why each other node stays, by its name.")
    acting_since = models.DateTimeField(null=True, help_text="Since when it is carried out.")
    drained_at = models.DateTimeField(null=True, help_text="When its nodes were told to go.")
    replacement = models.ForeignKey("clusters.Node", models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consolidation_steps_in_order",
                condition=(Q(drained_at=None) | Q(acting_since__isnull=False))
                & (Q(acting_since=None) | Q(since__isnull=False)),
            ),
        ]
