from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import TeamQuerySet
from domain.promotions.states import APPLIED_STATES, OPEN_STATES, RequestState


class Strategy(models.TextChoices):
    """How running clusters get what only new nodes, or a new head, can follow."""

    ROLLING = "rolling", "Replace nodes step by step"
    NEXT_START = "next start", "At the next start of each cluster"
    SWITCH = "switch", "Launch a new cluster beside each and switch"


class ChangeRequest(models.Model):
    """The request to release a version in an environment; `promotions.transitions` moves it."""

    team = models.ForeignKey("accounts.Team", models.PROTECT)
    template = models.ForeignKey("configurations.Template", models.PROTECT, related_name="+")
    version = models.ForeignKey("configurations.Version", models.PROTECT, related_name="requests")
    environment = models.ForeignKey(
        "promotions.Environment", models.PROTECT, related_name="requests"
    )
    base = models.ForeignKey(
        "promotions.Release",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The release it was compared with; empty: there was none.",
    )
    author = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="In Markdown.")
    strategy = models.CharField(max_length=10, choices=Strategy, default=Strategy.ROLLING)
    state = models.CharField(
        max_length=20,
        default=RequestState.DRAFT,
        choices=[(s.value, s.label) for s in RequestState],
    )
    state_since = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    # What approvals are bound to.
    settings = models.ForeignKey(
        "promotions.EnvironmentSettings",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="What the environment had when the checks began. Empty: nothing of its own.",
    )
    round = models.PositiveIntegerField(default=0, help_text="How often it was checked.")
    digest = models.CharField(max_length=64, blank=True)
    parts = models.JSONField(default=dict, help_text="The digest of each part of the evidence.")
    evidence = models.JSONField(default=dict, help_text="What approvers see: changes and prices.")

    mailed_digest = models.CharField(
        max_length=64, blank=True, default="", help_text="What approvers were written about."
    )

    # A hotfix skips what it names.
    skipped = models.JSONField(default=list)
    skip_reason = models.TextField(blank=True)
    skipped_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    paused_at = models.DateTimeField(null=True, help_text="While set, no other cluster is changed.")
    rolls_back = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="rollbacks",
        help_text="The request that this one undoes.",
    )
    wake_at = models.DateTimeField(db_default=Now(), help_text="When a worker must check it again.")

    objects: ClassVar[TeamQuerySet[ChangeRequest]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="request_state_known", condition=Q(state__in=[s.value for s in RequestState])
            ),
            models.UniqueConstraint(
                fields=["environment", "template"],
                condition=Q(state__in=sorted(APPLIED_STATES)),
                name="request_one_is_applied",
            ),
        ]
        indexes = [
            models.Index(
                fields=["wake_at"],
                name="request_due",
                condition=Q(state__in=sorted(OPEN_STATES)),
            ),
            models.Index(fields=["team", "-id"], name="request_of_team"),
            models.Index(fields=["template", "-id"], name="request_of_template"),
        ]

    def __str__(self) -> str:
        return f"{self.version} to {self.environment}"

    @property
    def is_hotfix(self) -> bool:
        """Whether checks were skipped."""
        return bool(self.skipped)

    @property
    def is_open(self) -> bool:
        """Whether something is still to be decided or done."""
        return self.state in OPEN_STATES


class Step(models.Model):
    """One move of a request: who, why, when. Never changed."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="steps")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    actor = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["request", "pk"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Comment(models.Model):
    """What somebody wrote on a request, in Markdown."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="comments")
    author = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["request", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
