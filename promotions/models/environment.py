from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import TeamQuerySet
from accounts.roles import Role
from domain.promotions.code import LONGEST_FOLDER, LONGEST_REF, LONGEST_URL, CodeOrigin
from domain.promotions.windows import WindowKind


class Environment(models.Model):
    """A place of a team where versions are released, with what it asks for before."""

    team = models.ForeignKey("accounts.Team", models.PROTECT)
    name = models.SlugField(max_length=32)
    position = models.PositiveIntegerField(help_text="From 0: the first that a version gets to.")
    clouds = models.ManyToManyField(
        "clouds.Cloud", blank=True, help_text="Where its clusters may run. Empty: anywhere."
    )
    launch_role = models.CharField(
        max_length=16, choices=Role, default=Role.ENGINEER, help_text="Who may launch here."
    )
    release_only = models.BooleanField(
        default=False, help_text="Clusters run only the released version of a template."
    )

    # What a change request needs here.
    required_checks = models.JSONField(
        default=list, blank=True, help_text="Checks that may not be skipped."
    )
    needs_previous = models.BooleanField(
        default=False, help_text="The version must be verified in the environment before."
    )
    soak_minutes = models.PositiveIntegerField(
        default=0, help_text="How long the version has to run in the environment before."
    )
    workload = models.CharField(
        max_length=40, blank=True, help_text="Test workload. Empty: none is run."
    )
    workload_command = models.TextField(
        blank=True, help_text="The command line, where the test workload is a command."
    )
    workload_code = models.CharField(
        max_length=3,
        blank=True,
        choices=[(o.value, o.label) for o in CodeOrigin],
        help_text="Where the working directory of the command comes from. Empty: it has none.",
    )
    workload_git_url = models.CharField(max_length=LONGEST_URL, blank=True)
    workload_git_ref = models.CharField(
        max_length=LONGEST_REF, blank=True, help_text="Branch, tag or commit. Empty: HEAD."
    )
    workload_git_folder = models.CharField(
        max_length=LONGEST_FOLDER, blank=True, help_text="Empty: the whole repository."
    )
    workload_package = models.ForeignKey(
        "promotions.CodePackage", models.PROTECT, null=True, blank=True, related_name="+"
    )
    workload_zip_name = models.CharField(
        max_length=200, blank=True, help_text="What the uploaded zip file was called."
    )
    workload_minutes = models.PositiveIntegerField(default=30)
    workload_usd = models.DecimalField(max_digits=12, decimal_places=2, default=10)
    approvals = models.PositiveIntegerField(default=0, help_text="How many approvals it takes.")
    forbid_author = models.BooleanField(
        default=True, help_text="Who asks for the change cannot approve it."
    )
    forbid_last_editor = models.BooleanField(
        default=True, help_text="Who wrote the version cannot approve it."
    )
    expires_hours = models.PositiveIntegerField(
        default=336, help_text="Until when a request has to be applied."
    )
    bypass = models.ManyToManyField(
        "accounts.User", blank=True, related_name="+", help_text="Who may skip checks in a hotfix."
    )
    verify_minutes = models.PositiveIntegerField(
        default=5, help_text="How long clusters must do well before a release is good."
    )
    verify_task = models.BooleanField(default=True, help_text="Run a small task on each cluster.")
    verify_command = models.TextField(
        blank=True, help_text="The command line of this task. Empty: one that any node can run."
    )
    rolls_back = models.BooleanField(
        default=False, help_text="Go back to the last good release when verification fails."
    )
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Kept for its history; the name can be used again. Empty: it is there.",
    )

    objects: ClassVar[TeamQuerySet[Environment]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["team", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"],
                condition=Q(removed_at=None),
                name="environment_once_per_team",
            ),
            models.CheckConstraint(
                name="environment_launch_role_known", condition=Q(launch_role__in=Role.values)
            ),
            models.CheckConstraint(
                name="environment_requests_expire", condition=Q(expires_hours__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApproverGroup(models.Model):
    """People who can approve changes of an environment."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="approver_groups")
    name = models.CharField(max_length=63)
    required = models.BooleanField(
        default=False, help_text="At least one of this group has to approve."
    )

    class Meta:
        ordering = ["environment", "name"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "name"], name="approver_group_once")
        ]

    def __str__(self) -> str:
        return self.name


class Approver(models.Model):
    """A place on the list of approvers: whoever leaves and comes back gets another one."""

    group = models.ForeignKey(ApproverGroup, models.CASCADE, related_name="approvers")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    added_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["group", "pk"]
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="approver_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"


class ChangeWindow(models.Model):
    """A returning time in which changes are allowed or denied."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="windows")
    name = models.CharField(max_length=63, blank=True)
    kind = models.CharField(max_length=5, choices=[(k.value, k.label) for k in WindowKind])
    cron = models.CharField(max_length=100, help_text="When it opens, such as 0 9 * * 1-5.")
    minutes = models.PositiveIntegerField(help_text="How long it stays open.")
    time_zone = models.CharField(max_length=64, default="UTC")

    class Meta:
        ordering = ["environment", "pk"]
        constraints = [
            models.CheckConstraint(
                name="change_window_kind_known", condition=Q(kind__in=[k.value for k in WindowKind])
            ),
            models.CheckConstraint(name="change_window_lasts", condition=Q(minutes__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.cron} for {self.minutes} min"
