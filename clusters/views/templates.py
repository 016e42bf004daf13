"""The list of templates, one template with its versions, and one version compared with another."""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters import queries
from clusters.models import Template, Version
from clusters.services.templates import archive_template
from domain.diff import changes, sentence
from domain.yamltext import parse


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
        return _list_as_csv(rows)
    shown = [("", "Active", not archived), ("archived", "Archived", archived)]
    context = {
        "templates": rows,
        "drafts": queries.drafts_of(request.user, team=team),
        "q": words,
        "archived": archived,
        "choices": [{"label": w, "url": f"?show={v}", "current": c} for v, w, c in shown],
        "may_edit": may(request.user, Action.EDIT_TEMPLATE, team=team),
        "may_launch": may(request.user, Action.LAUNCH, team=team),
    }
    return render(request, "clusters/templates.html", context)


def _list_as_csv(rows: Any) -> HttpResponse:
    header = ["name", "latest_version", "message", "by", "saved", "running_clusters"]
    lines = (
        [
            *[t.name, t.latest_number, t.latest_message, t.latest_author, t.latest_at],
            t.cluster_count or 0,
        ]
        for t in rows
    )
    return csv_response("templates", header=header, rows=lines)


@require_GET
def template(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a template: its versions and which of them run."""
    row = visible_template(request, pk)
    versions = list(queries.versions_of(row))
    context = {
        "template": row,
        "versions": versions,
        "latest": versions[0] if versions else None,
        "crumbs": [("Templates", reverse("clusters:templates"))],
        "may_edit": may(request.user, Action.EDIT_TEMPLATE, team=row.team),
        "may_launch": may(request.user, Action.LAUNCH, team=row.team),
    }
    return render(request, "clusters/template.html", context)


@require_GET
def version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show one version's text; `?with=3` names another to compare it with."""
    row = visible_template(request, pk)
    versions = list(queries.versions_of(row))
    shown = next((v for v in versions if v.number == number), None)
    shown = shown or get_object_or_404(row.versions, number=number)
    asked = request.GET.get("with", "")
    other = next((v for v in versions if str(v.number) == asked and v != shown), None)
    context = {
        "template": row,
        "version": shown,
        "versions": versions,
        "other": other,
        **(_comparison(other, shown) if other else {}),
        "crumbs": [
            ("Templates", reverse("clusters:templates")),
            (row.name, reverse("clusters:template", args=[row.pk])),
        ],
        "may_launch": may(request.user, Action.LAUNCH, team=row.team),
    }
    return render(request, "clusters/version.html", context)


def _comparison(old: Version, new: Version) -> dict[str, Any]:
    """Return what changed from `old` to `new`, in words and line by line."""
    before, after = parse(old.text).config, parse(new.text).config
    both = before is not None and after is not None
    found = changes(before, after) if before is not None and after is not None else []
    lines = unified_diff(
        old.text.splitlines(), new.text.splitlines(), str(old), str(new), lineterm="", n=3
    )
    return {
        "changes": [sentence(one) for one in found],
        "is_comparable": both,
        "diff": [(_KINDS.get(line[:1], ""), line) for line in list(lines)[2:]],
    }


_KINDS = {"+": "added", "-": "removed", "@": "place"}


@require_POST
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hide a template from the lists."""
    row = visible_template(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=row.team))
    archive_template(row, by=request.user)
    messages.success(request, f"{row} is archived. Its versions and clusters stay.")
    return redirect("clusters:templates")
