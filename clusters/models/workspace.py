from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from accounts.models import Person, Team


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def visible_to(self, user: Person) -> WorkspaceQuerySet:
        """Return the user's own workspaces, and those that their teams may read.

        Who left a team leaves its workspaces too. Admins of the installation need be in none for
        their own.
        """
        rows = self.filter(removed_at=None)
        is_member = Q(team__memberships__user=user.pk)
        if user.is_superuser:
            return rows.filter(Q(owner=user.pk) | Q(is_member, is_shared=True)).distinct()
        return rows.filter(is_member, Q(owner=user.pk) | Q(is_shared=True))

    def left_in(self, team: Team) -> WorkspaceQuerySet:
        """Return the team's workspaces whose owners can use them no more: they left it for good."""
        rows = self.filter(team=team, removed_at=None)
        is_gone = ~Q(owner__memberships__team=team) & Q(owner__is_superuser=False)
        return rows.filter(Q(owner__is_active=False) | is_gone)

    def owned_by(self, user: Person) -> WorkspaceQuerySet:
        """Return the workspaces that are the user's own."""
        return self.filter(owner=user.pk, removed_at=None)


class Workspace(models.Model):
    """One person's JupyterLab on a cluster of its own, and files that outlive the cluster."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=63)
    team = models.ForeignKey("accounts.Team", models.PROTECT)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="workspaces")
    version = models.ForeignKey("configurations.Version", models.PROTECT, related_name="+")
    image_version = models.ForeignKey("images.ImageVersion", models.PROTECT, related_name="+")
    cluster = models.OneToOneField(
        "clusters.Cluster",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The one that serves it, or did last. Empty: it was never started.",
    )
    is_shared = models.BooleanField(
        default=False, help_text="Whether its team may read the page and the files."
    )
    cloned_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    copied_at = models.DateTimeField(
        null=True, help_text="Of a clone: when the files were copied. Until then it cannot start."
    )
    copy_error = models.CharField(max_length=500, blank=True, db_default="")
    files = models.JSONField(default=list, help_text="As listed last: path, size, modified_at.")
    files_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[WorkspaceQuerySet] = WorkspaceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "team", "name"],
                condition=Q(removed_at=None),
                name="workspace_name_once",
                violation_error_message="You have a workspace of that name already.",
            )
        ]
        indexes = [models.Index(fields=["team", "-created_at"], name="workspace_of_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def base_path(self) -> str:
        """Below which path JupyterLab answers."""
        return f"/workspaces/{self.pk}/"

    @property
    def is_waiting_for_copy(self) -> bool:
        """Whether its files are still to be copied from the workspace it was cloned from."""
        return self.cloned_from_id is not None and self.copied_at is None


class WorkspaceTicket(models.Model):
    """A link that opened a workspace: good once, for seconds."""

    digest = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField(db_default=Now())
