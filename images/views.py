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
    found = find(form.wanted())
    if request.GET.get("format") == "csv":
        return _csv(found)
    context = {"form": form, "page": Paginator(found, ROWS).get_page(request.GET.get("page"))}
    partial = "#results" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"images/base_images.html{partial}", context)


def _csv(found: Iterable[BaseImage]) -> HttpResponse:
    rows = (
        [
            *[one.uri, one.repository, one.tag, one.ray_version, one.released, one.python],
            *[one.accelerator, one.variant, one.quality, one.source],
        ]
        for one in found
    )
    return csv_response("base-images", header=_HEADER, rows=rows)
