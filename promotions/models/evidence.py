from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from domain.promotions.checks import CheckKind, Verdict
from domain.promotions.states import OPEN_TEST_RUN_STATES, TestRunState


class CheckResult(models.Model):
    """The answer of one check in one round; without a verdict it is still being made."""

    request = models.ForeignKey("promotions.ChangeRequest", models.CASCADE, related_name="checks")
    round = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=[(k.value, k.label) for k in CheckKind])
    verdict = models.CharField(
        max_length=10, blank=True, choices=[(v.value, v.label) for v in Verdict]
    )
    summary = models.TextField(blank=True, help_text="The answer, in a sentence.")
    answer = models.JSONField(default=dict, help_text="What the answer rests on.")
    asked_at = models.DateTimeField(null=True, help_text="When a worker began last.")
    attempts = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["request", "round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "round", "kind"], name="check_once"),
            models.CheckConstraint(
                name="check_answer_says_when",
                condition=Q(verdict="") | Q(answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict or 'running'}"


class Approval(models.Model):
    """What an approver said of one digest. Never changed but to be void."""

    class Decision(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Rejected"

    request = models.ForeignKey(
        "promotions.ChangeRequest", models.CASCADE, related_name="approvals"
    )
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision)
    digest = models.CharField(max_length=64)
    places = models.JSONField(
        default=list, help_text="Ids of the places on the list of approvers that the user had."
    )
    groups = models.JSONField(default=list, help_text="Names of those groups, for the history.")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "user", "digest"],
                condition=Q(voided_at=None),
                name="approval_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.decision}"


class TestRun(models.Model):
    """A test workload that is wanted; written on by what runs clusters."""

    __test__ = False  # no test case, whatever pytest makes of the name

    request = models.ForeignKey(
        "promotions.ChangeRequest", models.CASCADE, related_name="test_runs"
    )
    round = models.PositiveIntegerField()
    version = models.ForeignKey("configurations.Version", models.PROTECT, related_name="+")
    environment = models.CharField(max_length=63, help_text="Whose overlay applies.")
    workload = models.CharField(max_length=40)
    command = models.TextField(blank=True, help_text="What it runs where that is a command.")
    code = models.JSONField(
        default=dict,
        help_text="Where the command's working directory comes from; once it is here, its digest.",
    )
    package = models.ForeignKey(
        "promotions.CodePackage", models.SET_NULL, null=True, related_name="+"
    )
    fetch_asked_at = models.DateTimeField(null=True, help_text="When a worker began to fetch last.")
    fetch_attempts = models.PositiveIntegerField(default=0)
    max_minutes = models.PositiveIntegerField()
    max_usd = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(
        max_length=10,
        default=TestRunState.WANTED,
        choices=[(s.value, s.label) for s in TestRunState],
    )
    token = models.UUIDField(default=uuid.uuid4, help_text="Names its cluster, once.")
    cluster_id = models.UUIDField(null=True)
    summary = models.CharField(max_length=500, blank=True)
    log = models.TextField(blank=True, help_text="The last lines of the workload's log.")
    cost_usd = models.DecimalField(null=True, max_digits=14, decimal_places=6)
    workload_seconds = models.FloatField(null=True, help_text="How long the workload itself ran.")
    utilization = models.JSONField(
        default=dict, help_text="Mean shares of CPU, memory and GPU in use, from 0 to 1."
    )
    wanted_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    samples = models.JSONField(default=dict, help_text="Use and cost over the run, for its charts.")
    settled_at = models.DateTimeField(
        null=True, help_text="When its cluster was gone and its cost final."
    )

    class Meta:
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "round"], name="test_run_once_per_round"),
            models.CheckConstraint(
                name="test_run_end_says_when",
                condition=Q(state__in=sorted(OPEN_TEST_RUN_STATES)) | Q(ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["wanted_at"],
                name="test_run_open",
                condition=Q(state__in=sorted(OPEN_TEST_RUN_STATES)),
            ),
            models.Index(
                fields=["wanted_at"], name="test_run_unsettled", condition=Q(settled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workload}: {self.state}"

    @property
    def waits_for_code(self) -> bool:
        """Whether its code has not been fetched yet."""
        return bool(self.code) and "digest" not in self.code
