from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import TeamQuerySet


class Release(models.Model):
    """The version that an environment has of a template; what it had before stays as history."""

    team = models.ForeignKey("accounts.Team", models.PROTECT)
    environment = models.ForeignKey(
        "promotions.Environment", models.PROTECT, related_name="releases"
    )
    template = models.ForeignKey("configurations.Template", models.PROTECT, related_name="releases")
    version = models.ForeignKey("configurations.Version", models.PROTECT, related_name="releases")
    number = models.PositiveIntegerField(help_text="Counts per template and environment, from 1.")
    request = models.OneToOneField(
        "promotions.ChangeRequest", models.PROTECT, related_name="release"
    )
    released_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(db_default=Now())
    replaced_at = models.DateTimeField(null=True, help_text="Empty: it is the current one.")
    verified_at = models.DateTimeField(
        null=True, help_text="When its clusters had done well for long enough."
    )
    failed_at = models.DateTimeField(null=True, help_text="When verification failed.")

    objects: ClassVar[TeamQuerySet[Release]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["environment", "template", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "template"],
                condition=Q(replaced_at=None),
                name="release_one_is_current",
            ),
            models.UniqueConstraint(
                fields=["environment", "template", "number"], name="release_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.environment}"


class Rollout(models.Model):
    """How far one cluster has come in following a release; written by what runs clusters."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        UPDATING = "updating", "Updating"
        FOLLOWING = "following", "Up to date"
        WAITING = "waiting", "At the next start"
        FAILED = "failed", "Failed"

    request = models.ForeignKey("promotions.ChangeRequest", models.CASCADE, related_name="rollouts")
    cluster_id = models.UUIDField()
    cluster_name = models.CharField(max_length=63)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    detail = models.CharField(max_length=500, blank=True)
    # While a new cluster stands beside it: that one, and after the switch the old one.
    beside_id = models.UUIDField(null=True)
    beside_name = models.CharField(max_length=63, blank=True)
    beside_detail = models.CharField(max_length=500, blank=True)
    # What verification looks at, as it was before the change.
    failed_jobs_before = models.PositiveIntegerField(default=0)
    healthy_since = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["request", "cluster_name"]
        constraints = [
            models.UniqueConstraint(fields=["request", "cluster_id"], name="rollout_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cluster_name}: {self.state}"
