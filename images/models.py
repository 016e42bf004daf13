from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Team


class ImageQuerySet(models.QuerySet["Image"]):
    def usable_by(self, team: Team) -> ImageQuerySet:
        """Return the images that templates and clusters of `team` may name, whoever asks."""
        return self.filter(Q(team=None) | Q(team=team))


class Image(models.Model):
    """What a cluster's nodes run, in numbered versions. Without a team it serves every team."""

    name = models.CharField(max_length=63, unique=True)
    team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ImageQuerySet] = ImageQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name


class ImageVersion(models.Model):
    """One immutable version: which Ray, which Python, and where they are."""

    image = models.ForeignKey(Image, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    ray_version = models.CharField(max_length=20)
    python_version = models.CharField(max_length=20)
    location = models.CharField(
        max_length=500, help_text="An image URI, or on this machine the path of a ray command."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "number"], name="image_version_number_once")
        ]
        ordering = ["image", "-number"]

    def __str__(self) -> str:
        return f"{self.image.name}:{self.number}"

    @property
    def is_registry_image(self) -> bool:
        """Whether nodes pull it from a registry: else it is the path of a ray command here."""
        return not PurePath(self.location).is_absolute()
