"""Checks of a cloud and of launches: who has them made, and their answers as they come."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.answers import perform
from accounts.requests import SignedInRequest, wants_part
from clouds.checking import why_no_checks
from clouds.models import CloudCheck
from clouds.services.checks import newest_checks, request_checks
from clouds.views.page import frame_of, managed_cloud


@require_http_methods(["GET", "POST"])
def checks(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the newest checks of a cloud, or have them made again."""
    cloud = managed_cloud(request, pk)
    address = reverse("clouds:checks", args=[pk])
    if request.method == "POST":
        return perform(
            request,
            lambda: request_checks(cloud, by=request.user),
            done=f"Checking {cloud}.",
            to=address,
        )
    check = newest_checks(cloud)
    context = {
        **frame_of(cloud, "checks"),
        "check": check,
        "checks_url": address,
        "why_not": why_no_checks(cloud),
    }
    partial = "#live" if wants_part(request) else ""
    return render(request, f"clouds/checks.html{partial}", context)


@require_GET
def check(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one round of checks to the team that it was made for; to htmx, its panel or summary."""
    rows = CloudCheck.objects.visible_to(request.user).select_related("cloud", "asked_by")
    found = get_object_or_404(rows, pk=pk)
    part = "summary" if request.GET.get("part") == "summary" else "panel"
    template = f"clouds/check_{part}.html" if wants_part(request) else "clouds/check.html"
    return render(request, template, {"check": found})
