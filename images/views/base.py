"""The page of base images: which there are, by Ray, Python and CUDA."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from images.catalogue import find
from images.columns import IMAGES
from images.forms.base import BaseImageForm
from tables.pages import page_of, sorted_rows


@require_GET
def base_images(request: SignedInRequest) -> HttpResponse:
    """Show the base images that are requested, the newest Ray first."""
    form = BaseImageForm(request.GET)
    images = find(form.wanted())
    if request.GET.get("format") == "csv":
        lines = IMAGES.lines(sorted_rows(request, IMAGES, images))
        return csv_response("base-images", header=IMAGES.header, rows=lines)
    table = page_of(request, IMAGES, images, identity=lambda image: image.uri)
    partial = "#results" if wants_part(request) else ""
    return render(request, f"images/base_images.html{partial}", {"form": form, "table": table})
