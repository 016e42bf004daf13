"""Which versions a page may show."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.requests import SignedInRequest
from images.models import Image, ImageVersion

INVALID = 422


def visible_image(request: SignedInRequest, pk: int) -> Image:
    """Return an image for a page, or raise Http404 for strangers."""
    rows = Image.objects.visible_to(request.user).select_related("team").distinct()
    return get_object_or_404(rows, pk=pk)


def visible_version(request: SignedInRequest, pk: int) -> ImageVersion:
    """Return a version for a page, or raise Http404 for strangers."""
    rows = ImageVersion.objects.select_related(
        "image__team", "author", "registry", "successor__image"
    )
    return get_object_or_404(rows.filter(image__in=Image.objects.visible_to(request.user)), pk=pk)


def crumbs_of(version: ImageVersion) -> list[tuple[str, str]]:
    """Return the way from the images to the version, as labels and addresses."""
    return [
        ("Images", reverse("images:list")),
        (version.image.name, reverse("images:detail", args=[version.image_id])),
        (str(version), reverse("images:version", args=[version.pk])),
    ]
