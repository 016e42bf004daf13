"""The list of workspaces, and the form of a new one."""

from __future__ import annotations

from django.conf import settings
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.answers import submit
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest, wants_part
from clusters.models import Workspace
from clusters.services.workspaces.creating import NO_ADDRESS, create_workspace
from clusters.views.workspaces.forms import WorkspaceForm
from clusters.workspaces.shown import shown_state
from tables.columns import Column, Table
from tables.pages import page_of

CELLS = "clusters/workspaces/cells.html"
TABLE = Table(
    name="workspaces",
    order="-created",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda row: row.name,
            cell=f"{CELLS}#name",
            sort=Lower("name"),
            is_heading=True,
        ),
        Column(
            key="state",
            label="State",
            value=shown_state,
            cell=f"{CELLS}#state",
            sort="cluster__state",
        ),
        Column(
            key="configuration",
            label="Configuration",
            value=lambda row: str(row.version),
            sort=Lower("version__template__name"),
        ),
        Column(
            key="image",
            label="Image",
            value=lambda row: str(row.image_version),
            sort="image_version__image__name",
        ),
        Column(key="owner", label="Owner", value=lambda row: str(row.owner), sort="owner__email"),
        Column(
            key="shared",
            label="Shared",
            value=lambda row: "Read-only" if row.is_shared else "No",
            sort="is_shared",
        ),
        Column(
            key="created",
            label="Created",
            value=lambda row: row.created_at,
            cell=f"{CELLS}#created",
            sort="created_at",
            is_descending=True,
        ),
    ),
)


@require_GET
def workspaces(request: SignedInRequest) -> HttpResponse:
    """List the user's own workspaces of the team, and those that are shared with it."""
    team = current_team(request)
    rows = Workspace.objects.visible_to(request.user).filter(team=team)
    rows = rows.select_related("cluster__run", "owner", "version__template", "image_version__image")
    page = page_of(request, TABLE, rows)
    for row in page.rows:
        row.shown = shown_state(row)
    may_remove = may(request.user, Action.MANAGE_TEAM, team=team)
    left = Workspace.objects.left_in(team).select_related("owner") if may_remove else ()
    context = {
        "table": page,
        "left": left,
        "may_launch": may(request.user, Action.LAUNCH, team=team),
        "unavailable": "" if settings.WORKSPACES_URL else NO_ADDRESS,
    }
    partial = "#rows" if wants_part(request) else ""
    return render(request, f"clusters/workspaces/list.html{partial}", context)


@require_http_methods(["GET", "POST"])
def new_workspace(request: SignedInRequest) -> HttpResponse:
    """Show the form of a new workspace, or create it and launch its cluster."""
    team = current_team(request)
    require(may(request.user, Action.LAUNCH, team=team))
    form = WorkspaceForm(
        request.POST if request.method == "POST" else None, initial=request.GET.dict(), team=team
    )
    if request.method == "POST":
        created = submit(form, lambda given: create_workspace(**given, by=request.user))
        if created:
            return redirect("clusters:workspace", pk=created.pk)
    context = {
        "form": form,
        "crumbs": [("Workspaces", reverse("clusters:workspaces"))],
        "unavailable": "" if settings.WORKSPACES_URL else NO_ADDRESS,
    }
    status = 422 if form.is_bound else 200
    return render(request, "clusters/workspaces/new.html", context, status=status)
