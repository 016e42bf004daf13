"""The page of base images: which there are, by Ray, Python and CUDA."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from images.catalogue import BaseImage, find
from images.forms import BaseImageForm

ROWS = 50
_HEADER = (
    "uri", "repository", "tag", "ray_version", "ray_released", "python", "accelerator", "size",
    "quality", "source",
)  # fmt: skip


@require_GET
def base_images(request: SignedInRequest) -> HttpResponse:
    """Show the base images that are requested, the newest Ray first."""
    form = BaseImageForm(request.GET)
    images = find(form.wanted())
    if request.GET.get("format") == "csv":
        return _csv(images)
    context = {"form": form, "page": Paginator(images, ROWS).get_page(request.GET.get("page"))}
    partial = "#results" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"images/base_images.html{partial}", context)


def _csv(found: Iterable[BaseImage]) -> HttpResponse:
    rows = (
        [
            *[image.uri, image.repository, image.tag, image.ray_version, image.released],
            *[image.python, image.accelerator, image.variant, image.quality, image.source],
        ]
        for image in found
    )
    return csv_response("base-images", header=_HEADER, rows=rows)
