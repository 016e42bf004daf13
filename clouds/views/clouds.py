"""The list of clouds, and the pages that add, change, share and refresh one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import Action, may, require
from accounts.queries import chosen_team, teams_of
from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from accounts.views.history import history_of
from clouds.forms.clouds import CloudForm, NewCloudForm, TeamsForm
from clouds.models import Cloud
from clouds.queries import use_by_team, with_facts
from clouds.services import (
    DEMO_NAME,
    OFFERED,
    add_cloud,
    add_demo_cloud,
    change_cloud,
    request_refresh,
    share_cloud,
)
from clouds.views.columns import CLOUDS
from clouds.views.page import frame_of, managed_cloud
from tables.pages import page_of, sorted_rows


@require_GET
def cloud_list(request: SignedInRequest) -> HttpResponse:
    """List the clouds of the user's teams, each with who can use it."""
    rows = Cloud.objects.visible_to(request.user).prefetch_related("teams").order_by("name")
    clouds = with_facts(rows)
    if request.GET.get("format") == "csv":
        lines = CLOUDS.lines(sorted_rows(request, CLOUDS, clouds))
        return csv_response("clouds", header=CLOUDS.header, rows=lines)
    team = chosen_team(request)
    context = {
        "table": page_of(request, CLOUDS, clouds, identity=lambda row: row.cloud.pk),
        "is_running": any(cloud.is_running for cloud in clouds),
        "team": team,
        "has_cloud": team is not None and Cloud.objects.usable_by(team).exists(),
        "seen_teams": set(teams_of(request.user)),
        "may_edit": may(request.user, Action.MANAGE_INSTALLATION, team=None),
        "has_demo": any(row.cloud.is_demo for row in clouds),
    }
    partial = "#rows" if wants_part(request) else ""
    return render(request, f"clouds/list.html{partial}", context)


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add a cloud."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    if request.method == "GET":
        return _page(request, NewCloudForm())
    form = NewCloudForm(request.POST)
    cloud = submit(form, lambda values: add_cloud(**values, by=request.user))
    if cloud is None:
        return _page(request, form)
    messages.success(request, f"Added cloud {cloud}.")
    return redirect("clouds:list")


@require_POST
def demo(request: SignedInRequest) -> HttpResponse:
    """Add an AWS account to try, for the user's teams."""
    return perform(
        request,
        lambda: add_demo_cloud(teams=teams_of(request.user), by=request.user),
        done=f"Added cloud {DEMO_NAME}. It answers in some seconds, and nothing is charged.",
        to="clouds:list",
    )


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a cloud."""
    cloud = managed_cloud(request, pk, kinds=OFFERED)
    if request.method == "GET":
        return _page(request, CloudForm.of(cloud), cloud)
    form = CloudForm(request.POST)
    changed = submit(form, lambda values: change_cloud(cloud, **values, by=request.user))
    if changed is None:
        return _page(request, form, cloud)
    messages.success(request, f"Saved cloud {changed}.")
    return redirect("clouds:list")


@require_http_methods(["GET", "POST"])
def teams(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose which teams can use a cloud."""
    cloud = managed_cloud(request, pk)
    form = TeamsForm(request.POST) if request.method == "POST" else TeamsForm.of_teams(cloud)
    if form.is_bound:
        shared = submit(form, lambda values: share_cloud(cloud, **values, by=request.user))
        if shared is not None:
            messages.success(request, f"Saved the teams of cloud {shared}.")
            return redirect("clouds:list")
    context = {**frame_of(cloud, "teams"), "form": form, "uses": use_by_team(cloud)}
    return render(request, "clouds/teams.html", context, status=422 if form.is_bound else 200)


@require_GET
def history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what was done to a cloud."""
    cloud = managed_cloud(request, pk)
    context = {
        **frame_of(cloud, "history"),
        "history": history_of(request, cloud, team=None),
    }
    return render(request, "clouds/history.html", context)


@require_POST
def refresh(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask the cloud itself for its machines and prices."""
    cloud = get_object_or_404(Cloud.objects.visible_to(request.user), pk=pk)
    return perform(
        request,
        lambda: request_refresh(cloud, by=request.user),
        done=f"Refreshing the machine types and prices of {cloud}.",
        to="clouds:list",
    )


def _page(request: SignedInRequest, form: CloudForm, cloud: Cloud | None = None) -> HttpResponse:
    context = {
        "form": form,
        "account": [field for field in form if field.name not in TeamsForm.base_fields],
        "uses": use_by_team() if isinstance(form, NewCloudForm) else None,
        "crumbs": [("Clouds", reverse("clouds:list"))],
        **(frame_of(cloud, "edit") if cloud else {}),
    }
    return render(request, "clouds/form.html", context, status=422 if form.is_bound else 200)
