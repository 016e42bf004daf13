from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import TeamQuerySet


class Template(models.Model):
    """A named configuration of one team."""

    team = models.ForeignKey("accounts.Team", models.PROTECT)
    name = models.CharField(max_length=63)
    description = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TeamQuerySet[Template]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"],
                name="template_name_once_per_team",
                violation_error_message="This team already has a template with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """What a template said at one moment.

    The database refuses to change it, but for putting it away (migration 0002).
    """

    template = models.ForeignKey(Template, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(help_text="The YAML as its author wrote it, comments included.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical form.")
    message = models.CharField(max_length=200)
    rationale = models.TextField(blank=True, help_text="Rationale, in Markdown.")
    author = models.ForeignKey("accounts.User", models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["template", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="version_number_once"),
            models.CheckConstraint(name="version_number_from_one", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.template.name}:{self.number}"


class NamedImage(models.Model):
    """An image that a version names, with what the name meant when the version was saved.

    A tag may mean another version later.
    """

    version = models.ForeignKey(Version, models.CASCADE, related_name="named_images")
    environment = models.CharField(
        max_length=63, blank=True, help_text="Empty: for all that name no other image."
    )
    reference = models.CharField(max_length=200, help_text="As the configuration has it.")
    image = models.ForeignKey("images.Image", models.PROTECT, related_name="named_by")
    image_version = models.ForeignKey(
        "images.ImageVersion",
        models.PROTECT,
        null=True,
        related_name="named_by",
        help_text="What it meant; empty: nothing, or it is not known.",
    )
    digest = models.CharField(max_length=80, blank=True, help_text="That this version had.")

    class Meta:
        ordering = ["version", "environment"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "environment"], name="named_image_once_per_environment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} names {self.reference}"


class Draft(models.Model):
    """What somebody has in the editor and has not saved as a version; it may be invalid."""

    team = models.ForeignKey("accounts.Team", models.PROTECT)
    author = models.ForeignKey("accounts.User", models.PROTECT)
    template = models.ForeignKey(
        Template, models.CASCADE, null=True, help_text="Empty for a new template."
    )
    base = models.PositiveIntegerField(
        default=0, help_text="Version number that the edit started from; 0 for none."
    )
    name = models.CharField(max_length=63, blank=True, help_text="For a new template.")
    text = models.TextField()
    message = models.CharField(max_length=200, blank=True)
    rationale = models.TextField(blank=True)
    origin = models.TextField(blank=True, help_text="Its source, and what could not be imported.")
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TeamQuerySet[Draft]] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "template"], name="draft_once_per_author_and_template"
            )
        ]

    def __str__(self) -> str:
        return f"Draft of {self.template or self.name or 'a new template'}"
