"""The list of clusters."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.permissions import Action, may
from accounts.queries import current_team
from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from clusters.models import Cluster
from clusters.queries import clusters
from clusters.queries.health import health_of, with_health
from clusters.switching.queries import note_switches
from domain.health.model import Level
from domain.lifecycle import ClusterState
from domain.pricing import usd_of
from metering.queries.running import accrued
from tables.columns import Column, Table
from tables.pages import page_of, sorted_rows

ROWS_IN_CSV = 10_000


def _usd(microusd: int | None) -> str:
    return f"{usd_of(microusd or 0):.6f}"


TABLE = Table(
    name="clusters",
    order="-created",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda cluster: cluster.name,
            cell="clusters/cells.html#name",
            sort=Lower("name"),
            is_heading=True,
        ),
        Column(
            key="state",
            label="State",
            value=lambda cluster: cluster.state,
            cell="clusters/cells.html#state",
            sort="state",
        ),
        Column(
            key="health",
            label="Health",
            value=lambda cluster: cluster.verdict.level,
            cell="clusters/cells.html#health",
            sort="health",
        ),
        Column(
            key="finding",
            label="Finding",
            value=lambda cluster: cluster.verdict.sentence,
            is_hidden=True,
        ),
        Column(
            key="configuration",
            label="Configuration",
            value=lambda cluster: str(cluster.version),
            cell="clusters/cells.html#configuration",
            sort=Lower("version__template__name"),
        ),
        Column(
            key="owner",
            label="Owner",
            value=lambda cluster: str(cluster.owner),
            sort="owner__email",
        ),
        Column(
            key="cloud",
            label="Cloud",
            value=lambda cluster: str(cluster.cloud),
            sort="cloud__name",
            is_hidden=True,
        ),
        Column(
            key="nodes",
            label="Nodes",
            value=lambda cluster: cluster.node_count or 0,
            cell="clusters/cells.html#nodes",
            sort=Coalesce(F("node_count"), Value(0)),
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="usd_per_hour",
            label="$/h",
            value=lambda cluster: _usd(cluster.hourly_microusd),
            cell="clusters/cells.html#hourly",
            sort="hourly_microusd",
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="accrued",
            label="Accrued",
            value=lambda cluster: _usd(cluster.accrued_microusd),
            cell="clusters/cells.html#accrued",
            is_number=True,
        ),
        Column(
            key="created",
            label="Created",
            value=lambda cluster: cluster.created_at,
            cell="clusters/cells.html#created",
            sort="created_at",
            is_descending=True,
        ),
    ),
)


@require_GET
def cluster_list(request: SignedInRequest) -> HttpResponse:
    """List the team's clusters."""
    team = current_team(request)
    state, words = request.GET.get("state", ""), request.GET.get("q", "")
    rows = clusters.clusters_of(request.user, team=team, state=state, words=words)
    health = request.GET.get("health", "")
    rows = with_health(rows, health)
    if request.GET.get("format") == "csv":
        lines = list(sorted_rows(request, TABLE, rows)[:ROWS_IN_CSV])
        _complete(lines)
        return csv_response("clusters", header=TABLE.header, rows=TABLE.lines(lines))
    may_operate = may(request.user, Action.OPERATE, team=team)
    page = page_of(request, TABLE, rows, actions=_bulk_actions() if may_operate else ())
    _complete(page.rows)
    context = {
        "table": page,
        "state": state,
        "q": words,
        "health": health,
        "healths": [
            ("", "Any health"),
            ("attention", "Needs attention"),
            *[(level.value, level.label) for level in Level],
        ],
        "states": [("live", "Live"), ("all", "All"), *[(s.value, s.label) for s in ClusterState]],
        "may_launch": may(request.user, Action.LAUNCH, team=team),
    }
    partial = "#rows" if wants_part(request) else ""
    return render(request, f"clusters/list.html{partial}", context)


def _complete(rows: Sequence[Cluster]) -> None:
    costs = accrued([cluster.pk for cluster in rows], now())
    note_switches(rows)
    for cluster in rows:
        cluster.accrued_microusd = costs.get(cluster.pk, 0)  # type: ignore[attr-defined]
        cluster.verdict = health_of(cluster)  # type: ignore[attr-defined]


def _bulk_actions() -> list[dict[str, str]]:
    return [
        {
            "label": "Stop",
            "icon": "player-stop",
            "url": reverse("clusters:bulk", args=["stop"]),
        },
        {
            "label": "Terminate",
            "icon": "trash",
            "url": reverse("clusters:bulk", args=["terminate"]),
        },
    ]
