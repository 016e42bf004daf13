from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from domain.cooldowns import FailureClass
from domain.offerings import Market


class Cooldown(models.Model):
    """What a cloud could not give lately, and until when nobody asks for it again.

    It holds for all clusters of the cloud's account. A quota blocks a whole market: then
    `instance_type` and `zone` are empty.
    """

    cloud = models.ForeignKey("clouds.Cloud", models.CASCADE, related_name="cooldowns")
    region = models.CharField(max_length=63, blank=True)
    instance_type = models.CharField(max_length=63, blank=True)
    zone = models.CharField(max_length=63, blank=True, help_text="Empty: wherever it was asked.")
    market = models.CharField(max_length=20, choices=[(m.value, m.label) for m in Market])
    failure = models.CharField(
        max_length=20, choices=[(kind.value, kind.value) for kind in FailureClass]
    )
    cause = models.CharField(max_length=500, help_text="What the provider said.")
    streak = models.PositiveIntegerField(default=1, help_text="Failures without a success.")
    failed_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    cluster = models.ForeignKey(
        "clusters.Cluster", models.SET_NULL, null=True, help_text="Which one saw it first."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cloud", "region", "instance_type", "zone", "market"],
                name="cooldown_once",
            ),
        ]

    def __str__(self) -> str:
        what = self.instance_type or "every type"
        return f"{what} ({self.market}) in {self.zone or self.region}"
