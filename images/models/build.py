from __future__ import annotations

from django.db import models
from django.db.models import Q

from domain.images.states import OPEN_BUILD_STATES, BuildState
from images.models.version import ImageVersion


class Build(models.Model):
    """One attempt to build a version: who asked for it, how far it is, how it ended.

    A worker holds it by a lease that it renews; a build whose lease has run out was left by its
    worker, and the next one ends it or takes it up.
    """

    version = models.ForeignKey(ImageVersion, models.CASCADE, related_name="builds")
    attempt = models.PositiveIntegerField(help_text="Of this version, from 1.")
    builder = models.CharField(
        max_length=63, blank=True, default="", db_default="", help_text="What builds it: buildah, …"
    )
    state = models.CharField(
        max_length=20,
        choices=[(state.value, state.label) for state in BuildState],
        default=BuildState.QUEUED,
        db_default=BuildState.QUEUED,
    )
    reason = models.CharField(
        max_length=1000, blank=True, default="", db_default="", help_text="Why it ended so."
    )
    asked_by = models.ForeignKey("accounts.User", models.PROTECT)
    asked_at = models.DateTimeField(auto_now_add=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    canceled_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    steps = models.JSONField(
        default=list, blank=True, help_text="Of each step: text, started_at, seconds."
    )
    steps_total = models.PositiveIntegerField(default=0, db_default=0)
    log_bytes = models.BigIntegerField(default=0, db_default=0)
    log_lines = models.BigIntegerField(default=0, db_default=0)
    remote = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Its name at the builder."
    )
    digest = models.CharField(max_length=80, blank=True, default="", db_default="")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["version", "-attempt"]
        constraints = [
            models.UniqueConstraint(fields=["version", "attempt"], name="build_attempt_once"),
            models.UniqueConstraint(
                fields=["version"],
                name="build_one_open_per_version",
                condition=Q(state__in=sorted(OPEN_BUILD_STATES)),
            ),
            models.CheckConstraint(
                name="build_state_known",
                condition=Q(state__in=[state.value for state in BuildState]),
            ),
        ]

    def __str__(self) -> str:
        return f"Build {self.attempt} of {self.version}"


class BuildLog(models.Model):
    """A piece of a build's log: its bytes from `offset` on, as UTF-8."""

    build = models.ForeignKey(Build, models.CASCADE, related_name="log")
    offset = models.BigIntegerField()
    lines_before = models.BigIntegerField(
        default=0, db_default=0, help_text="How many lines end before it."
    )
    content = models.BinaryField()

    class Meta:
        ordering = ["build", "offset"]
        constraints = [
            models.UniqueConstraint(fields=["build", "offset"], name="build_log_offset_once")
        ]

    def __str__(self) -> str:
        return f"{self.build} from byte {self.offset}"
