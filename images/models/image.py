from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Person, Team


# What nodes on clouds run where no image is named: Ray's own, without and with CUDA.
CPU_IMAGE, GPU_IMAGE = "ray", "ray-gpu"


class ImageQuerySet(models.QuerySet["Image"]):
    def usable_by(self, team: Team) -> ImageQuerySet:
        """Return the images that templates and clusters of `team` may name, whoever asks."""
        return self.filter(Q(team=None) | Q(team=team))

    def visible_to(self, user: Person) -> ImageQuerySet:
        """Return the images that pages show: those of all teams and of the user's own."""
        if user.is_superuser:
            return self
        return self.filter(Q(team=None) | Q(team__memberships__user=user.pk))


class Image(models.Model):
    """What a cluster's nodes run, in numbered versions. Without a team it serves every team."""

    name = models.CharField(max_length=63)
    team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, blank=True)
    description = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ImageQuerySet] = ImageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"],
                name="image_name_once_per_team",
                nulls_distinct=False,
                violation_error_message="This team already has an image with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImageTag(models.Model):
    """A name such as "stable" that a team moves from version to version of an image."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=63)
    version = models.ForeignKey("images.ImageVersion", models.PROTECT, related_name="tags")
    moved_by = models.ForeignKey("accounts.User", models.PROTECT)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["image", "name"]
        constraints = [
            models.UniqueConstraint(fields=["image", "name"], name="image_tag_once_per_image")
        ]

    def __str__(self) -> str:
        return f"{self.image.name}:{self.name}"
