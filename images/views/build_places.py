"""The page of a registry that says where its images are built."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.requests import SignedInRequest
from images.forms.build_places import BuildPlaceForm
from images.registries.build_places import chosen
from images.services.build_places import check_build_place, set_build_place
from images.views.registries import frame_of, managed


@require_http_methods(["GET", "POST"])
def build_place(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show where images of the registry are built, or change it."""
    registry = managed(request, pk)
    posted = request.POST if request.method == "POST" else None
    form = BuildPlaceForm(posted, registry=registry)
    if form.is_bound:
        saved = submit(
            form, lambda values: set_build_place(registry, values=values, by=request.user)
        )
        if saved is not None:
            messages.success(request, f"Builds of {saved} run on: {chosen(saved).label}.")
            return redirect("images:registry-builds", pk)
    context = {**frame_of(registry, "registry-builds"), "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "images/registry_builds.html", context, status=status)


@require_POST
def check(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether images can be built there, and say what came of it."""
    registry = managed(request, pk)
    return perform(
        request,
        lambda: check_build_place(registry, by=request.user),
        done=str,
        to=reverse("images:registry-builds", args=[pk]),
    )
