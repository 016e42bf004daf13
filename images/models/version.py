from __future__ import annotations

from pathlib import PurePath

from django.db import models
from django.db.models import Q

from domain.images.states import UNBUILT_IMAGE_STATES, ImageSource, ImageState
from images.models.image import Image


class ImageVersion(models.Model):
    """One version: which Ray, which Python, and where they are.

    What it is built from can change until it is built. From then on PostgreSQL refuses changes
    (migrations 0003 and 0004), but to its state, and to where its registry's tag was last seen.
    """

    image = models.ForeignKey(Image, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.CharField(
        max_length=20,
        choices=[(one.value, one.value) for one in ImageSource],
        default=ImageSource.REGISTERED,
        db_default=ImageSource.REGISTERED,
    )
    message = models.CharField(max_length=200, blank=True, default="", db_default="")
    author = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    ray_version = models.CharField(max_length=20)
    python_version = models.CharField(max_length=20)
    cuda_version = models.CharField(max_length=20, blank=True, default="", db_default="")
    location = models.CharField(
        max_length=500,
        blank=True,
        help_text="An image URI, or on this machine the path of a ray command.",
    )
    registry = models.ForeignKey("images.Registry", models.PROTECT, null=True, blank=True)

    # What it is built from.
    dockerfile = models.TextField(blank=True, default="", db_default="")
    requirements = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Of a virtual environment, as pip reads it.",
    )
    context = models.JSONField(
        default=dict, blank=True, help_text="Git URL and commit, or the digest of a ZIP file."
    )
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="SHA-256 of all that it is built from, the base's digest included.",
    )

    # What the registry said of it.
    digest = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="sha256:…; empty: unknown."
    )
    platforms = models.JSONField(
        default=list, blank=True, help_text="Of each platform: os, architecture, digest, size."
    )
    size_bytes = models.BigIntegerField(null=True, blank=True, help_text="As it is pulled.")
    labels = models.JSONField(default=dict, blank=True)
    built_at = models.DateTimeField(null=True, blank=True)

    # What may change afterwards.
    state = models.CharField(
        max_length=20,
        choices=[(state.value, state.label) for state in ImageState],
        default=ImageState.READY,
        db_default=ImageState.READY,
    )
    state_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    tag_digest = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="To which digest the registry's tag pointed at the last look.",
    )
    tag_seen_at = models.DateTimeField(null=True, blank=True)
    tag_asked_at = models.DateTimeField(null=True, blank=True)
    tag_trouble = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="Why the last look failed; empty: it did not.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "number"], name="image_version_number_once"),
            models.CheckConstraint(
                name="image_version_state_known",
                condition=Q(state__in=[state.value for state in ImageState]),
            ),
            models.CheckConstraint(
                name="image_version_built_has_location",
                condition=Q(state__in=sorted(UNBUILT_IMAGE_STATES)) | ~Q(location=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["image", "fingerprint"],
                name="image_version_fingerprint",
                condition=~Q(fingerprint=""),
            )
        ]
        ordering = ["image", "-number"]

    def __str__(self) -> str:
        return f"{self.image.name}:{self.number}"

    @property
    def is_registry_image(self) -> bool:
        """Whether nodes pull it from a registry: else it is the path of a ray command here."""
        return not PurePath(self.location).is_absolute()

    @property
    def pulled_as(self) -> str:
        """What nodes pull: by its digest where that is known, whatever its tag points to now."""
        if not self.digest or not self.is_registry_image:
            return self.location
        name = self.location.partition("@")[0]
        head, _, last = name.rpartition("/")
        last = last.partition(":")[0]
        return f"{head}/{last}@{self.digest}" if head else f"{last}@{self.digest}"

    @property
    def has_moved_tag(self) -> bool:
        """Whether the registry's tag points elsewhere since: nodes still pull this version."""
        return bool(self.tag_digest and self.digest and self.tag_digest != self.digest)


class ImageContents(models.Model):
    """What a build found in the image: its packages and its layers."""

    version = models.OneToOneField(ImageVersion, models.CASCADE, related_name="contents")
    packages = models.JSONField(help_text="Of each package: kind (pip, apt), name, version.")
    layers = models.JSONField(help_text="Of each layer: digest, size in bytes, created_by.")
    taken_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Contents of {self.version}"
