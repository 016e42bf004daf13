"""The list of clouds, and the form that adds or changes one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import Action, may, require
from accounts.queries import chosen_team, teams_of
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from accounts.views.history import history_of
from clouds.forms import CloudForm, NewCloudForm, TeamsForm
from clouds.models import Cloud
from clouds.queries import CloudFacts, use_by_team, with_facts
from clouds.services import OFFERED, add_cloud, change_cloud, request_refresh, share_cloud
from tables.columns import Column, Table
from tables.pages import page_of, sorted_rows


def _refreshed(row: CloudFacts) -> object:
    return row.refresh.finished_at if row.refresh else None


CLOUDS = Table(
    name="clouds",
    order="name",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda row: row.cloud.name,
            cell="clouds/cells.html#name",
            sort=lambda row: row.cloud.name.lower(),
            is_heading=True,
        ),
        Column(
            key="provider",
            label="Provider",
            value=lambda row: row.cloud.get_provider_display(),
            sort=lambda row: row.cloud.provider,
            css="text-nowrap",
            csv={"provider": lambda row: row.cloud.provider},
        ),
        Column(
            key="region",
            label="Region",
            value=lambda row: row.cloud.region,
            sort=lambda row: row.cloud.region or None,
            css="text-nowrap",
        ),
        Column(
            key="teams",
            label="Teams",
            value=lambda _: "",
            cell="clouds/cells.html#teams",
            csv={"all_teams": lambda row: row.cloud.is_shared},
        ),
        Column(
            key="types",
            label="Machine types",
            value=lambda row: row.types,
            cell="clouds/cells.html#types",
            sort=lambda row: row.types,
            is_number=True,
            is_descending=True,
            csv={"machine_types": lambda row: row.types},
        ),
        Column(
            key="priced",
            label="Priced",
            value=lambda row: row.priced,
            cell="clouds/cells.html#priced",
            sort=lambda row: row.priced or None,
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="prices",
            label="Price source",
            value=lambda row: "; ".join(prices.source for prices in row.price_dates),
            cell="clouds/cells.html#prices",
            csv={
                "price_sources": lambda row: "; ".join(prices.source for prices in row.price_dates)
            },
        ),
        Column(
            key="refreshed",
            label="Last refresh",
            value=_refreshed,
            cell="clouds/cells.html#refreshed",
            sort=_refreshed,
            is_descending=True,
        ),
        Column(
            key="actions",
            label="Actions",
            value=lambda _: "",
            cell="clouds/cells.html#actions",
            is_fixed=True,
            css="cloud-actions",
            csv={"not_launchable": lambda row: row.refusal},
        ),
    ),
)


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
    }
    partial = "#rows" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
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


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a cloud."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    rows = Cloud.objects.visible_to(request.user).filter(provider__in=OFFERED)
    cloud = get_object_or_404(rows, pk=pk)
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
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    cloud = get_object_or_404(Cloud.objects.visible_to(request.user), pk=pk)
    form = TeamsForm(request.POST) if request.method == "POST" else TeamsForm.of_teams(cloud)
    if form.is_bound:
        shared = submit(form, lambda values: share_cloud(cloud, **values, by=request.user))
        if shared is not None:
            messages.success(request, f"Saved the teams of cloud {shared}.")
            return redirect("clouds:list")
    context = {
        "cloud": cloud,
        "form": form,
        "uses": use_by_team(cloud),
        "tabs": _tabs(cloud, "teams"),
        "crumbs": [("Clouds", reverse("clouds:list"))],
    }
    return render(request, "clouds/teams.html", context, status=422 if form.is_bound else 200)


@require_GET
def history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what was done to a cloud."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    cloud = get_object_or_404(Cloud.objects.visible_to(request.user), pk=pk)
    context = {
        "cloud": cloud,
        "history": history_of(request, cloud, team=None),
        "tabs": _tabs(cloud, "history"),
        "crumbs": [("Clouds", reverse("clouds:list"))],
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


def _tabs(cloud: Cloud, current: str) -> list[dict[str, object]]:
    """Return the pages of a cloud; one that came with Mobula has no account to edit."""
    pages = {"edit": "Account"} if cloud.provider in OFFERED else {}
    pages |= {"teams": "Teams", "history": "History"}
    return [
        {
            "label": label,
            "url": reverse(f"clouds:{name}", args=[cloud.pk]),
            "current": name == current,
        }
        for name, label in pages.items()
    ]


def _page(request: SignedInRequest, form: CloudForm, cloud: Cloud | None = None) -> HttpResponse:
    context = {
        "form": form,
        "account": [field for field in form if field.name not in TeamsForm.base_fields],
        "uses": use_by_team() if isinstance(form, NewCloudForm) else None,
        "tabs": _tabs(cloud, "edit") if cloud else None,
        "crumbs": [("Clouds", reverse("clouds:list"))],
    }
    return render(request, "clouds/form.html", context, status=422 if form.is_bound else 200)
