"""The page that compares two versions of an image."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from images.comparison import VersionComparison, compare_versions
from images.forms.comparing import CompareForm
from images.models import Image
from images.views.visible import visible_image


@require_GET
def compare(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what changes from the version `?old=` to the version `?new=`."""
    image = visible_image(request, pk)
    is_asked = "old" in request.GET or "new" in request.GET
    form = CompareForm(request.GET if is_asked else None, image=image)
    context = {
        "image": image,
        "form": form,
        "comparison": _comparison(image, form),
        "crumbs": [
            ("Images", reverse("images:list")),
            (image.name, reverse("images:detail", args=[image.pk])),
        ],
    }
    return render(request, "images/compare.html", context)


def _comparison(image: Image, form: CompareForm) -> VersionComparison | None:
    if form.is_bound:
        if not form.is_valid():
            return None
        numbers = [form.cleaned_data[name].number for name in ("old", "new")]
    else:
        numbers = [form.initial[name] for name in ("old", "new") if form.initial]
    rows = image.versions.select_related("image", "contents").filter(number__in=numbers)
    found = {row.number: row for row in rows}
    if len(found) < 2:  # one version has nothing to be compared with
        return None
    return compare_versions(*(found[number] for number in numbers))
