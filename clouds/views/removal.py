"""The page that deletes a cloud, and says what keeps it from being deleted."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import WrongState
from accounts.requests import SignedInRequest
from clouds.holds import holds_on
from clouds.models import Cloud
from clouds.services import OFFERED, CloudInUse, delete_cloud
from clouds.views.page import managed_cloud


@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether the cloud is to be deleted, or delete it."""
    cloud = managed_cloud(request, pk, kinds=OFFERED, with_demo=True)
    if request.method == "GET":
        return _page(request, cloud, {"holds": holds_on(cloud)})
    try:
        delete_cloud(cloud, by=request.user)
    except CloudInUse as refusal:
        context = {"holds": refusal.holds, "refusal": refusal.message}
        return _page(request, cloud, context, status=refusal.status)
    except WrongState as refusal:
        messages.error(request, refusal.message)
        return redirect("clouds:list")
    messages.success(request, f"Deleted cloud {cloud}.")
    return redirect("clouds:list")


def _page(
    request: SignedInRequest, cloud: Cloud, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """Show the confirmation, or in its place what uses the cloud (`holds`), if anything does."""
    # A demo has no account to edit.
    back = reverse("clouds:checks" if cloud.is_demo else "clouds:edit", args=[cloud.pk])
    page = {
        **context,
        "cloud": cloud,
        "back": back,
        "crumbs": [("Clouds", reverse("clouds:list")), (cloud.name, back)],
    }
    return render(request, "clouds/delete.html", page, status=status)
