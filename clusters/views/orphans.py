"""Orphaned resources: what exists at providers in this installation's name without need."""

from __future__ import annotations

from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.answers import perform
from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from clusters.models import Orphan
from clusters.orphans import shown
from clusters.services.orphans.removing import remove_orphans
from domain.orphans import OrphanState
from domain.pricing import usd_of
from tables.columns import Column, Table
from tables.pages import page_of, sorted_rows

MOST = 500
ROWS_IN_CSV = 10_000


def _usd(orphan: Orphan) -> str:
    return "" if orphan.daily_microusd is None else f"{usd_of(orphan.daily_microusd):.6f}"


TABLE = Table(
    name="orphans",
    order="-daily",
    columns=(
        Column(
            key="resource",
            label="Resource",
            value=lambda row: row.resource_id,
            cell="clusters/orphan_cells.html#resource",
            sort="resource_id",
            is_heading=True,
            csv={"id": lambda row: row.resource_id, "name": lambda row: row.name},
        ),
        Column(
            key="kind",
            label="Kind",
            value=lambda row: row.kind,
            cell="clusters/orphan_cells.html#kind",
            sort="kind",
        ),
        Column(key="cloud", label="Cloud", value=lambda row: row.cloud.name, sort="cloud__name"),
        Column(key="region", label="Region", value=lambda row: row.region, sort="region"),
        Column(
            key="cluster",
            label="Cluster",
            value=lambda row: row.cluster_name or row.handle,
            cell="clusters/orphan_cells.html#cluster",
            sort="handle",
            csv={"cluster": lambda row: row.cluster_name or "", "handle": lambda row: row.handle},
        ),
        Column(
            key="age",
            label="Age",
            value=lambda row: row.created_at or row.first_seen_at,
            cell="clusters/orphan_cells.html#age",
            sort=Coalesce("created_at", "first_seen_at"),
            csv={
                "created_at": lambda row: row.created_at,
                "first_seen_at": lambda row: row.first_seen_at,
            },
        ),
        Column(
            key="state",
            label="State",
            value=lambda row: row.state,
            cell="clusters/orphan_cells.html#state",
            sort="state",
            csv={
                "state": lambda row: row.state,
                "provider_state": lambda row: row.provider_state,
                "message": lambda row: row.message,
            },
        ),
        Column(
            key="daily",
            label="$/day",
            value=_usd,
            cell="clusters/orphan_cells.html#daily",
            sort=Coalesce("daily_microusd", -1),
            is_number=True,
            is_descending=True,
            csv={"usd_per_day": _usd},
        ),
    ),
)


@require_GET
def orphans(request: SignedInRequest) -> HttpResponse:
    """List the orphans of all clouds, for those who may remove them."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    rows = shown.orphans()
    if request.GET.get("format") == "csv":
        lines = TABLE.lines(sorted_rows(request, TABLE, rows)[:ROWS_IN_CSV])
        return csv_response("orphaned-resources", header=TABLE.header, rows=lines)
    remove = {"label": "Remove", "icon": "trash", "url": reverse("clusters:remove-orphans")}
    context = {
        "table": page_of(request, TABLE, rows, actions=[remove]),
        "cost": shown.cost_of(shown.left()),
        "searches": shown.searches(),
        "crumbs": [("Clouds", reverse("clouds:list"))],
    }
    partial = "#rows" if wants_part(request) else ""
    return render(request, f"clusters/orphans.html{partial}", context)


@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest) -> HttpResponse:
    """Ask about the selected resources and what they cost; a POST lets workers remove them."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    if request.method == "POST":
        chosen = _chosen(request.POST)
        return perform(
            request,
            lambda: remove_orphans(chosen, by=request.user),
            done=lambda going: f"Removing {len(going)} resource{'' if len(going) == 1 else 's'}.",
            to=reverse("clusters:orphans"),
        )
    rows = _chosen(request.GET)
    ready = [row for row in rows if row.state == OrphanState.FOUND]
    context = {
        "rows": rows,
        "cost": shown.cost_of(ready),
        "crumbs": [
            ("Clouds", reverse("clouds:list")),
            ("Orphaned resources", reverse("clusters:orphans")),
        ],
    }
    return render(request, "clusters/remove_orphans.html", context)


def _chosen(answers: QueryDict) -> list[Orphan]:
    keys = [int(text) for text in answers.getlist("pk")[:MOST] if text.isascii() and text.isdigit()]
    rows = list(shown.orphans().filter(pk__in=keys).order_by("kind", "resource_id"))
    if keys and not rows:
        raise Http404
    return rows
