from __future__ import annotations

from django.db import models

from images.models.version import ImageVersion


class ContextArchive(models.Model):
    """The ZIP file of a version's build context, until the version is built."""

    version = models.OneToOneField(ImageVersion, models.CASCADE, related_name="context_archive")
    zipped = models.BinaryField()

    def __str__(self) -> str:
        return f"Context of {self.version}"


class BuildSecret(models.Model):
    """A value that the steps of a build can read, until the build has ended."""

    version = models.ForeignKey(ImageVersion, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=63)
    sealed_credentials = models.TextField(help_text="The value, sealed with the secret key.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="build_secret_name_once")
        ]

    def __str__(self) -> str:
        return f"Secret {self.name} of {self.version}"
