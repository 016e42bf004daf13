from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CodePackage(models.Model):
    """The working directory of a test workload, packed; named by its digest and never changed.

    Teams share none, so that no one learns from a digest what another team has.
    """

    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content, in hex.")
    size = models.PositiveIntegerField(help_text="Bytes of the content.")
    files = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(
        db_default=Now(), help_text="When a rule or a test run took it last."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "digest"], name="code_package_once"),
            models.CheckConstraint(name="code_package_has_content", condition=Q(size__gte=1)),
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class CodeContent(models.Model):
    """The bytes of a package, apart from it: who asks what a package is gets no megabytes."""

    package = models.OneToOneField(
        CodePackage, models.CASCADE, primary_key=True, related_name="content"
    )
    zipped = models.BinaryField(help_text="A zip file.")

    def __str__(self) -> str:
        return str(self.package)
