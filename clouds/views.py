"""The list of clouds, and the form that adds or changes one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clouds.forms import OFFERED, CloudForm
from clouds.models import Cloud
from clouds.queries import with_facts
from clouds.refreshing import NotRefreshed
from clouds.services import add_cloud, audit_values, change_cloud, request_refresh


@require_GET
def cloud_list(request: SignedInRequest) -> HttpResponse:
    """List the clouds that the user may use."""
    rows = Cloud.objects.visible_to(request.user).select_related("team").order_by("name")
    clouds = with_facts(rows)
    context = {
        "clouds": clouds,
        "is_running": any(one.is_running for one in clouds),
        "may_edit": may(request.user, Action.MANAGE_INSTALLATION, team=None),
    }
    partial = "#rows" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"clouds/list.html{partial}", context)


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add a cloud."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    form = CloudForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        cloud = add_cloud(form.save(commit=False), by=request.user)
        messages.success(request, f"Added cloud {cloud}.")
        return redirect("clouds:list")
    return _page(request, form)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a cloud; the provider of one that was used stays."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    own = [kind.value for kind in OFFERED]
    cloud = get_object_or_404(Cloud.objects.visible_to(request.user), pk=pk, provider__in=own)
    before = audit_values(cloud)
    form = CloudForm(request.POST if request.method == "POST" else None, instance=cloud)
    if form.is_bound and form.is_valid():
        change_cloud(form.save(commit=False), before=before, by=request.user)
        messages.success(request, f"Saved cloud {cloud}.")
        return redirect("clouds:list")
    return _page(request, form)


@require_POST
def refresh(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask the cloud itself for its machines and prices."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    cloud = get_object_or_404(Cloud.objects.visible_to(request.user), pk=pk)
    try:
        request_refresh(cloud, by=request.user)
    except NotRefreshed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Refreshing the machine types and prices of {cloud}.")
    return redirect("clouds:list")


def _page(request: SignedInRequest, form: CloudForm) -> HttpResponse:
    context = {"form": form, "crumbs": [("Clouds", reverse("clouds:list"))]}
    return render(request, "clouds/form.html", context, status=422 if form.is_bound else 200)
