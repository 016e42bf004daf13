"""Checks of clouds before a launch, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import TeamQuerySet

# Checks take 15 s at most; a worker that was killed leaves its round running.
LOST_AFTER = timedelta(minutes=2)

_STATES = {"pass": "passed", "warn": "warning", "fail": "failed", "skipped": "skipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check as pages show it; without an outcome, it has no answer yet."""

    id: str
    title: str
    outcome: str = ""
    sentence: str = ""
    way_out: str = ""
    raw: str = ""
    milliseconds: int = 0
    is_certain: bool = False

    @property
    def state(self) -> str:
        """The word of its badge."""
        return _STATES.get(self.outcome, "checking")

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.milliseconds / 1000


class CloudCheck(models.Model):
    """One round of checks of a cloud: of the account, or for a launch."""

    cloud = models.ForeignKey("clouds.Cloud", models.CASCADE, related_name="checks")
    subject = models.CharField(
        max_length=200, blank=True, help_text="What is launched. Empty: the cloud is checked."
    )
    team = models.ForeignKey(
        "accounts.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose launch it is. Empty: the cloud is checked.",
    )
    wanted = models.JSONField(help_text="The groups, the image and Mobula's address.")
    digest = models.CharField(
        max_length=64, help_text="Of what is wanted, the team, the cloud and its settings' version."
    )
    asked_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, help_text="Empty: Mobula itself."
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True, help_text="Why there are no answers.")
    planned = models.JSONField(default=list, help_text="Id and title of each check, in order.")
    results = models.JSONField(default=list, help_text="The answers that are there.")
    is_kept = models.BooleanField(
        db_default=False, help_text="A start of a cluster refers to it: it is never removed."
    )

    objects: ClassVar[TeamQuerySet[CloudCheck]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["digest", "-started_at"], name="cloud_check_newest"),
            models.Index(fields=["cloud", "-started_at"], name="cloud_check_of_cloud"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "digest", name="cloud_check_one_runs", condition=Q(finished_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"checks of {self.subject or self.cloud}"

    @property
    def is_running(self) -> bool:
        """Whether answers are still missing."""
        return self.finished_at is None

    @property
    def is_lost(self) -> bool:
        """Whether a running round is not heard of any more."""
        return self.is_running and self.started_at < timezone.now() - LOST_AFTER

    @property
    def lines(self) -> Sequence[CheckLine]:
        """Each check with its answer, if there is one, in the order in which they are shown."""
        found: dict[str, dict[str, Any]] = {row["id"]: row for row in self.results}
        return [CheckLine(**found.get(row["id"], row)) for row in self.planned]

    @property
    def counts(self) -> Sequence[tuple[str, int]]:
        """How many checks ended in each way, the worst first, with the word of its badge."""
        order = ("fail", "warn", "skipped", "pass")
        made = [row["outcome"] for row in self.results]
        return [(_STATES[one], made.count(one)) for one in order if one in made]

    @property
    def certain_failures(self) -> Sequence[CheckLine]:
        """The answers by which a launch would fail for sure."""
        return [line for line in self.lines if line.is_certain]
