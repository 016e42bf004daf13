from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from domain.promotions.overlay import Overlay


class EnvironmentSettings(models.Model):
    """What an environment lays over all versions, from a moment on; the highest number holds.

    A trigger refuses changes and deletions: clusters and approvals rely on what it says.
    """

    environment = models.ForeignKey(
        "promotions.Environment", models.PROTECT, related_name="settings"
    )
    number = models.PositiveIntegerField(help_text="Counts per environment, from 1.")
    content = models.JSONField(default=dict, help_text="What is set, by the overlay's fields.")
    reason = models.TextField(help_text="Why it was changed.")
    author = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["environment", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "number"], name="environment_settings_number_once"
            ),
            models.CheckConstraint(
                name="environment_settings_number_from_one", condition=Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"settings {self.number} of {self.environment}"

    @property
    def overlay(self) -> Overlay:
        """What is laid over configurations."""
        return Overlay.of(self.content)
