"""What the last look at consolidation found in a run, and how far a proposal has come."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from domain.lifecycle import ConsolidationState


class Consolidation(models.Model):
    """The proposal of one run: found, confirmed some time later, then perhaps carried out."""

    run = models.OneToOneField(
        "clusters.Run", models.CASCADE, primary_key=True, related_name="consolidation"
    )
    state = models.CharField(
        max_length=20,
        default=ConsolidationState.NONE,
        choices=[(state.value, state.value) for state in ConsolidationState],
    )
    looked_at = models.DateTimeField()
    proposal = models.JSONField(default=dict, help_text="Empty: none was found.")
    since = models.DateTimeField(null=True, help_text="Since when the same one is found.")
    stays = models.JSONField(default=dict, help_text="Why each other node stays, by its name.")
    replacement = models.ForeignKey("clusters.Node", models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consolidation_state_known",
                condition=Q(state__in=[s.value for s in ConsolidationState]),
            ),
            models.CheckConstraint(
                name="consolidation_found_says_since",
                condition=Q(state=ConsolidationState.NONE) | Q(since__isnull=False),
            ),
        ]
