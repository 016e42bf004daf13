"""The list of templates, and one template with its versions."""

from __future__ import annotations

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.answers import perform
from accounts.permissions import Action, may, may_each
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from accounts.views.history import TAB, history_of, tabs
from configurations import queries
from configurations.launchability import launchability_of
from configurations.models import Template, Version
from configurations.named_images import meanings_of
from configurations.services.templates import archive_template, unarchive_template
from configurations.views.version_columns import VERSIONS
from tables.columns import Column, Table
from tables.pages import page_of, sorted_rows

TABLE = Table(
    name="templates",
    order="name",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda template: template.name,
            cell="configurations/template_cells.html#name",
            sort=Lower("name"),
            is_heading=True,
        ),
        Column(
            key="version",
            label="Latest version",
            value=lambda template: template.latest_number,
            cell="configurations/template_cells.html#version",
            csv={
                "latest_version": lambda template: template.latest_number,
                "message": lambda template: template.latest_message,
            },
        ),
        Column(
            key="saved",
            label="Saved",
            value=lambda template: template.latest_at,
            cell="configurations/template_cells.html#saved",
            sort="latest_at",
            is_descending=True,
        ),
        Column(
            key="by",
            label="By",
            value=lambda template: template.latest_author,
            sort="latest_author",
        ),
        Column(
            key="released",
            label="Released",
            value=lambda template: " ".join(
                f"{row['environment']}:{row['number']}" for row in template.released
            ),
            cell="configurations/template_cells.html#released",
        ),
        Column(
            key="clusters",
            label="Clusters",
            value=lambda template: template.cluster_count or 0,
            sort=Coalesce(F("cluster_count"), Value(0)),
            is_number=True,
            is_descending=True,
            csv={"running_clusters": lambda template: template.cluster_count or 0},
        ),
        Column(
            key="actions",
            label="Actions",
            value=lambda _: "",
            cell="configurations/template_cells.html#actions",
            is_number=True,
            is_fixed=True,
            csv={},
        ),
    ),
)

# Versions that the page of a template reads: what is older says on its own page if it can start.
MOST_CHECKED = 10


def visible_template(request: SignedInRequest, pk: int) -> Template:
    """Return the template for a page, or raise Http404 for strangers."""
    rows = Template.objects.visible_to(request.user).select_related("team", "created_by")
    return get_object_or_404(rows, pk=pk)


@require_GET
def template_list(request: SignedInRequest) -> HttpResponse:
    """List the team's templates."""
    team = current_team(request)
    words, archived = request.GET.get("q", ""), request.GET.get("show") == "archived"
    rows = queries.templates_of(request.user, team=team, archived=archived)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(description__icontains=words))
    if request.GET.get("format") == "csv":
        lines = TABLE.lines(sorted_rows(request, TABLE, rows))
        return csv_response("templates", header=TABLE.header, rows=lines)
    shown = [("", "Active", not archived), ("archived", "Archived", archived)]
    may_edit = may(request.user, Action.EDIT_TEMPLATE, team=team)
    actions = _bulk_actions() if may_edit and not archived else []
    context = {
        "table": page_of(request, TABLE, rows, actions=actions),
        "drafts": queries.drafts_of(request.user, team=team),
        "q": words,
        "archived": archived,
        "choices": [{"label": w, "url": f"?show={v}", "current": c} for v, w, c in shown],
        "may_edit": may_edit,
        "may_launch": may(request.user, Action.LAUNCH, team=team),
    }
    return render(request, "configurations/templates.html", context)


def _bulk_actions() -> list[dict[str, str]]:
    url = reverse("configurations:archive-templates")
    return [{"label": "Archive", "icon": "archive", "url": url}]


@require_GET
def template(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a template: its versions and which of them run."""
    row = visible_template(request, pk)
    is_history = request.GET.get("tab") == TAB
    versions = queries.versions_of(row)
    with_archived = request.GET.get("show") == "archived"
    shown = versions if with_archived else versions.filter(archived_at=None)
    if request.GET.get("format") == "csv":
        lines = VERSIONS.lines(sorted_rows(request, VERSIONS, shown))
        return csv_response(f"{row.name}-versions", header=VERSIONS.header, rows=lines)
    table = page_of(request, VERSIONS, shown)
    latest = queries.latest_version(row)
    _refuse([*table.rows[:MOST_CHECKED], *filter(None, [latest])], row)
    actions = (Action.EDIT_TEMPLATE, Action.LAUNCH, Action.READ_HISTORY)
    may_edit, may_launch, may_read = may_each(request.user, *actions, team=row.team)
    context = {
        "template": row,
        "table": table,
        "tabs": tabs(request, "Versions", allowed=may_read),
        "history": history_of(request, row, team=row.team) if is_history else None,
        "refusal": latest.refusal if latest else "",  # type: ignore[attr-defined]
        "archived": latest.archived_count if latest else 0,  # type: ignore[attr-defined]
        "with_archived": with_archived,
        "latest": latest,
        "meanings": meanings_of(latest) if latest and not is_history else [],
        "crumbs": [("Templates", reverse("configurations:templates"))],
        "may_edit": may_edit,
        "may_launch": may_launch,
    }
    return render(request, "configurations/template.html", context)


def _refuse(versions: list[Version], template: Template) -> None:
    """Note on each version why it cannot be launched."""
    launchability = launchability_of(template.team)
    for version in versions:
        version.refusal = launchability.refusal_of(version)  # type: ignore[attr-defined]


@require_POST
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hide a template from the lists."""
    row = visible_template(request, pk)
    return perform(
        request,
        lambda: archive_template(row, by=request.user),
        done=f"{row} is archived. Its versions and clusters are kept.",
        to="configurations:templates",
    )


@require_POST
def unarchive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a template in the lists again."""
    row = visible_template(request, pk)
    return perform(
        request,
        lambda: unarchive_template(row, by=request.user),
        done=f"{row} is back in the list.",
        to=reverse("configurations:template", args=[pk]),
    )
