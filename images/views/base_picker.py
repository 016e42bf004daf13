"""The part of the form of a new image that chooses its base."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from images.forms.base_picker import BasePickerForm
from images.forms.builds import SimpleImageForm


@require_GET
def pick_base(request: SignedInRequest) -> HttpResponse:
    """Return the fields anew, with what there is beside the choices, and the base that fits best.

    The base stays as it is where none fits.
    """
    picker = BasePickerForm(request.GET)
    base = picker.best or request.GET.get("base", "")[:500]
    context = {"picker": picker, "simple": SimpleImageForm(initial={"base": base})}
    return render(request, "images/base_picker.html", context)
