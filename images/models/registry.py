from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Person, Team


class RegistryKind(StrEnum):
    """How Mobula signs in to a registry."""

    OCI = "oci"  # nobody, or user and password or token
    ECR = "ecr"  # by role or access key; a token of 12 hours
    ARTIFACT_REGISTRY = "artifact registry"  # by a service account's key

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    RegistryKind.OCI: "OCI registry",
    RegistryKind.ECR: "Amazon ECR",
    RegistryKind.ARTIFACT_REGISTRY: "Google Artifact Registry",
}


class RegistryQuerySet(models.QuerySet["Registry"]):
    def usable_by(self, team: Team) -> RegistryQuerySet:
        """Return the registries that images of `team` may be in, whoever asks."""
        return self.filter(Q(team=None) | Q(team=team))

    def visible_to(self, user: Person) -> RegistryQuerySet:
        """Return the registries that pages show: those of all teams and of the user's own."""
        if user.is_superuser:
            return self
        return self.filter(Q(team=None) | Q(team__memberships__user=user.pk))


class Registry(models.Model):
    """Where images are, and how Mobula signs in there. Without a team it serves every team."""

    name = models.CharField(max_length=63)
    team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, blank=True)
    kind = models.CharField(
        max_length=20, choices=[(kind.value, kind.label) for kind in RegistryKind]
    )
    host = models.CharField(max_length=255, help_text="As images name it, with its port.")
    prefix = models.CharField(
        max_length=200, blank=True, help_text="Built images go to repositories below it."
    )
    settings = models.JSONField(
        default=dict, blank=True, help_text="Region, role, project, the registry's own CA."
    )
    sealed_credentials = models.TextField(
        blank=True, default="", db_default="", help_text="Encrypted. Empty: it asks for none."
    )
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[RegistryQuerySet] = RegistryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "registries"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"],
                name="registry_name_once_per_team",
                nulls_distinct=False,
                violation_error_message="This team already has a registry with this name.",
            ),
            models.CheckConstraint(
                name="registry_kind_known",
                condition=Q(kind__in=[kind.value for kind in RegistryKind]),
            ),
        ]

    def __str__(self) -> str:
        return self.name
